import FastCGI
import POSIX
import Synchronization

/// A handler that counts and, on /slow, waits to be let go.
final class Gate: Sendable {
  let entered = Atomic(0)
  let isOpen = Atomic(false)

  var handler: Handler {
    { request in
      if request.parameter("PATH_INFO") == "/slow" {
        self.entered.add(1, ordering: .releasing)
        while !self.isOpen.load(ordering: .acquiring) { usleep(1000) }
      }
      return echo(request)
    }
  }

  func waitUntilEntered(by count: Int) {
    while entered.load(ordering: .acquiring) < count { usleep(1000) }
  }
}
