import CSpawn
import Glibc
import RandomForest

/// A program that runs beside the service at a low priority and ends with the thread that started it.
struct ChildProcess {
  let id: pid_t
  /// What it prints, to be read without waiting.
  let output: Int32
  /// What it complains of, to be read without waiting.
  let errors: Int32

  /// SCHED_BATCH, which glibc declares for GNU programs alone.
  private static let batchPolicy: Int32 = 3

  /// Starts a program.
  ///
  /// It inherits nothing but its streams and the lock: libfcgi's connections, for one, would stay
  /// open as long as it runs. `setpriv` lets the system end it when this thread ends, however that
  /// comes about.
  ///
  /// - Parameter lock: a descriptor that the program keeps open as number 3.
  init(_ command: [String], lock: Int32) throws(SystemError) {
    let output = try Self.pipe()
    let errors: (read: Int32, write: Int32)
    do throws(SystemError) {
      errors = try Self.pipe()
    } catch {
      close(output.read)
      close(output.write)
      throw error
    }
    defer {
      close(output.write)
      close(errors.write)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.write, STDERR_FILENO)
    posix_spawn_file_actions_adddup2(&actions, lock, 3)
    posix_spawn_file_actions_addclosefrom_np(&actions, 4)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // What the service ignores or leaves to one thread ends a program as usual.
    var usual = sigset_t()
    sigemptyset(&usual)
    for signal in [SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] {
      sigaddset(&usual, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let whole = ["setpriv", "--pdeathsig", "KILL", "--"] + command
    let arguments = whole.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var id = pid_t()
    let failure = posix_spawnp(&id, whole[0], &actions, &attributes, arguments, environ)
    guard failure == 0 else {
      close(output.read)
      close(errors.read)
      errno = failure
      throw SystemError("posix_spawn", whole[0])
    }
    // Predictions go first; a system that refuses this runs it as it does anything else.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(id), 19)
    var priority = sched_param(sched_priority: 0)
    sched_setscheduler(id, Self.batchPolicy, &priority)
    self.id = id
    self.output = output.read
    self.errors = errors.read
  }

  /// Sends a signal to the program and to whatever it has started.
  func send(_ signal: Int32) { kill(-id, signal) }

  /// How the program has ended; nil while it runs.
  func status() -> Status? {
    var status: Int32 = 0
    guard waitpid(id, &status, WNOHANG) == id else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
  }

  enum Status {
    case exit(Int32)
    case signal(Int32)
  }

  /// Gives the descriptors back.
  func closeStreams() {
    close(output)
    close(errors)
  }

  private static func pipe() throws(SystemError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw SystemError("pipe", "") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (ends[0], ends[1])
  }
}
