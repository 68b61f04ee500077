import POSIX
import TestSupport
import Testing

@testable import FastCGI

@Suite struct ListenerTests {
  @Test func theSocketIsOpenToItsUserAndGroupAlone() throws {
    try withTemporaryFolder { folder in
      let listener = try Listener(path: "\(folder)/socket")
      var status = stat()
      #expect(lstat("\(folder)/socket", &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFSOCK)
      #expect(status.st_mode & 0o7777 == 0o660)
      _ = consume listener
    }
  }

  @Test func theSocketGoesWithItsListener() throws {
    try withTemporaryFolder { folder in
      var listener: Listener? = try Listener(path: "\(folder)/socket")
      #expect(listener != nil && access("\(folder)/socket", F_OK) == 0)
      listener = nil
      #expect(access("\(folder)/socket", F_OK) != 0)
    }
  }

  @Test func aSocketThatNobodyListensOnIsReplaced() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/socket"
      // What a process leaves behind that was killed: the name of a socket that is closed.
      var listener: Listener? = try Listener(path: "\(folder)/first")
      try #require(link("\(folder)/first", path) == 0 && listener != nil)
      listener = nil
      let successor = try Listener(path: path)
      _ = try FastCGIClient(path)
      _ = consume successor
    }
  }

  @Test func aSocketInUseIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/socket"
      let first = try Listener(path: path)
      #expect { try Listener(path: path) } throws: {
        "\($0)" == "bind \(path): another process listens on it"
      }
      _ = try FastCGIClient(path)
      _ = consume first
    }
  }

  @Test func aSocketInUseIsLeftAloneWhileItsQueueIsFull() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/socket"
      let first = try Listener(path: path)
      try #require(listen(first.descriptor, 0) == 0)
      var waiting: [FastCGIClient] = []
      while let client = try? FastCGIClient(path, waits: false) { waiting.append(client) }
      #expect { try Listener(path: path) } throws: {
        "\($0)" == "bind \(path): another process listens on it"
      }
      #expect(!waiting.isEmpty)
    }
  }

  @Test func aFileInThePlaceOfTheSocketIsLeftAlone() throws {
    try withTemporaryFolder { folder in
      let path = try write("precious".utf8, to: "\(folder)/socket")
      #expect { try Listener(path: path) } throws: {
        "\($0)" == "bind \(path): it exists and is not a socket"
      }
      #expect(access(path, F_OK) == 0)
    }
  }

  @Test func aFolderThatIsMissingIsNamed() {
    #expect { try Listener(path: "/nowhere/socket") } throws: {
      "\($0)" == "bind /nowhere/socket: No such file or directory"
    }
  }

  @Test func aPathThatIsTooLongIsRefused() {
    let path = "/tmp/" + String(repeating: "a", count: 103)
    #expect { try Listener(path: path) } throws: {
      "\($0)".hasSuffix("has more than 107 bytes")
    }
  }

  @Test func aBurstOfConnectionsWaitsInTheQueue() throws {
    try withTemporaryFolder { folder in
      let listener = try Listener(path: "\(folder)/socket")
      // Beyond the usual 128; a connection that finds no place is refused at once.
      let clients = try (0..<600).map { _ in
        try FastCGIClient("\(folder)/socket", waits: false)
      }
      #expect(clients.count == 600)
      _ = consume listener
    }
  }

  @Test func onlyAListeningUnixSocketIsTakenOver() throws {
    try withTemporaryFolder { folder in
      let listener = try Listener(path: "\(folder)/socket")
      #expect(Listener(inherited: dup(listener.descriptor)) != nil)

      let file = open("/dev/null", O_RDONLY)
      #expect(Listener(inherited: file) == nil)
      close(file)

      let idle = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      #expect(Listener(inherited: idle) == nil)
      close(idle)

      let network = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      try #require(listen(network, 1) == 0)
      #expect(Listener(inherited: network) == nil)
      close(network)
    }
  }
}
