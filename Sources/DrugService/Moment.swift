import Glibc

/// A point in time.
struct Moment {
  /// Microseconds since 1970-01-01 UTC.
  let microseconds: Int64

  /// This moment.
  static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// The moment as RFC 3339 has it, in UTC, to the millisecond.
  var text: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      write(to: buffer.baseAddress!)
      return Self.textCount
    }
  }

  /// This moment, a few milliseconds ago at most: a fraction of what `now` costs.
  static var coarse: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// How many bytes `text` has.
  static let textCount = 24

  /// Writes `text` where there is room for it.
  func write(to start: UnsafeMutablePointer<UInt8>) {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var end = start
    func put(_ number: Int, _ digits: Int, _ separator: Unicode.Scalar) {
      var rest = number
      for place in stride(from: digits - 1, through: 0, by: -1) {
        end[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      end[digits] = UInt8(ascii: separator)
      end += digits + 1
    }
    put(Int(parts.tm_year) + 1900, 4, "-")
    put(Int(parts.tm_mon) + 1, 2, "-")
    put(Int(parts.tm_mday), 2, "T")
    put(Int(parts.tm_hour), 2, ":")
    put(Int(parts.tm_min), 2, ":")
    put(Int(parts.tm_sec), 2, ".")
    put(Int(microseconds / 1000 % 1000), 3, "Z")
  }
}
