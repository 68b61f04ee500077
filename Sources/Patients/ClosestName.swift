/// The one name that somebody may have meant: one that differs in case, else in blanks, `_`, `-` and
/// `/` too, else in at most two letters and a third of them.
///
/// - Returns: nil when no name is so close, or more than one.
/// - Complexity: O(the product of the lengths) for each name of about that length.
package func closest(to text: String, among names: [String]) -> String? {
  func only(_ isClose: (String) -> Bool) -> (found: Bool, name: String?) {
    let close = names.filter(isClose)
    return (!close.isEmpty, close.count == 1 ? close[0] : nil)
  }
  let lowercased = text.lowercased()
  let equal = only { $0.lowercased() == lowercased }
  if equal.found { return equal.name }
  let folded = text.foldedName
  guard !folded.isEmpty else { return nil }
  let alike = only { $0.foldedName == folded }
  if alike.found { return alike.name }

  let letters = Array(folded)
  let distances = names.compactMap { name -> (name: String, distance: Int)? in
    let others = Array(name.foldedName)
    let most = min(2, max(letters.count, others.count) / 3)
    guard abs(letters.count - others.count) <= most, letters.count <= maximumLength else {
      return nil
    }
    let distance = editDistance(letters, others)
    return distance <= most ? (name, distance) : nil
  }
  guard let least = distances.map(\.distance).min() else { return nil }
  let nearest = distances.filter { $0.distance == least }
  return nearest.count == 1 ? nearest[0].name : nil
}

/// Longer names are compared for equality alone.
private let maximumLength = 100

/// The fewest letters to leave out, add, change or swap with the next (Damerau 1964, in the form of
/// optimal string alignment).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var (before, last) = ([Int](), Array(0...b.count))
  for row in a.indices {
    var next = [row + 1]
    for column in b.indices {
      let change = last[column] + (a[row] == b[column] ? 0 : 1)
      var least = min(change, last[column + 1] + 1, next[column] + 1)
      if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
        least = min(least, before[column - 1] + 1)
      }
      next.append(least)
    }
    (before, last) = (last, next)
  }
  return last[b.count]
}
