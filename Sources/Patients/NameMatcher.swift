/// Finds names that are known in what a table's header or somebody else calls them.
package struct NameMatcher: Sendable {
  /// What headers mean.
  package struct Match: Sendable, Equatable {
    /// For each header the name that it stands for, nil for none; no name stands twice.
    package internal(set) var names: [String?]
    /// What could not be decided, in the order of the headers.
    package internal(set) var clashes: [Clash] = []
  }

  /// Headers and names that are too alike.
  package enum Clash: Sendable, Equatable, CustomStringConvertible {
    /// Two or more headers mean one name, and none of them has a better right to it.
    case headers([String], name: String)
    /// One header may mean two or more names.
    case names([String], header: String)

    /// For example `columns AGE and age both mean Age`.
    package var description: String {
      switch self {
      case .headers(let headers, let name):
        guard let other = headers.first(where: { $0 != headers[0] }) else {
          return "column \(headers[0].printable) stands twice"
        }
        return "columns \(headers[0].printable) and \(other.printable) both mean \(name)"
      case .names(let names, let header):
        return "column \(header.printable) may mean \(names.joined(separator: " or "))"
      }
    }
  }

  /// How sure it is that a header means a name.
  private enum Likeness: Int, Comparable {
    case same, alias, folded

    static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  private let canonical: Set<String>
  private let aliases: [String: [String]]
  private let folded: [String: [String]]

  /// - Parameter names: each with the others that it goes by.
  package init(_ names: [(name: String, aliases: [String])]) {
    canonical = Set(names.map(\.name))
    var aliases: [String: [String]] = [:]
    var folded: [String: [String]] = [:]
    for (name, others) in names {
      for spelling in Set([name] + others) {
        if spelling != name { aliases[spelling, default: []].append(name) }
        let key = spelling.foldedName
        // What is nothing but blanks and dashes means no name, unless it is the name.
        guard !key.isEmpty, folded[key]?.last != name else { continue }
        folded[key, default: []].append(name)
      }
    }
    self.aliases = aliases
    self.folded = folded
  }

  /// The names that headers mean: of several headers the one that is the name itself, else an alias,
  /// else one that differs in case, blanks, `_`, `-` and `/`.
  package func match(_ headers: [String]) -> Match {
    let candidates = headers.map(candidates)
    var match = Match(names: headers.map { _ in nil })
    var claims: [String: [(header: Int, likeness: Likeness)]] = [:]
    for (header, found) in candidates.enumerated() where found.names.count == 1 {
      claims[found.names[0], default: []].append((header, found.likeness))
    }
    var clashes: [(header: Int, clash: Clash)] = []
    for (name, all) in claims {
      let best = all.map(\.likeness).min()
      let owners = all.filter { $0.likeness == best }.map(\.header)
      match.names[owners[0]] = name
      if owners.count > 1 {
        clashes.append((owners[0], .headers(owners.map { headers[$0] }, name: name)))
      }
    }
    // What is left over may have been meant, unless others have taken all that it could be.
    for (header, found) in candidates.enumerated() where found.names.count > 1 {
      let free = found.names.filter { claims[$0] == nil }
      guard !free.isEmpty else { continue }
      clashes.append((header, .names(found.names, header: headers[header])))
    }
    match.clashes = clashes.sorted { $0.header < $1.header }.map(\.clash)
    return match
  }

  private func candidates(for header: String) -> (names: [String], likeness: Likeness) {
    if canonical.contains(header) { return ([header], .same) }
    if let names = aliases[header] { return (names, .alias) }
    return (folded[header.foldedName] ?? [], .folded)
  }
}
