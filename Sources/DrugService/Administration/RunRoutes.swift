import Accounts
import FastCGI
import FoundationEssentials
import Logging
import Models
import Patients
import Records

/// What was tried, over REST: trainings and searches, from the command line too. They name people, so they
/// are told to who may train or look after that.
struct RunRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/runs", runList),
    Route("GET", "/runs/{number}", run),
    Route("PUT", "/runs/{number}/remark", lane: .work, keepRemark),
  ]

  /// Where they are kept: the folder of models, or a database of several hosts.
  let root: String
  let administrators: Administrators
  let logger: Logger

  /// GET /runs: the newest first, so many at a time.
  func runList(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .engineer, .auditor)
    let query = try Query(trace.head, ["limit": 1...1000, "from": 0...1_000_000])
    let (limit, from) = (query["limit"] ?? 50, query["from"] ?? 0)
    let (runs, total) = try read { store in
      (try store?.newest(limit, from: from) ?? [], try store?.count ?? 0)
    }
    let end = from + runs.count
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.name("runs")
          writer.array { writer in
            for run in runs { writer.object { $0.members(of: run) } }
          }
          writer.name("total")
          writer.number(total)
          writer.name("next")
          writer.string(
            end < total && !runs.isEmpty ? "/runs?limit=\(limit)&from=\(end)" : nil)
        }
      })
  }

  /// GET /runs/{number}: one run, with its comparison and the trials of a search.
  func run(_ request: borrowing Request, _ trace: RequestTrace) throws(ServiceError) -> Outcome {
    _ = try administrators.require(request, as: .engineer, .auditor)
    return try answer(number(trace))
  }

  private func answer(_ number: Int64) throws(ServiceError) -> Outcome {
    let found = try read { store in
      guard let store, let run = try? store.run(number) else { return (Run, [Trial])?.none }
      return (run, try store.trials(of: run))
    }
    guard let (run, trials) = found else { throw .administration(.unknown(.run)) }
    return Outcome(
      Response { writer in
        writer.object { writer in
          writer.members(of: run)
          writer.name("comparison")
          writer.raw(Self.comparison(of: run) ?? "null")
          writer.name("trials")
          writer.array { writer in
            for trial in trials { writer.write(trial) }
          }
        }
      })
  }

  /// The comparison as it was kept, when it is one that this program knows.
  private static func comparison(of run: Run) -> String? {
    guard let text = run.comparison, let known: ModelComparison = try? RunStore.value(text),
      let own = try? RunStore.json(known)
    else { return nil }
    return own
  }

  /// PUT /runs/{number}/remark: what a person calls a run, and notes of it.
  func keepRemark(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let number = number(trace)
    try administrators.audited("remark", request, as: .engineer, subject: "run \(number)") {
      (request, act) throws(ServiceError) in
      var reader = try MemberReader(try request.json(), names: ["name", "note"])
      let name = reader.line("name", longest: 60)
      let note = reader.line("note", longest: 500)
      try reader.finish()
      let isThere = try read { store in (try? store?.run(number)) != nil }
      guard isThere else { throw .administration(.unknown(.run)) }
      do {
        try RunStore(root: root).keep(
          RunRemark(name: name ?? "", note: note ?? "", user: act.user), of: number)
      } catch {
        logger.error("remark not kept", metadata: ["reason": "\(error)"])
        throw .administration(.cannotStore)
      }
      act.detail = name ?? ""
    }
    return try answer(number)
  }

  /// The number that an address names; 0, which no run has, for anything else.
  private func number(_ trace: RequestTrace) -> Int64 {
    let text = trace.pathPart(2)
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return 0 }
    return Int64(text) ?? 0
  }

  /// Reads from the store; from nil where nothing was recorded.
  private func read<Value>(_ body: (RunStore?) throws -> Value) throws(ServiceError) -> Value {
    do {
      return try body(
        RunStore.exists(root) ? try RunStore(reading: root) : nil)
    } catch {
      logger.error("runs not readable", metadata: ["reason": "\(error)"])
      throw .administration(.logNotReadable(.other))
    }
  }
}

extension MemberReader {
  /// A line of text, without blanks around it.
  fileprivate mutating func line(_ name: String, longest: Int) -> String? {
    text(name, allowed: "at most \(longest) characters on one line", orNull: true) { text in
      text.count <= longest
        && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    .map { text in
      var line = text[...]
      while line.first?.isWhitespace == true { line.removeFirst() }
      while line.last?.isWhitespace == true { line.removeLast() }
      return String(line)
    }
  }
}

extension JSONWriter {
  fileprivate mutating func members(of run: Run) {
    name("number")
    number(Int(run.number))
    for (key, text) in [
      ("command", run.command), ("state", run.state.rawValue), ("started_at", run.startedAt),
      ("user", run.user),
      // Not where a table lies on the disk.
      ("dataset", run.dataset.map { $0.split(separator: "/").last.map(String.init) ?? $0 }),
      ("data_sha256", run.dataDigest), ("version", run.version),
      ("error", run.error?.publicWords), ("name", run.remark?.name), ("note", run.remark?.note),
      ("noted_by", run.remark?.user), ("noted_at", run.remark?.time),
    ] as [(String, String?)] {
      name(key)
      string(text)
    }
    name("duration_s")
    if let duration = run.duration { number(duration) } else { null() }
    name("promoted")
    bool(run.isPromoted)
    name("parameters")
    object { writer in
      for (key, value) in run.parameters.sorted(by: { $0.key < $1.key }) {
        writer.name(key)
        writer.string(value)
      }
    }
    name("metrics")
    object { writer in
      for (key, value) in run.metrics.sorted(by: { $0.key < $1.key }) where value.isFinite {
        writer.name(key)
        writer.number(value)
      }
    }
  }

  fileprivate mutating func write(_ trial: Trial) {
    object { writer in
      writer.name("number")
      writer.number(trial.number)
      writer.name("parameters")
      writer.object { writer in
        for (key, value) in trial.parameters.sorted(by: { $0.key < $1.key }) {
          writer.name(key)
          writer.string(value)
        }
      }
      writer.name("macro_f1")
      writer.number(trial.macroF1)
      writer.name("log_loss")
      writer.number(trial.logLoss)
      writer.name("folds")
      writer.number(trial.foldCount)
      writer.name("given_up")
      writer.bool(trial.isRejected)
      writer.name("duration_s")
      writer.number(trial.duration)
    }
  }
}
