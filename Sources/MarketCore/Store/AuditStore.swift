/// Where the audit log is kept: entries are added, and never changed or removed.
public protocol AuditStore: Sendable {
    /// Appends an act; durable when it returns.
    func append(_ act: AuditAct) async throws(StoreError)

    /// Does `work`, and appends the act in the transaction of the first write that it asks for: both are durable, or
    /// neither is. Work that writes nothing appends nothing.
    /// - Parameter condition: whether what the write gave makes it an act, such as that a key was made and the agent
    ///   did not have too many.
    func recording<Value: Sendable>(
        _ act: AuditAct, if condition: @escaping @Sendable (any Sendable) -> Bool,
        _ work: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value

    /// The log, newest first.
    func audit(_ query: AuditQuery) async throws(StoreError) -> Page<AuditEntry>

    /// Where the log ends; nil when nothing was ever appended.
    func auditHead() async throws(StoreError) -> AuditHead?
}

/// Which part of the audit log is wanted.
public struct AuditQuery: Hashable, Sendable {
    /// `operator`, `system`, or an agent's identifier.
    public var actor: String?
    /// A whole action, or the part before its dot.
    public var action: String?
    public var subjectKind: String?
    public var subjectID: String?
    /// The first moment that is included.
    public var from: Timestamp?
    /// The first moment that is no longer included.
    public var to: Timestamp?
    public var page: PageRequest

    public init(
        actor: String? = nil, action: String? = nil, subjectKind: String? = nil, subjectID: String? = nil,
        from: Timestamp? = nil, to: Timestamp? = nil, page: PageRequest = PageRequest()
    ) {
        self.actor = actor
        self.action = action
        self.subjectKind = subjectKind
        self.subjectID = subjectID
        self.from = from
        self.to = to
        self.page = page
    }
}

/// What a check of the audit log found.
public struct AuditCheck: Hashable, Sendable {
    /// Entries that were read.
    public let entries: Int64
    public let head: AuditHead?
    /// What is wrong first; nil when the log is whole.
    public let fault: Fault?

    public struct Fault: Hashable, Sendable {
        /// The first entry that is not what it was; nil when it is the end of the log.
        public let number: Int64?
        public let detail: String

        public init(number: Int64?, detail: String) {
            self.number = number
            self.detail = detail
        }
    }

    public init(entries: Int64, head: AuditHead?, fault: Fault?) {
        self.entries = entries
        self.head = head
        self.fault = fault
    }

    public var isSound: Bool { fault == nil }
}
