import ArgumentParser
import FoundationEssentials
import Models
import POSIX
import Patients
import Records

extension Log {
  struct Accuracy: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Estimates from its probabilities how often a version is right, beside recorded outcomes.",
      discussion: """
        Confidence-based performance estimation (CBPE), before anybody has told what was given: the mean \
        probability of the recommended drug, with three sampling errors to both sides. It assumes that \
        patients with the same measurements are still given the same drugs; when that has changed, outcomes \
        alone show it. Counted are the newest predictions that somebody asked for one by one, or under a \
        name. The database is that of --prediction-log, log/predictions.sqlite unless you name another; with \
        --format csv or json the chunks are written, unrounded.
        """)

    @Option(
      help: ArgumentHelp("The version (default: the one that is served).", valueName: "version"))
    var model: String?

    @Option(help: ArgumentHelp("The newest predictions of it to look at.", valueName: "number"))
    var newest = AccuracyReport.windowSize

    @Option(help: ArgumentHelp("So many predictions are a chunk.", valueName: "number"))
    var chunk = AccuracyReport.chunkSize

    @Flag(help: "Count rows of tables, lists and tensors, too, that nobody's name stands behind.")
    var tables = false

    @OptionGroup var models: ModelsOption

    @ParentCommand var log: Log

    func validate() throws {
      guard newest > 0, chunk > 0 else {
        throw ValidationError("--newest and --chunk are numbers of predictions, 1 or more.")
      }
    }

    func run() throws {
      // Of a version that is no longer there the log tells all the same.
      let details =
        if let model {
          try? models.registry.details(of: model)
        } else {
          try models.registry.details()
        }
      let version = model ?? details?.card.modelVersion ?? ""
      let confidences = try PredictionLog.confidences(
        in: log.predictionLog, count: newest, newest: .max, of: version, includesTables: tables
      ).confidences
      let agreements = try PredictionLog.agreements(
        in: log.predictionLog, of: confidences.map(\.number))
      let report = AccuracyReport(
        confidences.map {
          .init(time: $0.time, probability: $0.probability, agreed: agreements[$0.number])
        }, promise: details.flatMap { AccuracyPromise($0.card, $0.evaluation) }, chunkSize: chunk)
      let chunks = report.chunks.map { Chunk($0, report.promise) }
      switch log.format {
      case .table:
        Self.lines(report, of: version, keepsItsWord: details?.evaluation?.keepsItsWord, chunk)
          .forEach { print($0) }
      case .csv: print(Self.csv(chunks), terminator: "")
      case .json:
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(chunks), as: UTF8.self))
      }
    }

    /// A chunk as programs read it.
    private struct Chunk: Encodable {
      /// RFC 3339, UTC.
      let from: String
      let to: String
      let predictions: Int
      let accuracy: Double
      let lower: Double
      let upper: Double
      let samplingError: Double
      /// Where the interval lies beside the promised one; nil where nothing is promised.
      let verdict: String?
      let outcomes: Int
      let agreed: Int

      private enum CodingKeys: String, CodingKey {
        case from, to, predictions, accuracy, lower, upper, verdict, outcomes, agreed
        case samplingError = "sampling_error"
      }

      init(_ part: AccuracyReport.Part, _ promise: AccuracyPromise?) {
        from = Moment(microseconds: part.start).text
        to = Moment(microseconds: part.end).text
        predictions = part.expected.count
        accuracy = part.expected.accuracy
        lower = part.expected.interval.lowerBound
        upper = part.expected.interval.upperBound
        samplingError = part.expected.samplingError
        verdict = promise?.verdict(on: part.expected.interval).rawValue
        outcomes = part.outcomes
        agreed = part.agreed
      }
    }

    private static func csv(_ chunks: [Chunk]) -> String {
      var bytes: [UInt8] = []
      CSVWriter.append(
        [
          "from", "to", "predictions", "accuracy", "lower", "upper", "sampling_error", "verdict",
          "outcomes", "agreed",
        ], to: &bytes)
      for chunk in chunks {
        CSVWriter.append(
          [
            chunk.from, chunk.to, "\(chunk.predictions)", "\(chunk.accuracy)", "\(chunk.lower)",
            "\(chunk.upper)", "\(chunk.samplingError)", chunk.verdict ?? "", "\(chunk.outcomes)",
            "\(chunk.agreed)",
          ], to: &bytes)
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    private static func lines(
      _ report: AccuracyReport, of version: String, keepsItsWord: Bool?, _ chunk: Int
    ) -> [String] {
      guard let whole = report.whole else {
        return [
          "Too few to say: \(report.count.grouped) predictions of model \(version), "
            + "\(chunk.grouped) are needed."
        ]
      }
      var lines = [
        "Model \(version), \(report.count.grouped) predictions: expected accuracy "
          + "\(whole.expected.accuracy.percent), \(whole.expected.interval.percent)."
      ]
      if let promise = report.promise {
        let verdict =
          switch promise.verdict(on: whole.expected.interval) {
          case .below: "All of it is below"
          case .above: "All of it is above"
          case .within: "It agrees with"
          }
        lines.append(
          "\(verdict) what its card promised, \(promise.accuracy.percent), \(promise.interval.percent) "
            + "(\(promise.source == .test ? "held-out rows" : "cross-validation")).")
      } else {
        lines.append(
          "Its card promises nothing, and nobody here has tried its probabilities: they are trusted."
        )
      }
      if keepsItsWord == false {
        lines.append(
          "On its held-out patients the probabilities were wrong on average, and so may this be.")
      }
      lines.append(
        whole.outcomes == 0
          ? "None of them has a recorded outcome."
          : "Recorded: in \(whole.agreed.grouped) of \(whole.outcomes.grouped) outcomes the recommended "
            + "drug was given.")
      var table = TextTable(
        ["from (UTC)", "to (UTC)", "expected", "at least", "at most", "outcomes", "agreed"],
        wordColumns: [0, 1])
      for part in report.chunks {
        table.add([
          Moment(microseconds: part.start).text.tableTime,
          Moment(microseconds: part.end).text.tableTime,
          part.expected.accuracy.percent, part.expected.interval.lowerBound.percent,
          part.expected.interval.upperBound.percent, "\(part.outcomes)", "\(part.agreed)",
        ])
      }
      return lines + table.lines + [
        "This assumes that patients with the same measurements are still given the same drugs; outcomes alone "
          + "show whether that is so."
      ]
    }
  }
}
