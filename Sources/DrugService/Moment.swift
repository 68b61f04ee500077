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
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// This moment, a few milliseconds ago at most: a fraction of what `now` costs.
  static var coarse: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return Moment(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// Writes it as RFC 3339 has it, in UTC, to the millisecond.
  func write(to bytes: inout [UInt8]) {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    bytes.append(addingCapacity: 24) { output in
      func put(_ number: Int, from place: Int, _ separator: Unicode.Scalar) {
        var divisor = place
        while divisor > 0 {
          output.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
          divisor /= 10
        }
        output.append(UInt8(ascii: separator))
      }
      put(Int(parts.tm_year) + 1900, from: 1000, "-")
      put(Int(parts.tm_mon) + 1, from: 10, "-")
      put(Int(parts.tm_mday), from: 10, "T")
      put(Int(parts.tm_hour), from: 10, ":")
      put(Int(parts.tm_min), from: 10, ":")
      put(Int(parts.tm_sec), from: 10, ".")
      put(Int(microseconds / 1000 % 1000), from: 100, "Z")
    }
  }
}
