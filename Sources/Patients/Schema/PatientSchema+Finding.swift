extension PatientSchema {
  /// The schema of the patients of a file: by the description that is named, else by the one beside the
  /// file, else another.
  ///
  /// - Parameters:
  ///   - data: a CSV file.
  ///   - path: the file of a description; nil for the one beside the data.
  ///   - target: the field that is the drug, instead of the one that the description names.
  ///   - usual: for a file that nothing describes.
  /// - Throws: `DescriptionError`, and `TableError` when the data has to tell categories and cannot be read.
  public static func describing(
    _ data: String, by path: String? = nil, target: String? = nil, otherwise usual: PatientSchema
  ) throws -> PatientSchema {
    let found =
      try path.map { path throws(DescriptionError) in
        try TableDescription(path: path, of: data)
      } ?? TableDescription(besides: data)
    guard var table = found else {
      if let target, target != usual.target.name {
        throw DescriptionError(
          "", "nothing describes \(data), so \(target) cannot be its drug; 'drugctl describe' does")
      }
      return usual
    }
    table.target = target ?? table.target
    let survey =
      table.isOpen ? try TableSurvey(path: data, missingValues: table.missingValues) : nil
    do throws(DescriptionError) {
      if let survey { table = try table.completed(by: survey) }
      return try PatientSchema(table)
    } catch {
      throw error.naming(path ?? TableDescription.path(besides: data))
    }
  }
}
