import ArgumentParser
import drug_responder
import drugctl

// Both names share one file, because each alone would hold its own copy of the Swift libraries.
let name = CommandLine.arguments.first?.split(separator: "/").last
if name?.contains("responder") == true {
  DrugResponder.main()
} else {
  DrugCtl.main()
}
