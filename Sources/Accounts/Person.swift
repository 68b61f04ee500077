/// Somebody who has signed in.
package struct Person: Sendable, Equatable {
  /// The name in the password file.
  package let name: String
  /// What they may do.
  package let roles: Set<Role>

  /// Creates a person.
  package init(name: String, roles: Set<Role> = Set(Role.allCases)) {
    self.name = name
    self.roles = roles
  }

  /// What a name is of, in words.
  package static let nameWords = "letters, digits and .-_@, 64 at most"

  /// Whether a text may be the name of somebody new.
  package static func isName(_ text: String) -> Bool {
    1...64 ~= text.utf8.count
      && text.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_", "@": true
        default: false
        }
      }
  }
}
