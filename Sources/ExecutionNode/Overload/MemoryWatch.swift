import Synchronization

/// Whether this host is short of memory, looked up once a second at most.
final class MemoryWatch: Sendable {
    private static let age = Duration.seconds(1)

    private let known = Mutex<(isShort: Bool, at: ContinuousClock.Instant?)>((false, nil))

    /// - Parameter reading: asked by one caller at a time; the others go by what it said last.
    func isShort(now: ContinuousClock.Instant = .now, reading: () -> Bool) -> Bool {
        let isDue = known.withLock { known in
            if let at = known.at, at.duration(to: now) < Self.age { return false }
            known.at = now
            return true
        }
        if isDue {
            let isShort = reading()
            known.withLock { $0.isShort = isShort }
        }
        return known.withLock { $0.isShort }
    }
}
