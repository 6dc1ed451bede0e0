import Fields
import MarketCore

extension ExecutionNode {
    /// Waits for a turn to run something, to be given back by `slots.release`; none is taken when this throws.
    /// - Parameter secondsMax: the longest that the caller wants to wait; nil as long as the node allows.
    /// - Throws: ``NodeError`` 503 `overloaded` or `cancelled`.
    func awaitTurn(_ agent: Agent.ID, secondsMax: Int64? = nil) async throws(NodeError) {
        try requireMemory()
        let longest = configuration.waitSecondsMax
        try await slots.acquire(for: agent, secondsMax: min(secondsMax ?? longest, longest))
        do throws(NodeError) { try requireMemory() } catch {
            slots.release(agent)
            throw error
        }
    }

    /// Refuses to run anything new while the host is short of memory: each run would take it from those that go on.
    /// - Throws: ``NodeError`` 503 `overloaded`.
    func requireMemory() throws(NodeError) {
        guard memory.isShort(reading: configuration.memoryIsShort) else { return }
        throw .overloaded(
            "memory", "This host is short of memory, so nothing new is run; what runs goes on. Try again shortly.",
            retryAfterSeconds: 5)
    }
}

extension NodeError {
    /// 503.
    /// - Parameter reason: stable and short, for programs.
    static func overloaded(_ reason: String, _ detail: String, retryAfterSeconds: Int64 = 1) -> NodeError {
        NodeError(
            status: 503, code: "overloaded", detail: detail, retryable: true, retryAfterSeconds: retryAfterSeconds,
            fields: ["reason": .string(reason)])
    }
}
