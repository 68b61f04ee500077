import Models
import Foundation

/// What a command has left under a folder of models for a responder to serve.
struct ServedFolder {
  /// The version that the link `current` names.
  let version: String
  let forest: Data
  let plot: Data
  let card: ModelCard
  let model: DrugModel

  init(_ models: String) throws {
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(models)/current")
    version = (target as NSString).lastPathComponent
    forest = try Data(contentsOf: URL(filePath: "\(models)/current/forest.rf"))
    plot = try Data(contentsOf: URL(filePath: "\(models)/current/confusion_matrix.png"))
    model = try ModelRegistry(root: models).load(nil)
    card = model.card
  }
}
