extension TableDescription {
  /// Whether only the table tells the values of a field.
  public var isOpen: Bool { fields.contains(where: isOpen) }

  /// Whether only the table tells the values of this field: those of the drug are always a list.
  private func isOpen(_ field: Field) -> Bool {
    field.categories == nil && (!field.isNumber || field.name == target)
  }

  /// The same with the values that a table holds for the fields of which nobody has told them.
  ///
  /// - Throws: `DescriptionError` for a field with too many different values, or with one that no
  ///   category can be.
  public func completed(by survey: TableSurvey) throws(DescriptionError) -> TableDescription {
    var complete = self
    let names = NameMatcher(fields.map { ($0.name, $0.aliases) })
      .match(survey.columns.map(\.name)).names
    for (index, field) in fields.enumerated() where isOpen(field) {
      func wrong(_ words: String) -> DescriptionError {
        DescriptionError(pointer(ofField: index), words)
      }
      guard let place = names.firstIndex(of: field.name) else {
        throw wrong("the table has no \(field.name)")
      }
      let column = survey.columns[place]
      if let unfit = column.unfit { throw wrong("\(field.name) has a value that \(unfit)") }
      guard let values = column.values else {
        throw wrong(
          "\(field.name) has more than \(Self.maximumCategoryCount) different values: leave it out, "
            + "group them, or list those that are known as its categories")
      }
      guard !values.isEmpty else { throw wrong("the table has no value of \(field.name)") }
      guard field.isNumber else {
        complete.fields[index].categories = values.map(Category.init)
        continue
      }
      var numbers: [Double] = []
      for value in values {
        guard let number = Double(decimal: value), number.isFinite else {
          throw wrong("\(field.name) has a value that is no number: \(value.printable)")
        }
        if !numbers.contains(number) { numbers.append(number) }
      }
      complete.fields[index].categories = numbers.sorted().map { Category($0.plain) }
    }
    return complete
  }
}
