import NIOCore

/// Bounds on what one connection may send, and how slowly.
struct ConnectionLimits: Sendable {
    /// All header fields of one request together.
    var headerBytesMax = 32 << 10
    /// The longest that a connection may stay without a complete request head: a quiet one as well as one that
    /// sends its head in drops.
    var idle: TimeAmount = .seconds(60)
    /// From the head of a request to the end of its body.
    var receive: TimeAmount = .seconds(60)
    /// From the end of a response until the client has taken all of it.
    var send: TimeAmount = .seconds(60)
    /// Connections at once; more wait to be accepted.
    var connectionsMax = 1024

    /// The same with at most a quarter of the descriptors for the connections of all listeners together: runs, relayed
    /// connections and the database need the others, and fail when clients hold them.
    func fitting(openFiles: Int, listeners: Int) -> ConnectionLimits {
        var limits = self
        limits.connectionsMax = min(connectionsMax, max(16, openFiles / 4 / listeners))
        return limits
    }
}
