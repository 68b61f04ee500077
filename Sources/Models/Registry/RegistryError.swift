import Patients

/// What went wrong with a registry of models.
public struct RegistryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable {
    /// There is no model of the version.
    case unknownVersion = "unknown_version"
    /// The version is there, but it is damaged or no model of patients.
    case damaged
    /// Another version has the name already.
    case clash
    /// The version is not signed as it must be to be served.
    case notSigned = "not_signed"
    /// The model is one of other measurements than patients have, or of other drugs.
    case foreign
    /// A file is there and cannot be read, perhaps only at the moment.
    case unreadable
    /// No version was served before the present one.
    case nothingBefore = "nothing_before"
    /// There is no table of the name.
    case unknownDataset = "unknown_dataset"
    /// No version has the alias.
    case unknownAlias = "unknown_alias"
    /// An alias, a tag or a note cannot be kept as it is.
    case label
    /// Anything else.
    case other
  }

  /// The kind of fault.
  public let code: Code
  /// What is wrong, in words.
  public let description: String

  init(_ code: Code = .other, description: String) {
    self.code = code
    // It may quote a file.
    self.description = description.visible
  }
}
