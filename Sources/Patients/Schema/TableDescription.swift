/// What a table says of each patient, as a person or a program describes it: a Table Schema of the Data
/// Package standard (datapackage.org, version 2) with a few members of our own.
///
/// docs/your-own-data.md names them all.
public struct TableDescription: Sendable, Equatable {
  /// The types that a field may have.
  public enum FieldType: String, Sendable, CaseIterable {
    case integer, number, string, boolean
  }

  /// One of the values of a field that has a list of them.
  public struct Category: Sendable, Equatable {
    /// The value, as tables and requests have it.
    public var value: String
    /// What people call it; nil for the value itself.
    public var label: String?
    /// Other spellings of the value.
    public var aliases: [String] = []

    /// Names a value.
    public init(_ value: String) { self.value = value }
  }

  /// The right-closed ranges in which the feature set `binned` sees a number.
  public struct Bins: Sendable, Equatable {
    /// The ends between two bins, ascending; one less than there are bins.
    public var edges: [Double]
    /// The names of the bins.
    public var labels: [String]
  }

  /// Two numbers that a table or a person may give in place of the field that is their ratio.
  public struct Ratio: Sendable, Equatable {
    /// The number above the line and the one below it, each described as a field is.
    public var parts: [Field]
    /// To how many decimal places the ratio is rounded; nil for as exactly as it can be.
    public var places: Int?

    /// A ratio of two numbers.
    public init(of dividend: Field, to divisor: Field, places: Int? = nil) {
      parts = [dividend, divisor]
      self.places = places
    }
  }

  /// One column.
  public struct Field: Sendable, Equatable {
    /// The column's name.
    public var name: String
    /// What people call it; nil for the name itself.
    public var title: String?
    /// What it is, in a sentence.
    public var summary: String?
    /// The type of its values.
    public var type: FieldType
    /// The unit of a number, for people.
    public var unit: String?
    /// Other names of the column.
    public var aliases: [String] = []
    /// Whether each patient has a value.
    public var isRequired = false
    /// The numbers that are accepted; of no meaning for categories.
    public var limits: NumberLimits
    /// The values that are accepted, in the order in which people should see them; nil for numbers, and
    /// for texts whose values only the table tells.
    public var categories: [Category]?
    /// How numbers are put into bins; nil when nobody has said.
    public var bins: Bins?
    /// Of what it is the ratio; nil for a number that is only measured as it is.
    public var ratio: Ratio?
    /// A value, for people who want to see one.
    public var example: FieldValue?

    /// A field of which nothing else is known.
    public init(name: String, type: FieldType) {
      self.name = name
      self.type = type
      limits = NumberLimits(isWhole: type == .integer)
      if type == .boolean { categories = [Category("false"), Category("true")] }
    }

    /// Whether its values are numbers that are measured.
    public var isNumber: Bool {
      categories == nil && (type == .integer || type == .number)
    }
  }

  /// A patient whose drug the documentation names.
  public struct Documented: Sendable, Equatable {
    /// What people call the patient; nil for nothing.
    public var title: String?
    /// The values by the names of the fields, in the order in which they are written.
    public var values: [Value]
    /// The drug.
    public var drug: String

    /// A value of the patient.
    public struct Value: Sendable, Equatable {
      /// The field's name.
      public var field: String
      /// The value.
      public var value: FieldValue
    }
  }

  /// A column that is no measurement.
  public struct LeftOut: Sendable, Equatable {
    /// The column's name.
    public var name: String
    /// Why it is left out, in words.
    public var reason: String
  }

  /// The data's file, beside the description; nil when it names none.
  public var path: String?
  /// The columns, in the order in which people give them; the drug among them.
  public var fields: [Field]
  /// Columns of types that cannot be measured.
  public var leftOut: [LeftOut] = []
  /// The field that is the drug; nil while nobody has said.
  public var target: String?
  /// The column that tells how many patients a row stands for, if the table has it.
  public var count = "count"
  /// The field by whose values reports are divided; nil for none.
  public var group: String?
  /// What a cell holds that holds no value.
  public var missingValues = [""]
  /// Patients whose drug the documentation names.
  public var documented: [Documented] = []
  /// What a model of such a table is for; nil for the usual sentence.
  public var purpose: String?
  /// What it must not be used for; nil for the usual sentence.
  public var notFor: String?
  /// What it does not know, one sentence each; nil for the usual ones.
  public var limits: [String]?
  /// Where the Table Schema stands in the file, as a JSON pointer.
  var place = ""
  /// The place of each field among those of the file, where there are others that are left out.
  var placeOfField: [String: Int] = [:]

  /// The most bytes of a name.
  public static let maximumNameSize = 100
  /// The most fields besides the drug.
  public static let maximumFieldCount = 250
  /// The most values of a field.
  public static let maximumCategoryCount = 1000
  /// The most drugs.
  public static let maximumDrugCount = 100
  /// The most bytes of a description.
  public static let maximumSize = 1 << 20

  /// Describes a table of these fields.
  public init(fields: [Field], target: String?) {
    self.fields = fields
    self.target = target
  }

  /// Where a field stands in the file, as a JSON pointer.
  func pointer(ofField index: Int) -> String {
    "\(place)/fields/\(placeOfField[fields[index].name] ?? index)"
  }

  /// The field of a name, nil when there is none.
  public func field(_ name: String) -> Field? { fields.first { $0.name == name } }
}
