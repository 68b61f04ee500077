import CLinux

/// The processors of the machine.
package enum Processor {
  /// The number of the one that runs this thread at the moment.
  @inlinable
  package static var current: Int { Int(sched_getcpu()) }
}
