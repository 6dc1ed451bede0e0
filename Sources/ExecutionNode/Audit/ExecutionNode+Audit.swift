package import Fields
import LicenseCheck
public import MarketCore

extension ExecutionNode {
    /// Appends an act to the audit log; durable when it returns. Acts that are one write of the store go with it: see
    /// ``inStore(recording:if:_:)``.
    public func audit(_ act: AuditAct) async throws(NodeError) {
        try await inStore { () throws(StoreError) in try await store.append(act) }
    }

    /// The audit log, newest first.
    public func audit(_ query: AuditQuery) async throws(NodeError) -> Page<AuditEntry> {
        try await inStore { () throws(StoreError) in try await store.audit(query) }
    }

    /// Where the audit log ends; nil when nothing was ever appended.
    public func auditHead() async throws(NodeError) -> AuditHead? {
        try await inStore { () throws(StoreError) in try await store.auditHead() }
    }

    /// Does what writes once to the store, and appends the act in the same transaction.
    /// - Parameter condition: whether what the write gave makes it an act.
    func inStore<Value: Sendable>(
        recording act: AuditAct, if condition: @escaping @Sendable (any Sendable) -> Bool = { _ in true },
        _ work: () async throws(StoreError) -> Value
    ) async throws(NodeError) -> Value {
        try await inStore { () throws(StoreError) in try await store.recording(act, if: condition, work) }
    }

    /// Notes that the node signs with another key than when the log was last written.
    package func noteSigningKey() async throws(NodeError) {
        guard let former = try await auditHead()?.keyID, former != signing.current.keyID else { return }
        try await audit(
            AuditAct(
                .system, .signingKeyChanged, .node,
                ["former": .string(former), "current": .string(signing.current.keyID)]))
    }
}

extension AuditEntry {
    package var json: JSONValue {
        [
            "number": .number(number), "time": .string(time.description),
            "actor": ["kind": .string(actor.kind), "id": .optional(actor.agentID?.description)],
            "action": .string(action.rawValue),
            "subject": ["kind": .string(subject.kind), "id": .string(subject.id)], "detail": detail,
            "previousHash": .string(previous.hexadecimal), "hash": .string(hash.hexadecimal),
        ]
    }
}

extension AuditHead {
    package var json: JSONValue {
        [
            "number": .number(number), "hash": .string(hash.hexadecimal), "keyId": .string(keyID),
            "signature": .string(Base64URL.encode(signature)),
        ]
    }
}
