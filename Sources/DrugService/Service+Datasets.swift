import DrugClassifier
import FastCGI
import FoundationEssentials
import Glibc
import Logging
import RandomForest

/// The tables that models are trained on, over REST.
extension Service {
  /// GET /datasets: what there is.
  func datasetList() throws(ServiceError) -> Response {
    try Self.json(["datasets": datasets.entries])
  }

  /// PUT /datasets/{name}: check a table and keep it under a name.
  func storeDataset(_ request: borrowing Request) throws(ServiceError) -> Response {
    let name = request.pathPart(2) ?? ""
    let addition = try audited("dataset", request) { (request, act) throws(ServiceError) in
      guard ContentType(request).isCSV else { throw ServiceError.unsupportedMediaType(.csv) }
      guard DatasetStore.isName(name), name != DatasetStore.builtInName else {
        let allowed = "1 to 40 of a-z, 0-9 and -, but not \(DatasetStore.builtInName)"
        throw .invalidParameters([
          FieldProblem(
            pointer: "", code: .outOfRange, detail: "the table's name must be \(allowed)",
            allowed: allowed)
        ])
      }
      guard case .stream(let stream) = request.body else { throw .brokenBody }
      let addition = try store(stream, name)
      let count = addition.table.dataset.sampleCount
      act.detail = "\(addition.digest), \(count) patients"
      if addition.wasThere { act.outcome = "kept before" }
      return addition
    }
    let dataset = addition.table.dataset
    return Response(status: addition.wasThere ? 200 : 201) { writer in
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
  }

  /// Puts a body into a temporary file and what that holds into the store.
  private func store(
    _ stream: BodyStream, _ name: String
  ) throws(ServiceError) -> DatasetStore.Addition {
    let path = "\(settings.temporaryFolder)/dataset-\(Self.newIdentifier())"
    defer { unlink(path) }
    do {
      try Self.spool(stream, to: path)
      return try datasets.add(name, file: path)
    } catch let error as ServiceError {
      throw error
    } catch let error as TableError {
      throw .invalidDataset(error)
    } catch {
      logger.error("dataset not stored", metadata: ["reason": "\(error)"])
      throw .cannotStore
    }
  }

  private static func spool(_ stream: BodyStream, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ServiceError.cannotStore }
    defer { close(descriptor) }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { piece.deallocate() }
    var size = 0
    while true {
      let count = stream.read(into: piece)
      if count == 0 { break }
      size += count
      guard size <= DatasetStore.maximumByteCount else {
        throw ServiceError.bodyTooLarge(limit: DatasetStore.maximumByteCount)
      }
      guard write(descriptor, piece.baseAddress, count) == count else {
        throw ServiceError.cannotStore
      }
    }
    guard !stream.isBroken else { throw ServiceError.brokenBody }
  }
}
