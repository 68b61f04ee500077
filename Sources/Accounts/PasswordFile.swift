/// Who may sign in, as a file tells it: a line `name:hash` or `name:hash:roles` for each, the roles with
/// commas between them. Without the third part somebody may do all, as whoever stood in older files.
package struct PasswordFile: Sendable {
  /// A line of somebody who may sign in.
  package struct Entry: Sendable {
    /// Who it is.
    package let person: Person
    /// What the password is compared with.
    package let hash: PasswordHash
  }

  /// A line of which nobody can sign in, and why, in words.
  package struct Fault: Sendable, Equatable {
    /// Its number, from 1.
    package let line: Int
    /// Why.
    package let reason: String
  }

  /// Those who may sign in, in the order of the file.
  package let entries: [Entry]
  /// The lines that are not understood.
  package let faults: [Fault]
  private let places: [String: Int]

  /// Reads a file's text; empty lines and those that begin with `#` are passed over.
  package init(_ text: String) {
    var entries: [Entry] = []
    var faults: [Fault] = []
    var places: [String: Int] = [:]
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      func refuse(_ reason: String) { faults.append(Fault(line: index + 1, reason: reason)) }
      guard parts.count > 1, !parts[0].isEmpty else {
        refuse("it is not name:hash or name:hash:roles")
        continue
      }
      guard let roles = parts.count < 3 ? Set(Role.allCases) : Self.roles(parts[2]) else {
        let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
        refuse("its roles are not of \(known)")
        continue
      }
      guard let hash = PasswordHash(String(parts[1])) else {
        refuse("its hash is of a form that is not checked here")
        continue
      }
      let name = String(parts[0])
      guard places[name] == nil else {
        refuse("its name stands further up")
        continue
      }
      places[name] = entries.count
      entries.append(Entry(person: Person(name: name, roles: roles), hash: hash))
    }
    self.entries = entries
    self.faults = faults
    self.places = places
  }

  /// Roles with commas between them.
  ///
  /// - Returns: nil when one is unknown or there is none.
  package static func roles(_ text: some StringProtocol) -> Set<Role>? {
    let names = text.split(omittingEmptySubsequences: false) { $0 == "," }
    let roles = names.compactMap { Role(rawValue: String($0.filter { $0 != " " })) }
    return roles.isEmpty || roles.count < names.count ? nil : Set(roles)
  }

  /// The line of a name; nil when there is none.
  package subscript(name: String) -> Entry? { places[name].map { entries[$0] } }
}
