// The system's C library, imported here alone: every other file imports POSIX.

#if canImport(Darwin)
  @_exported public import Darwin
#elseif canImport(Musl)
  @_exported public import Musl
#elseif canImport(Glibc)
  @_exported public import Glibc
#else
  #error("no C library is known for this system")
#endif
