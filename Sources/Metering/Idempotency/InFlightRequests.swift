/// The keyed requests that are being answered. A pure state machine.
struct InFlightRequests: Sendable {
    enum Entry: Hashable, Sendable {
        /// Nobody else answers it: the caller now does, until ``leave(_:)``.
        case entered
        case running
        /// The key is running with another body.
        case mismatch
    }

    private(set) var fingerprints: [IdempotencyScope: BodyHash] = [:]

    mutating func enter(_ request: IdempotentRequest) -> Entry {
        if let fingerprint = fingerprints[request.scope] {
            return fingerprint == request.fingerprint ? .running : .mismatch
        }
        fingerprints[request.scope] = request.fingerprint
        return .entered
    }

    mutating func leave(_ scope: IdempotencyScope) {
        fingerprints[scope] = nil
    }
}
