package import ArgumentParser
import DrugService
import FastCGI
import Linux
import Logging
import POSIX

/// The program `drug-responder`.
package struct DrugResponder: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "drug-responder",
    abstract: "Answers the REST requests of the drug classifier behind a web server.",
    discussion: """
      Serves FastCGI on --socket, or on a listening socket that a supervisor passes as descriptor 0. \
      Started as a CGI program, it answers that one request.
      """)

  @Option(help: ArgumentHelp("The folder of models.", valueName: "folder"))
  var models = "models"

  @Option(
    help: ArgumentHelp(
      "Serve models alone that are signed with a key of this file, in PEM.", valueName: "file"))
  var trustedKey: String?

  @OptionGroup var files: FileOptions

  @Option(help: ArgumentHelp("Make and listen on this unix socket.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "How many requests are answered at once, beside single predictions; each kind has a share.",
      valueName: "number"))
  var threads = 16

  @OptionGroup(title: "Prediction log") var log: LogOptions
  @OptionGroup(title: "Administration") var administration: AdministrationOptions

  package init() {}

  package func validate() throws {
    guard 1...4096 ~= threads else {
      throw ValidationError("--threads is a number of threads from 1 to 4096.")
    }
  }

  package func run() throws {
    Memory.keepLittle()
    let logger = Logger(label: "drug-responder") { _ in JSONLogHandler() }
    defer { LogOutput.standardError.flush() }
    if socket == nil, CGI.isRequested {
      let service = Service(try settings, logger: logger, output: .standardError)
      try CGI.answer(
        maximumBodySize: Service.maximumBodySize, treatment: { service.treatment(of: $0) }
      ) { service.respond(to: $0) }
      return
    }
    // Blocked before the threads start, so that this thread alone hears of them.
    let signals = TerminationSignals()
    guard let listener = try socket.map(Listener.init(path:)) ?? Listener(inherited: STDIN_FILENO)
    else {
      throw ValidationError(
        "Nothing to listen on: give --socket, or start this under spawn-fcgi or as a CGI program.")
    }
    var settings = try settings
    // A CGI program would end before it has sent any.
    try settings.sendSpans(as: { getenv($0).map { String(cString: $0) } })
    let service = Service(settings, logger: logger, output: .standardError)
    let server = try Server(
      listener, lanes: Service.lanes(threadCount: threads),
      maximumBodySize: Service.maximumBodySize,
      treatment: { service.treatment(of: $0) },
      replyingHandler: { service.answer($0, $1) }, refusal: { service.refuse($0) },
      settle: { service.settle() })
    try server.start()
    logger.notice("serving", metadata: ["threads": .stringConvertible(threads)])
    var signal: Int32?
    while signal == nil {
      signal = signals.wait(milliseconds: 200)
      service.maintain()
      LogOutput.standardError.flush()
    }
    let isComplete = server.stop(within: .milliseconds(900))
    // The start script waits 1.5 seconds for all of this.
    service.finish(within: 300)
    logger.notice("stopped", metadata: ["signal": "\(signal!)", "complete": "\(isComplete)"])
  }

  private var settings: ServiceSettings {
    get throws {
      var settings = ServiceSettings(models: models)
      settings.log = log.settings
      settings.answersWithoutLog = log.answerWithoutLog
      settings.temporaryFolder = files.temporaryFolder
      settings.tableAnswerLimit = files.tableAnswer << 20
      settings.auditLog = administration.auditLog
      settings.auditHeads = administration.auditHeads
      settings.passwords = administration.passwords
      settings.predictionsNeedAccess = administration.signInToPredict
      settings.keys = administration.keys
      settings.retraining = administration.retraining
      settings.counters = files.counters
      settings.interface = files.interface
      if let trustedKey { try settings.trust(keysOf: trustedKey) }
      return settings
    }
  }
}
