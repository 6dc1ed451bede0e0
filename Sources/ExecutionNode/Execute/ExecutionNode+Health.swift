import Fields
import MarketCore

extension ExecutionNode {
    /// Refuses calls that the node could not carry through: `/readyz` asks the same.
    /// - Throws: ``NodeError`` 503 `store_unavailable`, `storage_low` or `overloaded`.
    package func requireHealth() throws(NodeError) {
        try requireBookable()
        try requireSpace()
        try requireMemory()
    }

    /// Bytes of the data directory's file system that may still be written; nil when the system does not say.
    package var freeBytes: Int64? { space.freeBytes() }

    /// Refuses to run anything new while what has run cannot be booked.
    /// - Throws: ``NodeError`` 503 `store_unavailable`.
    package func requireBookable() throws(NodeError) {
        let pace = configuration.bookingPace
        let (count, oldest) = unbooked.state
        guard count > 0 else { return }
        let age = oldest?.duration(to: .now) ?? .zero
        guard age >= pace.unbookedAgeMax || count >= pace.unbookedMax else { return }
        throw NodeError(
            status: 503, code: "store_unavailable",
            detail: "\(count) ended \(count == 1 ? "run is" : "runs are") not booked, the oldest for "
                + "\(age.components.seconds) s, so nothing new is run; check the log and the disk of the data directory.",
            retryable: true, retryAfterSeconds: pace.retryAfterSeconds)
    }

    /// Refuses what adds to the data directory when its disk is nearly full: what goes on must still be booked.
    /// - Throws: ``NodeError`` 503 `storage_low`.
    func requireSpace() throws(NodeError) {
        let least = configuration.freeBytesMin
        guard least > 0, let free = space.freeBytes(), free < least else { return }
        throw NodeError(
            status: 503, code: "storage_low",
            detail: "The disk of the data directory has \(free) bytes left, and \(least) are kept free for what is "
                + "running. The operator must make room there or lower limits.freeBytes.",
            retryable: true, retryAfterSeconds: 60,
            fields: ["freeBytes": .number(free), "freeBytesMin": .number(least)])
    }
}
