/// What somebody may do who has a name; a password file calls it a group.
package enum Role: String, CaseIterable, Sendable {
  /// Looks a prediction up and records what the patient was given.
  case clinician
  /// Trains models on tables and decides which one is served.
  case engineer
  /// Reads what was predicted and what was done.
  case auditor
}
