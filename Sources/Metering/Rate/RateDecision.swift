/// Whether a call may pass, and what to say in the `RateLimit` headers.
public struct RateDecision: Hashable, Sendable {
    public let limit: RateLimit
    public let allowed: Bool
    /// Calls that would pass right now.
    public let remaining: Int64
    /// Seconds until the whole burst is available again, rounded up.
    public let resetSeconds: Int64
    /// Seconds after which a refused call would pass, rounded up, at least 1; zero for an allowed one.
    public let retryAfterSeconds: Int64

    public init(limit: RateLimit, allowed: Bool, remaining: Int64, resetSeconds: Int64, retryAfterSeconds: Int64) {
        self.limit = limit
        self.allowed = allowed
        self.remaining = remaining
        self.resetSeconds = resetSeconds
        self.retryAfterSeconds = retryAfterSeconds
    }
}
