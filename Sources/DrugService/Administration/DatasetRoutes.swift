import Accounts
import FastCGI
import Logging
import Models
import POSIX
import Patients
import RandomForest
import Records

/// The tables that models are trained on, over REST.
struct DatasetRoutes: RouteGroup {
  static let routes = [
    Route<Self>("GET", "/datasets", datasetList),
    Route("PUT", "/datasets/{name}", isStreamed: true, lane: .work, storeDataset),
  ]

  let models: ModelStore
  let datasets: DatasetStore
  let administrators: Administrators
  let temporaryFolder: String
  let room: Room
  let logger: Logger

  /// GET /datasets: what there is.
  func datasetList(_: borrowing Request, _: RequestTrace) throws(ServiceError) -> Outcome {
    Outcome(try Response(encoding: ["datasets": datasets.entries]))
  }

  /// PUT /datasets/{name}: check a table and keep it under a name.
  func storeDataset(
    _ request: borrowing Request, _ trace: RequestTrace
  ) throws(ServiceError) -> Outcome {
    let name = trace.pathPart(2)
    let addition = try administrators.audited(
      "dataset", request, as: .engineer, subject: name
    ) {
      (request, act) throws(ServiceError) in
      guard ContentType(request.head).isCSV else { throw ServiceError.unsupportedMediaType(.csv) }
      guard DatasetStore.isName(name), name != DatasetStore.builtInName else {
        let allowed = "\(DatasetStore.nameWords), and not \(DatasetStore.builtInName)"
        throw .administration(
          .invalidParameters([
            FieldProblem(
              pointer: "", code: .outOfRange, detail: "the table's name must be \(allowed)",
              allowed: allowed)
          ]))
      }
      let addition = try store(try request.stream, name)
      let count = addition.table.dataset.sampleCount
      act.detail = "\(addition.digest), \(count) patients"
      if addition.wasThere { act.outcome = "kept before" }
      return addition
    }
    let dataset = addition.table.dataset
    let response = Response(status: addition.wasThere ? 200 : 201) { writer in
      writer.object { writer in
        writer.name("name")
        writer.string(name)
        writer.name("digest")
        writer.string(addition.digest)
        writer.name("samples")
        writer.number(dataset.sampleCount)
        writer.name("rows")
        writer.number(dataset.rowCount)
        writer.name("class_counts")
        writer.object { writer in
          for (drug, count) in zip(dataset.classes, dataset.classCounts) {
            writer.name(drug)
            writer.number(count)
          }
        }
      }
    }
    return Outcome(response)
  }

  /// Puts a body into a temporary file and what that holds into the store.
  private func store(
    _ stream: BodyStream, _ name: String
  ) throws(ServiceError) -> DatasetStore.Addition {
    let path = "\(temporaryFolder)/dataset-\(RequestTrace.newIdentifier())"
    defer { unlink(path) }
    do {
      let size = try spool(stream, to: path)
      guard room.isLeft(in: datasets.root, for: size) else {
        throw ServiceError.administration(.cannotStore)
      }
      return try datasets.add(
        name, file: path,
        schema: try models.served?.model.schema ?? datasets.schema(of: DatasetStore.builtInName))
    } catch let error as ServiceError {
      throw error
    } catch let error as TableError {
      throw .administration(.invalidDataset(error))
    } catch {
      logger.error("dataset not stored", metadata: ["reason": "\(error)"])
      throw .administration(.cannotStore)
    }
  }

  /// - Returns: the number of bytes.
  private func spool(_ stream: BodyStream, to path: String) throws -> Int {
    let file = try FileDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    defer { file.close() }
    var size = 0
    try stream.forEachPiece { piece in
      size += piece.count
      guard size <= DatasetStore.maximumByteCount else {
        throw ServiceError.bodyTooLarge(limit: DatasetStore.maximumByteCount)
      }
      guard room.isLeft(in: temporaryFolder, for: piece.count) else {
        throw ServiceError.administration(.cannotStore)
      }
      try file.write(piece)
    }
    guard !stream.isBroken else { throw ServiceError.brokenBody }
    return size
  }
}
