import POSIX
import Patients

/// A retraining, from its start to what came of it.
struct RetrainingJob: Sendable, Equatable, Decodable {
  enum State: String, Sendable, Decodable {
    case running, succeeded, failed, cancelled
  }

  /// How far the training program says that it is.
  struct Progress: Sendable, Equatable, Decodable {
    let stage: String
    let stageNumber: Int
    let stages: Int
    let done: Int
    let total: Int
    /// The share of the whole work that is done, 0 to 1.
    let fraction: Double
    /// The time that the rest will take; nil until that can be told.
    let secondsLeft: Double?

    private enum CodingKeys: String, CodingKey {
      case stage, stages, done, total, fraction
      case stageNumber = "stage_number", secondsLeft = "seconds_left"
    }
  }

  /// Why a retraining has failed.
  struct Failure: Sendable, Equatable, Decodable {
    let code: String
    /// The reason in words for everybody.
    let detail: String

    /// The service's end, or its process's, came first.
    static let interrupted = Failure(
      code: "interrupted", detail: "The service ended while the training was running.")
  }

  let id: String
  var state = State.running
  let user: String
  /// RFC 3339 in UTC, to the millisecond.
  let startedAt: String
  var finishedAt: String?
  var progress: Progress?
  var error: Failure?

  private enum CodingKeys: String, CodingKey {
    case id, state, user, progress, error
    case startedAt = "started_at", finishedAt = "finished_at"
  }

  init(id: String, user: String) {
    self.id = id
    self.user = user
    startedAt = Moment.now.text
  }

  /// Ends it.
  mutating func finish(_ state: State, _ error: Failure? = nil) {
    self.state = state
    self.error = error
    finishedAt = Moment.now.text
  }
}

extension JSONWriter {
  /// Writes a job.
  ///
  /// - Parameters:
  ///   - parameters: the request, as JSON.
  ///   - result: the result, as JSON; nil for none.
  mutating func write(_ job: RetrainingJob, parameters: String, result: String?) {
    object { writer in
      writer.name("id")
      writer.string(job.id)
      writer.name("state")
      writer.string(job.state.rawValue)
      writer.name("user")
      writer.string(job.user)
      writer.name("started_at")
      writer.string(job.startedAt)
      writer.name("finished_at")
      writer.string(job.finishedAt)
      writer.name("parameters")
      writer.raw(parameters)
      writer.name("progress")
      if let progress = job.progress { writer.write(progress) } else { writer.null() }
      writer.name("error")
      if let error = job.error {
        writer.object { writer in
          writer.name("code")
          writer.string(error.code)
          writer.name("detail")
          writer.string(error.detail)
        }
      } else {
        writer.null()
      }
      writer.name("result")
      writer.raw(result ?? "null")
    }
  }

  private mutating func write(_ progress: RetrainingJob.Progress) {
    object { writer in
      writer.name("stage")
      writer.string(progress.stage)
      writer.name("stage_number")
      writer.number(progress.stageNumber)
      writer.name("stages")
      writer.number(progress.stages)
      writer.name("done")
      writer.number(progress.done)
      writer.name("total")
      writer.number(progress.total)
      writer.name("fraction")
      writer.number(progress.fraction)
      writer.name("seconds_left")
      writer.number(progress.secondsLeft)
    }
  }
}
