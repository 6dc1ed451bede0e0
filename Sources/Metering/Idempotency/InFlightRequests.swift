/// The keyed requests that are being answered. A pure state machine.
struct InFlightRequests: Sendable {
    enum Entry: Hashable, Sendable {
        /// Nobody else answers it: the caller now does, until ``leave(_:)``.
        case entered
        case running
        /// The key is running with another body.
        case mismatch
    }

    private(set) var requests: [IdempotencyScope: (fingerprint: BodyHash, holders: Int)] = [:]

    mutating func enter(_ request: IdempotentRequest) -> Entry {
        if let known = requests[request.scope] {
            return known.fingerprint == request.fingerprint ? .running : .mismatch
        }
        requests[request.scope] = (request.fingerprint, 1)
        return .entered
    }

    /// One ``leave(_:)`` more is needed before the request may be entered again.
    mutating func retain(_ scope: IdempotencyScope) {
        requests[scope]?.holders += 1
    }

    mutating func leave(_ scope: IdempotencyScope) {
        guard let known = requests[scope] else { return }
        requests[scope] = known.holders > 1 ? (known.fingerprint, known.holders - 1) : nil
    }
}
