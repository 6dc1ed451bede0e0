import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How much room the file system of a directory has, looked up once a second at most.
final class FreeSpace: Sendable {
    private static let age = Duration.seconds(1)

    private let directory: String
    private let known = Mutex<(bytes: Int64?, at: ContinuousClock.Instant)?>(nil)

    init(directory: String) {
        self.directory = directory
    }

    /// Bytes that a process without privileges may still write; nil when the system does not say.
    func freeBytes(now: ContinuousClock.Instant = .now) -> Int64? {
        if let known = known.withLock({ $0 }), known.at.duration(to: now) < Self.age { return known.bytes }
        var answer = statvfs()
        var bytes: Int64?
        if statvfs(directory, &answer) == 0 {
            let (product, overflow) = UInt64(answer.f_bavail).multipliedReportingOverflow(by: UInt64(answer.f_frsize))
            bytes = overflow ? .max : Int64(clamping: product)
        }
        known.withLock { [bytes] known in known = (bytes, now) }
        return bytes
    }
}
