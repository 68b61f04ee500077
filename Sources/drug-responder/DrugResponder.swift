import ArgumentParser
import DrugService
import FastCGI
import Glibc
import Logging

@main
struct DrugResponder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drug-responder",
    abstract: "Answers the REST requests of the drug classifier behind a web server.",
    discussion: """
      Serves FastCGI on --socket, or on a listening socket that a supervisor passes as descriptor 0. \
      Started as a CGI program, it answers that one request.
      """)

  @Option(help: ArgumentHelp("The folder of models.", valueName: "folder"))
  var models = "models"

  @Option(help: ArgumentHelp("The folder of temporary files.", valueName: "folder"))
  var temporaryFolder = "/tmp"

  @Option(help: ArgumentHelp("Make and listen on this unix socket.", valueName: "path"))
  var socket: String?

  @Option(help: ArgumentHelp("How many requests are answered at once.", valueName: "number"))
  var threads = 64

  @Option(
    help: ArgumentHelp(
      "How many connections the web server keeps open: its workers times `keepalive`.",
      valueName: "number"))
  var keptConnections = 32

  @OptionGroup(title: "Prediction log") var log: LogOptions

  /// Threads beyond the kept connections, for those that are not kept.
  static let headroom = 8

  func validate() throws {
    guard 1...4096 ~= threads else {
      throw ValidationError("--threads is a number of threads from 1 to 4096.")
    }
    guard 0...4096 ~= keptConnections else {
      throw ValidationError("--kept-connections is a number of connections from 0 to 4096.")
    }
    guard threads >= keptConnections + Self.headroom else {
      throw ValidationError(
        """
        \(threads) threads are too few for \(keptConnections) kept connections: each holds a thread, \
        idle or not. Give at least --threads \(keptConnections + Self.headroom).
        """)
    }
  }

  func run() throws {
    let logger = Logger(label: "drug-responder") { _ in JSONLogHandler() }
    defer { LogOutput.standardError.flush() }
    if socket == nil, CGI.isRequested {
      let service = Service(settings, logger: logger, output: .standardError)
      try CGI.answer(
        maximumBodySize: Service.maximumBodySize, streams: { Service.streams($0) }
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
    let service = Service(settings, logger: logger, output: .standardError)
    let server = Server(
      listener, threadCount: threads, maximumBodySize: Service.maximumBodySize,
      streams: { Service.streams($0) }, replyingHandler: { service.answer($0, $1) })
    try server.start()
    logger.notice("serving", metadata: ["threads": .stringConvertible(threads)])
    var signal: Int32?
    while signal == nil {
      signal = signals.wait(milliseconds: 200)
      service.maintain()
      LogOutput.standardError.flush()
    }
    let isComplete = server.stop(within: .milliseconds(900))
    logger.notice("stopped", metadata: ["signal": "\(signal!)", "complete": "\(isComplete)"])
  }

  private var settings: ServiceSettings {
    var settings = ServiceSettings(models: models)
    settings.log = log.settings
    settings.answersWithoutLog = log.answerWithoutLog
    settings.temporaryFolder = temporaryFolder
    return settings
  }
}
