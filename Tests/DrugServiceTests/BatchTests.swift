import FastCGI
import Models
import Records
import TestSupport
import Testing
@testable import DrugService

@Suite struct JSONBatchTests {
  private struct Batch: Decodable {
    struct Prediction: Decodable {
      let prediction: String
      let patient_data: Sent
      let id: String
    }
    struct Sent: Decodable { let Age: Double }

    let status: String
    let predictions: [Prediction]
    let model_version: String
    let id: String
  }

  private func list(_ count: Int, bad: [Int: String] = [:]) -> String {
    let patients = (0..<count).map { index in
      bad[index]
        ?? #"{"Age":\#(index % 121),"Sex":"F","BP":"LOW","Cholesterol":"HIGH","Na_to_K":12}"#
    }
    return #"{"patients":[\#(patients.joined(separator: ","))]}"#
  }

  @Test(arguments: [0, 1, 10_000])
  func everyPatientIsAnsweredInItsPlaceAndKept(_ count: Int) throws {
    try withLoggingService { service, log in
      let response = service.predictBatch(list(count), parameters: ["REQUEST_ID": "r"])
      #expect(response.status == 200)
      let batch: Batch = try response.decoded()
      #expect(batch.predictions.map(\.patient_data.Age) == (0..<count).map { Double($0 % 121) })
      #expect(batch.predictions.map(\.id) == (0..<count).map { "r-\($0)" })
      #expect(batch.id == "r" && batch.status == "success")
      let kept = try PredictionLog.newest(20_000, in: log)
      #expect(kept.map(\.id) == batch.predictions.map(\.id).reversed())
      #expect(kept.map(\.drug) == batch.predictions.map(\.prediction).reversed())
    }
  }

  @Test func aPatientOfAListGetsWhatItWouldGetAlone() throws {
    let batch = service.predictBatch(#"{"patients":[\#(documentedPatients[0])]}"#)
    let alone = service.predict(documentedPatients[0])
    let answer = alone.text.split(separator: #","model_version""#)[0]
    #expect(batch.text.contains(answer))
  }

  @Test func wrongPatientsAreNamedByTheirIndexAndNothingIsKept() throws {
    try withLoggingService { service, log in
      let bad = [
        7: #"{"Age":121,"Sex":"F","BP":"LOW","Cholesterol":"HIGH","Na_to_K":12}"#,
        9999: #"{"Age":1,"Sex":"f","BP":"LOW","Cholesterol":"HIGH"}"#,
      ]
      let response = service.predictBatch(list(10_000, bad: bad))
      #expect(response.status == 422)
      let problem: ProblemBody = try response.decoded()
      #expect(
        problem.errors?.map { "\($0.pointer) \($0.code)" } == [
          "/patients/7/Age out_of_range", "/patients/9999/Sex unknown_category",
          "/patients/9999/Na_to_K missing",
        ])
      #expect(try PredictionLog.newest(1, in: log).isEmpty)
    }
  }

  @Test func aListOfMistakesIsToldOfInAFew() throws {
    let problem: ProblemBody = try service.predictBatch(
      list(10_000, bad: [:]).replacing(
        "\"Age\"", with: "\"age\"")
    ).decoded()
    #expect(try #require(problem.errors).count <= 110)
  }

  @Test(
    "A body that is no list of patients is refused with the place",
    arguments: [
      ("[]", 422, "invalid-patient", "", "wrong_type"),
      ("{}", 422, "invalid-patient", "/patients", "missing"),
      (#"{"patients":{}}"#, 422, "invalid-patient", "/patients", "wrong_type"),
      (#"{"patients":null}"#, 422, "invalid-patient", "/patients", "wrong_type"),
      (#"{"patients":[],"x/y":1}"#, 422, "invalid-patient", "/x~1y", "unknown_field"),
      (#"{"patients":[[]]}"#, 422, "invalid-patient", "/patients/0", "wrong_type"),
      (#"{"patients":[],"patients":[]}"#, 400, "malformed-json", "/patients", "duplicate_key"),
      (#"{"patients":[1,]}"#, 400, "malformed-json", "", "malformed_json"),
      ("", 400, "malformed-json", "", "malformed_json"),
    ])
  func shapes(_ body: String, _ status: Int, _ name: String, _ pointer: String, _ code: String)
    throws
  {
    let response = service.predictBatch(body)
    #expect(response.status == status)
    let problem: ProblemBody = try response.decoded()
    #expect(problem.name == name)
    #expect(problem.errors?.map(\.pointer) == [pointer])
    #expect(problem.errors?.map(\.code) == [code])
  }

  @Test func tooManyPatientsAreRefused() throws {
    let response = service.predictBatch(list(10_001))
    #expect(response.status == 413)
    #expect(try response.decoded(as: ProblemBody.self).name == "too-many-patients")
  }

  @Test func aListThatIsTooLongIsRefused() throws {
    let response = service.predictBatch(String(repeating: " ", count: 5 << 20))
    #expect(response.status == 413)
    #expect(try response.decoded(as: ProblemBody.self).name == "body-too-large")
  }

  @Test(arguments: ["application/json", "text/csv"])
  func aBodyThatBreaksOffIsRefused(_ type: String) throws {
    try withLoggingService { service, log in
      let text = "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n"
      let response = service.answer(
        "POST", "/predict/batch", contentType: type, body: Array(text.utf8), statedLength: 1000)
      #expect(response.status == 400)
      let problem: ProblemBody = try response.decoded()
      #expect(problem.name == "broken-body")
      #expect(try PredictionLog.newest(1, in: log).isEmpty)
    }
  }

  @Test(arguments: [nil, "text/plain", "text/csv; charset=latin1", "application/csv"])
  func anotherTypeIsRefusedWithThoseThatAreTaken(_ type: String?) {
    let response = service.answer("POST", "/predict/batch", contentType: type)
    #expect(response.status == 415)
    #expect(response.header("Accept-Post") == "application/json, text/csv")
  }
}

@Suite struct CSVBatchTests {
  private static let answer = "prediction,probability,prediction_set,needs_review,warnings,error,id"

  private func rows(_ text: String) throws -> [[String]] {
    let response = service.predictBatch(text, as: "text/csv", parameters: ["REQUEST_ID": "r"])
    #expect(response.status == 200)
    #expect(response.header("Content-Type") == "text/csv; charset=utf-8")
    #expect(response.text.hasSuffix("\r\n"))
    return response.text.split(separator: "\r\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func columnsInAnyOrderAreCarriedAlongAndAnswered() throws {
    let rows = try rows(
      "\u{feff}bed,Na_to_K,BP,Sex,Cholesterol,Age\r\n7b,15.5,HIGH,M,NORMAL,45\r\n"
        + "8,18.3,\"HIGH\",F,NORMAL,52")
    #expect(rows[0].joined(separator: ",") == "bed,Na_to_K,BP,Sex,Cholesterol,Age,\(Self.answer)")
    #expect(rows[1][..<7] == ["7b", "15.5", "HIGH", "M", "NORMAL", "45", "DrugY"])
    #expect(rows[2][..<7] == ["8", "18.3", "HIGH", "F", "NORMAL", "52", "DrugY"])
    #expect(rows.dropFirst().map(\.last) == ["r-0", "r-1"])
    #expect(rows[1][9...11] == ["false", "", ""])
  }

  @Test func columnsThatAreCalledAsTheAnswersKeepTheirNames() throws {
    let rows = try rows(
      "ID,Age,Sex,BP,Cholesterol,Na_to_K,prediction,answer_prediction\n"
        + "7,45,M,HIGH,NORMAL,15.5,mine,too\n")
    #expect(
      rows[0].suffix(9) == [
        "prediction", "answer_prediction", "answer_answer_prediction", "probability",
        "prediction_set", "needs_review", "warnings", "error", "answer_id",
      ])
    #expect(Set(rows[0].map { $0.lowercased() }).count == rows[0].count)
    #expect(rows[1].prefix(1) == ["7"] && rows[1][6...8] == ["mine", "too", "DrugY"])
  }

  @Test func anAnsweredTableIsAnsweredAgain() throws {
    let response = service.predictBatch(
      "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n", as: "text/csv")
    let rows = try rows(response.text)
    #expect(Set(rows[0]).count == 5 + 2 * 7 && rows[1].count == 5 + 2 * 7)
    #expect(rows[0][12] == "answer_prediction" && rows[1][12] == "DrugY")
  }

  @Test func aWrongRowIsAnsweredInItsPlace() throws {
    let rows = try rows(
      """
      Age,Sex,BP,Cholesterol,Na_to_K
      45,M,HIGH,NORMAL,15.5
      121,m,HIGH,NORMAL,NaN
      45,M,HIGH
      45,M,HI"GH,NORMAL,15.5
      52,F,HIGH,NORMAL,18.3

      """)
    #expect(rows.count == 6)
    #expect(rows.map { $0.last! } == ["id", "r-0", "", "", "", "r-4"])
    #expect(rows[1][5] == "DrugY" && rows[5][5] == "DrugY")
    #expect(rows[2].joined(separator: ",").contains("\"line 3: Age must be a whole number"))
    #expect(rows[3].joined(separator: ",") == "45,M,HIGH,,,,,,,,line 4: 3 fields instead of 5,")
    #expect(rows[4].joined(separator: ",").contains("line 5: a quote stands inside a field"))
  }

  @Test func aRowOfTooManyFieldsLosesNone() throws {
    let rows = try rows(
      "Age;Sex;BP;Cholesterol;Na_to_K\n45;M;HIGH;NORMAL;x;y;;z\n52;F;HIGH;NORMAL;18,3\n")
    #expect(
      rows[1].joined(separator: ",")
        == "45,M,HIGH,NORMAL,x;y;;z,,,,,,line 2: 8 fields instead of 5; the last column here has the rest,"
    )
    #expect(rows[2].joined(separator: ",").hasPrefix("52,F,HIGH,NORMAL,\"18,3\",DrugY,"))
  }

  @Test func whatCannotBeReadAnyFurtherEndsTheTableWithTheReason() throws {
    let rows = try rows(
      "Age,Sex,BP,Cholesterol,Na_to_K\n45,M,HIGH,NORMAL,15.5\n52,F,\0HIGH,NORMAL,18.3\n")
    #expect(rows.count == 3)
    #expect(rows[1].last == "r-0")
    #expect(
      rows[2].joined(separator: ",")
        == ",,,,,,,,,,the rest: line 3: a NUL byte: this is not a text file,")
  }

  @Test func aFirstRowThatCannotBeReadIsAnsweredInItsPlaceToo() throws {
    let rows = try rows("Age,Sex,BP,Cholesterol,Na_to_K\n45,\"M,HIGH,NORMAL,15.5\n")
    #expect(rows.count == 2)
    #expect(rows[1][10] == "the rest: line 2: a quoted field does not end")
  }

  @Test func aValueOutsideOfTrainingGetsAWarning() throws {
    let rows = try rows("Age,Sex,BP,Cholesterol,Na_to_K\n110,M,HIGH,NORMAL,15.5\n")
    #expect(rows[1][9] == "Age lies outside of what the model was trained on")
  }

  @Test func aTableOfASpreadsheetIsAnsweredWithCommasInUTF8() throws {
    let text = "Name;Age;Sex;BP;Cholesterol;Na_to_K\r\nJürgen;45;M;HIGH;NORMAL;15,5\r\n"
    let latin = text.unicodeScalars.map { UInt8($0.value) }
    let units = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let unicode: [UInt8] = [0xff, 0xfe] + units
    for body in [Array(text.utf8), latin, unicode] {
      let response = service.answer(
        "POST", "/predict/batch", contentType: "text/csv", body: body,
        parameters: ["REQUEST_ID": "r"])
      #expect(response.header("Content-Type") == "text/csv; charset=utf-8")
      let lines = response.text.split(separator: "\r\n")
      #expect(lines[0] == "Name,Age,Sex,BP,Cholesterol,Na_to_K,\(Self.answer)")
      #expect(lines[1].hasPrefix("Jürgen,45,M,HIGH,NORMAL,\"15,5\",DrugY,"))
    }
  }

  @Test func whatIsSaidOfAWrongRowRepeatsNoneOfItsValues() throws {
    let rows = try rows(
      "Age;Sex;BP;Cholesterol;Na_to_K\n450;Fe;Hgih;NORMAL;1.234,5\n45;M;HIGH;NORMAL;15,5\n")
    let errors = rows[1].joined(separator: ",")
    #expect(
      errors.contains(
        "\"line 2: Age must be a whole number from 0 to 120; Sex must be one of F, M; "
          + "BP must be one of HIGH, LOW, NORMAL; Na_to_K must be a number; write it without "
          + "separators of thousands\""))
    #expect(!errors.contains("mean"))
    #expect(rows[2].joined(separator: ",").hasPrefix("45,M,HIGH,NORMAL,\"15,5\",DrugY,"))
  }

  @Test func aTableThatIsNoneSaysWhatToDo() throws {
    let book: [UInt8] = [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 100)
    let response = service.answer("POST", "/predict/batch", contentType: "text/csv", body: book)
    #expect(response.status == 422)
    let problem: ProblemBody = try response.decoded()
    #expect(
      problem.detail == "The CSV cannot be read: this is a workbook or an archive: save the sheet "
        + "as CSV (UTF-8).")
  }

  @Test func aTableWithoutRowsHasAHeaderAlone() throws {
    #expect(try rows("Age,Sex,BP,Cholesterol,Na_to_K\n").count == 1)
  }

  @Test(
    "A table without a usable header is refused",
    arguments: ["", "\n", "Age,Sex\n1,F\n", "Age,Age,Sex,BP,Cholesterol,Na_to_K\n", "\0"])
  func unusable(_ text: String) throws {
    let response = service.predictBatch(text, as: "text/csv")
    #expect(response.status == 422)
    #expect(try response.decoded(as: ProblemBody.self).name == "invalid-table")
  }

  @Test func everyAnsweredRowIsKeptUnderItsIdentifier() throws {
    try withLoggingService { service, log in
      let lines = (0..<2500).map { "\($0 % 130),F,LOW,HIGH,\(Double($0 % 40) + 0.5)" }
      let text = "Age,Sex,BP,Cholesterol,Na_to_K\n" + lines.joined(separator: "\n")
      let parameters = ["REQUEST_ID": "r"]
      let answers = try [1, 2].map { _ in
        let response = service.predictBatch(text, as: "text/csv", parameters: parameters)
        return try #require(response.status == 200 ? response.text : nil)
      }
      // The same request again: the same answer, and nothing kept twice.
      #expect(answers[0] == answers[1])
      let given = answers[0].split(separator: "\r\n").dropFirst()
        .compactMap { $0.split(separator: ",", omittingEmptySubsequences: false).last }
        .filter { !$0.isEmpty }.map(String.init)
      #expect(given.count == lines.count { Int($0.prefix { $0 != "," })! <= 120 })
      #expect(try PredictionLog.newest(10_000, in: log).map(\.id) == given.reversed())
    }
  }

  @Test func withoutAPlaceToSpoolThereIsAProblem() throws {
    try withLoggingService({ $0.temporaryFolder = "/nowhere" }) { service, _ in
      let response = service.predictBatch("Age,Sex,BP,Cholesterol,Na_to_K\n", as: "text/csv")
      #expect(response.status == 503)
      #expect(response.header("Retry-After") == "5")
      let problem: ProblemBody = try response.decoded()
      #expect(problem.name == "no-room")
    }
  }
}
