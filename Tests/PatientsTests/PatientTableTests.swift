@testable import Patients
import RandomForest
import Testing
import TestSupport

/// Two patients, as the plainest file gives them.
private let plain = header + "23,F,HIGH,HIGH,25.355,DrugY\n47,M,LOW,NORMAL,13.093,drugX\n"

@Test func theTableOfDrug200IsReadWhole() throws {
  let table = try drug200()
  #expect(table.dataset.rowCount == 200)
  #expect(table.dataset.sampleCount == 200)
  #expect(table.dataset.classes == ["DrugY", "drugA", "drugB", "drugC", "drugX"])
  #expect(table.dataset.classCounts == [91, 23, 16, 16, 54])
  #expect(table.digest == "9517b83a24a3d7d62eb3920752d409ea187e4a1ff8ae94b4fd946a8e7f63f3b2")
  #expect(table.invalidRowCount == 0)
  #expect(table.ignoredColumns.isEmpty)
}

@Test func aRowHoldsTheMeasurementsInTheOrderOfTheFeatures() throws {
  let dataset = try readTable(plain).dataset
  #expect(dataset.features.map(\.name) == ["Sex", "BP", "Cholesterol", "Age", "Na_to_K"])
  // Sex F, BP HIGH, Cholesterol HIGH; then M, LOW, NORMAL, as indices of the levels.
  #expect(dataset.values == [0, 0, 0, 23, 25.355, 1, 1, 1, 47, 13.093])
  #expect(dataset.labels == [0, 4])
  #expect(dataset.weights == [1, 1])
}

/// Other spellings of the same two patients.
private let spellings: [(what: String, text: String)] = [
  (
    "columns in another order",
    """
    Drug,Na_to_K,Cholesterol,BP,Sex,Age
    DrugY,25.355,HIGH,HIGH,F,23
    drugX,13.093,NORMAL,LOW,M,47

    """
  ),
  ("lines that end with CRLF", plain.replacing("\n", with: "\r\n")),
  ("lines that end with CR", plain.replacing("\n", with: "\r")),
  ("a last line without an end", String(plain.dropLast())),
  ("a byte order mark", "\u{feff}" + plain),
  ("a byte order mark before a quote", "\u{feff}\"Age\"" + plain.dropFirst(3)),
  ("empty lines", "\n \n" + plain.replacing("\n", with: "\n\r\n\t\n")),
  (
    "quoted fields",
    """
    "Age","Sex","BP","Cholesterol","Na_to_K","Drug"
    "23","F","HIGH","HIGH","25.355","DrugY"
    47,"M",LOW,"NORMAL",13.093,drugX
    """
  ),
  ("spaces around fields", plain.replacing(",", with: " ,\t ").replacing("\n", with: "  \n")),
  (
    "spaces around and inside of quotes",
    header + """
       "23" ," F",HIGH ,  " HIGH ",25.355 ,\t"DrugY "
      47,M,LOW,NORMAL,13.093,drugX

      """
  ),
  (
    "numbers in other spellings",
    header + """
      23.0,F,HIGH,HIGH,2.5355e1,DrugY
      +47,M,LOW,NORMAL,0013.0930,drugX

      """
  ),
  (
    "columns that mean nothing",
    """
    id,Age,Sex,BP,Cholesterol,Na_to_K,Drug,note
    1,23,F,HIGH,HIGH,25.355,DrugY,"a, ""b"",
    c"
    2,47,M,LOW,NORMAL,13.093,drugX,

    """
  ),
  (
    "a column count",
    """
    count,Age,Sex,BP,Cholesterol,Na_to_K,Drug
    1,23,F,HIGH,HIGH,25.355,DrugY
    1.0,47,M,LOW,NORMAL,13.093,drugX

    """
  ),
]

@Test(arguments: spellings)
func aFileMayHave(_ what: String, _ text: String) throws {
  let expected = try readTable(plain).dataset
  #expect(try readTable(text).dataset == expected)
}

@Test func columnsThatMeanNothingAreNamed() throws {
  let table = try readTable(
    "id,Age,Sex,BP,Cholesterol,Na_to_K,Drug,a\u{1b}[2Jb\n1,23,F,LOW,HIGH,9,drugC,\n")
  #expect(table.ignoredColumns == ["id", "a\u{fffd}[2Jb"])
}

@Test func theColumnCountWeighsARow() throws {
  let dataset = try readTable(
    "Age,Sex,BP,Cholesterol,Na_to_K,Drug,count\n"
      + "23,F,HIGH,HIGH,25.355,DrugY,3\n47,M,LOW,NORMAL,13.093,drugX,1000000000\n"
  ).dataset
  #expect(dataset.rowCount == 2)
  #expect(dataset.weights == [3, 1_000_000_000])
  #expect(dataset.sampleCount == 1_000_000_003)
}

@Test func aCountedTableEqualsTheTableOfItsPatients() throws {
  let counted = try readTable(
    "count," + header + "3,23,F,HIGH,HIGH,25.355,DrugY\n2,47,M,LOW,NORMAL,9,drugX\n")
  let (first, second) = ("23,F,HIGH,HIGH,25.355,DrugY\n", "47,M,LOW,NORMAL,9,drugX\n")
  let listed = try readTable(header + first + second + first + second + first)
  #expect(counted.dataset.collapsed() == listed.dataset.collapsed())
}

@Test(arguments: [0, 1, 1_048_576 - 1, 1_048_576, 3_000_000])
func aFileOfAnyLengthIsReadWhole(_ paddingLength: Int) throws {
  // A column that means nothing moves the rows across the ends of the pieces that are read.
  let rows = "23,F,HIGH,HIGH,25.355,DrugY," + String(repeating: "x", count: 400) + "\n"
  let padding = String(repeating: "\n", count: paddingLength)
  let table = try readTable(
    "Age,Sex,BP,Cholesterol,Na_to_K,Drug,note\n" + padding
      + String(repeating: rows, count: 8000))
  #expect(table.dataset.rowCount == 8000)
  #expect(Set(table.dataset.values) == [0, 23, 25.355])
}

@Test func invalidRowsAreLeftOutAndCountedWhenThatIsAllowed() throws {
  let text = plain + "x,F,HIGH,HIGH,25,DrugY\n1,2\n" + "47,M,LOW,NORMAL,13.093,drugX\n"
  #expect(throws: TableError.self) { try readTable(text) }
  let table = try readTable(text, skipInvalid: true)
  #expect(table.dataset.rowCount == 3)
  #expect(table.invalidRowCount == 2)
  #expect(table.invalidRows.map(\.line) == [4, 5])
}

@Test func spellingsThatTheDescriptionKnowsAreRead() throws {
  let usual = try readTable(header + "45,M,HIGH,NORMAL,15.5,DrugY\n")
  let other = try readTable("age, SEX ,bp,Cholesterol,Na/K,drug\n45,M,HIGH,NORMAL,15.5,drugY\n")
  #expect(other.dataset == usual.dataset && other.ignoredColumns.isEmpty)
}

@Test func aMissingValueIsNaNWhereItMayBeMissing() throws {
  var table = PatientSchema.drug200.table
  for index in [0, 2] { table.fields[index].isRequired = false }
  table.missingValues = ["", "NA"]
  let schema = try PatientSchema(table)
  let found = try readTable(
    header + "NA,M,,NORMAL,15.5,DrugY\n,M, NA ,NORMAL,15.5,DrugY\n45,M,HIGH,NORMAL,15.5,DrugY\n",
    schema: schema)
  let rows = (0..<3).map { Array(found.dataset.row($0)) }
  for row in rows[..<2] {
    #expect(row[1].isNaN && row[3].isNaN && row[0] == 1 && row[2] == 1 && row[4] == 15.5)
  }
  #expect(rows[2] == [1, 0, 1, 45, 15.5])
  let wrong = try refusal { try readTable(header + "45,,HIGH,NORMAL,15.5,DrugY\n", schema: schema) }
  #expect(wrong?.contains("Sex is missing") == true)
}

@Test func aRowWithoutADrugIsRefusedWhateverTheDescriptionSays() throws {
  var table = PatientSchema.drug200.table
  for index in table.fields.indices { table.fields[index].isRequired = false }
  let schema = try PatientSchema(table)
  let wrong = try refusal { try readTable(header + "45,M,HIGH,NORMAL,15.5,\n", schema: schema) }
  #expect(wrong?.contains("Drug is missing") == true)
}
