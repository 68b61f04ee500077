extension PredictionLog {
  /// Deletes a prediction and its outcome, in turn with the predictions that are written, so that the
  /// files hold nothing of it. PostgreSQL's hold it until it is vacuumed.
  ///
  /// - Returns: whether there was one.
  /// - Throws: `PredictionLogError` when it could not be deleted.
  public func forget(_ id: String) throws(PredictionLogError) -> Bool {
    try Self.forget(id, in: settings.path)
  }

  /// The same in a log that others may be writing.
  ///
  /// - Throws: `PredictionLogError` also when the file is missing or no log.
  public static func forget(_ id: String, in path: String) throws(PredictionLogError) -> Bool {
    try LogPlace(path).requireFile()
    // A database of something else is left alone.
    try read(path) { _ in }
    switch LogPlace(path) {
    case .file(let path):
      do {
        return try LogDatabase(path: path, survivesLossOfPower: true).forget(id)
      } catch {
        throw PredictionLogError(error)
      }
    case .database(let database):
      return try database.write { log in
        try log.change("DELETE FROM prediction WHERE number = \(log.numberOfIdentifier)", id) > 0
      }
    }
  }
}
