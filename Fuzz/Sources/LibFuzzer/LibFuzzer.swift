import CLibFuzzer
import Glibc

/// Gives inputs to `run` as the program's arguments say, until one ends the program or they have all
/// been tried.
public func fuzz(_ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> Never {
  var count = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  exit(LLVMFuzzerRunDriver(&count, &arguments, run))
}

/// Changes an input at random, in place.
///
/// - Returns: its new length, at most `maximum`.
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int) -> Int {
  LLVMFuzzerMutate(data, size, maximum)
}
