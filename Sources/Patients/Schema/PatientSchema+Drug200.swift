extension PatientSchema {
  /// The table that every installation has, of 200 patients: for versions of before models carried their
  /// description, and for files that nothing describes.
  public static let drug200: PatientSchema = {
    do throws(DescriptionError) {
      return try PatientSchema(
        try TableDescription(parsing: PackageResources.datapackage_json))
    } catch {
      preconditionFailure("the description of drug200 is right: \(error)")
    }
  }()
}
