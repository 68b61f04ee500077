/// A point in time.
package struct Moment: Sendable {
  /// Microseconds since 1970-01-01 UTC.
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  private init(of clock: clockid_t) {
    var time = timespec()
    clock_gettime(clock, &time)
    self.init(clock: time)
  }

  /// What a clock shows. One that begins at 1970, as on a machine that has just started without a battery, counts
  /// as 1971: what lies a week before is then still a date.
  init(clock time: timespec) {
    microseconds = max(
      Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000, 31_536_000_000_000)
  }

  /// This moment.
  package static var now: Moment { Moment(of: CLOCK_REALTIME) }

  /// This moment, a few milliseconds ago at most: a fraction of what `now` costs.
  package static var coarse: Moment {
    #if os(Linux)
      Moment(of: CLOCK_REALTIME_COARSE)
    #else
      now
    #endif
  }

  /// The moment as RFC 3339 has it, in UTC, to the millisecond.
  package var text: String {
    String(unsafeUninitializedCapacity: Self.textCount) { buffer in
      write(to: buffer.baseAddress!)
      return Self.textCount
    }
  }

  /// The same to the second.
  package var wholeSeconds: String { text.prefix(19) + "Z" }

  /// How many bytes `text` has.
  package static let textCount = 24

  /// Writes `text` where there is room for it.
  package func write(to start: UnsafeMutablePointer<UInt8>) {
    let microseconds = max(0, microseconds)
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
