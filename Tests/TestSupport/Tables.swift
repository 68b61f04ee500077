public import Patients

/// The header that most test files begin with.
public let header = "Age,Sex,BP,Cholesterol,Na_to_K,Drug\n"

/// Reads a table from text.
public func readTable(
  _ text: String, schema: PatientSchema = .drug200, skipInvalid: Bool = false
) throws -> PatientTable {
  try readTable(Array(text.utf8), schema: schema, skipInvalid: skipInvalid)
}

/// Reads a table from bytes.
public func readTable(
  _ bytes: [UInt8], schema: PatientSchema = .drug200, skipInvalid: Bool = false
) throws -> PatientTable {
  try withTemporaryFolder { folder in
    try PatientTable(
      path: write(bytes, to: "\(folder)/patients.csv"), schema: schema, skipInvalid: skipInvalid)
  }
}

/// What is said of a text that is refused, without the path; nil when it is read.
public func refusal(_ text: String) throws -> String? {
  try refusal { try readTable(text) }
}

/// What a reading that is refused throws, without the path; nil when it succeeds.
public func refusal(_ read: () throws -> PatientTable) throws -> String? {
  do {
    _ = try read()
    return nil
  } catch let error as TableError {
    let text = error.description
    return String(text.dropFirst("\(error.path): ".count))
  }
}

/// The description of the 200 patients, changed.
///
/// The documented patients go: they may lack a field, or have one that is not there.
public func drug200Changed(
  _ change: (inout TableDescription) -> Void
) throws -> PatientSchema {
  var table = PatientSchema.drug200.table
  table.documented = []
  change(&table)
  return try PatientSchema(table)
}

/// The 200 patients with four measurements.
public let withoutCholesterol = try! drug200Changed { table in
  table.fields.removeAll { $0.name == "Cholesterol" }
}
