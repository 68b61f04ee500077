import CLinux
package import POSIX

/// A program that runs beside the service at a low priority and ends with the thread that started it.
package struct ChildProcess {
  package let id: Int32
  /// What it prints, to be read without waiting.
  package let output: FileDescriptor
  /// What it complains of, to be read without waiting.
  package let errors: FileDescriptor

  /// SCHED_BATCH, which glibc declares for GNU programs alone.
  private static let batchPolicy: Int32 = 3

  /// Starts a program.
  ///
  /// It inherits nothing but its streams and the lock: libfcgi's connections, for one, would stay
  /// open as long as it runs. `setpriv` lets the system end it when this thread ends, however that
  /// comes about.
  ///
  /// - Parameter lock: a file that the program keeps open as number 3.
  package init(_ command: [String], lock: FileDescriptor) throws(SystemError) {
    let output = try Pipe()
    let errors: Pipe
    do throws(SystemError) {
      errors = try Pipe()
    } catch {
      output.read.close()
      output.write.close()
      throw error
    }
    defer {
      output.write.close()
      errors.write.close()
    }
    do throws(SystemError) {
      id = try Self.spawn(
        ["setpriv", "--pdeathsig", "KILL", "--"] + command,
        [output.write.number, errors.write.number, lock.number])
    } catch {
      output.read.close()
      errors.read.close()
      throw error
    }
    // Predictions go first; a system that refuses this runs it as it does anything else.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(id), 19)
    var priority = sched_param(sched_priority: 0)
    sched_setscheduler(id, Self.batchPolicy, &priority)
    self.output = output.read
    self.errors = errors.read
  }

  /// - Parameter inherited: the descriptors that the program has as numbers 1 and up.
  private static func spawn(
    _ command: [String], _ inherited: [Int32]
  ) throws(SystemError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (place, number) in inherited.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, number, Int32(place + 1))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, Int32(inherited.count + 1))

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = SignalSet().value
    posix_spawnattr_setsigmask(&attributes, &none)
    // What the service ignores or leaves to one thread ends a program as usual.
    var usual = SignalSet([SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]).value
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let arguments = command.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var id = pid_t()
    let failure = posix_spawnp(&id, command[0], &actions, &attributes, arguments, environ)
    guard failure == 0 else { throw SystemError("posix_spawn", command[0], code: failure) }
    return id
  }

  /// Sends a signal to the program and to whatever it has started.
  package func send(_ signal: Int32) { kill(-id, signal) }

  /// How the program has ended; nil while it runs.
  package func status() -> Status? {
    var status: Int32 = 0
    guard waitpid(id, &status, WNOHANG) == id else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
  }

  package enum Status {
    case exit(Int32)
    case signal(Int32)
  }

  /// Waits until the program prints or complains, but no longer than a time.
  ///
  /// - Returns: whether it did, or has ended.
  package func waitForOutput(milliseconds: Int32) -> Bool {
    var descriptors = [output, errors].map {
      pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0)
    }
    return poll(&descriptors, 2, milliseconds) > 0
  }

  /// Gives the descriptors back.
  package func closeStreams() {
    output.close()
    errors.close()
  }
}

/// A pipe that is read without waiting.
private struct Pipe {
  let read: FileDescriptor
  let write: FileDescriptor

  init() throws(SystemError) {
    var ends: [Int32] = [0, 0]
    try systemCall("pipe", "a program's output") { pipe(&ends) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    read = FileDescriptor(ends[0], name: "a program's output")
    write = FileDescriptor(ends[1], name: "a program's output")
  }
}
