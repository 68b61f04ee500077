import CPostgreSQL

/// libpq's functions, under their own names.
enum PostgresLibrary {
  nonisolated(unsafe) private static let loaded: Result<libpq, PredictionLogError> = {
    var functions = libpq()
    guard let missing = libpq_load(&functions) else { return .success(functions) }
    return .failure(
      PredictionLogError(
        .other,
        "\(String(cString: missing)) is not there: Debian has it in libpq5, of version 14 or later")
    )
  }()

  /// - Throws: `PredictionLogError` where the library is not installed.
  static var functions: libpq {
    get throws(PredictionLogError) { try loaded.get() }
  }
}
