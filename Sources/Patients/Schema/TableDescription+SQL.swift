extension TableDescription {
  /// The statement that counts equal rows of such a table where it lies: the columns in the order of the
  /// fields, and the one that tells how many patients a row stands for.
  ///
  /// - Parameter source: the table's name; nil for the name of the data's file, without its ending.
  /// - Throws: `DescriptionError` when the count has the name of a field.
  public func sql(from source: String? = nil) throws(DescriptionError) -> String {
    guard field(count) == nil else {
      throw DescriptionError(
        "\(place)/count", "must be another name than that of the field \(count), to count rows")
    }
    let columns = fields.map(\.name.quotedForSQL).joined(separator: ", ")
    return """
      SELECT \(columns), COUNT(*) AS \(count.quotedForSQL)
      FROM \((source ?? stem ?? "patients").quotedForSQL)
      GROUP BY \(columns)

      """
  }

  /// The name of the data's file without its folder and its ending.
  var stem: String? {
    guard let name = path?.split(separator: "/").last else { return nil }
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
    return stem.isEmpty ? nil : String(stem)
  }
}

extension String {
  /// The text as an identifier of SQL, whatever stands in it.
  var quotedForSQL: String { "\"\(replacing("\"", with: "\"\""))\"" }
}
