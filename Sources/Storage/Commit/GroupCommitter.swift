import CLinux
import Dispatch
import GRDB
import MarketCore
import Synchronization

/// Commits writes of many callers together: whatever was queued while the last group was being synced becomes the next
/// group, in one transaction with one sync. Each write still fails alone.
final class GroupCommitter: Sendable {
    /// One write of one caller. Exactly one of its two ends is called.
    struct Job: Sendable {
        /// Does the write and returns what to do once it is durable. It may be run again when its group is.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (StoreError) -> Void
    }

    private struct State {
        var queue: [Job] = []
        var draining = false
        var closed = false
        /// Resumed when nothing is queued or running any more.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Writes that share one transaction at most, so that the first of them does not wait long.
    static let groupMax = 512

    private let pool: DatabasePool
    private let queuedWritesMax: Int
    private let state = Mutex(State())
    /// What the settles of the transaction that is open add to the sums of usage; touched by ``worker`` alone.
    let tally = UsageTally()
    private let worker = DispatchQueue(label: "clawrunner.store.commit", qos: .userInitiated)

    init(pool: DatabasePool, queuedWritesMax: Int) {
        self.pool = pool
        self.queuedWritesMax = queuedWritesMax
    }

    /// Queues a write and waits until it is durable. The task's cancellation does not reach it.
    ///
    /// - Parameters:
    ///   - always: queue it even when the queue is full; for records of what has happened already.
    ///   - isRead: it changes nothing, so that an act that is to be recorded with a write waits for the next.
    ///   - onCommit: called when it is durable, in the order of the writes.
    func write<Value: Sendable>(
        always: Bool = false, isRead: Bool = false, _ body: @escaping @Sendable (Database) throws -> Value,
        onCommit: @escaping @Sendable (Value) -> Void = { _ in }
    ) async throws(StoreError) -> Value {
        let note = isRead ? nil : AuditNote.current?.take()
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let job = Job(
                run: { db in
                    let value = try body(db)
                    try note?.append(db, value)
                    return {
                        onCommit(value)
                        continuation.resume(returning: .success(value))
                    }
                },
                fail: { continuation.resume(returning: .failure($0)) })
            if let refusal = enqueue(job, always: always) { job.fail(refusal) }
        }
        return try result.get()
    }

    /// Refuses further writes and returns when the queued ones are done.
    func close() async {
        await withCheckedContinuation { continuation in
            let idle = state.withLock { state in
                state.closed = true
                if state.draining { state.waiting.append(continuation) }
                return !state.draining
            }
            if idle { continuation.resume() }
        }
    }

    private func enqueue(_ job: Job, always: Bool) -> StoreError? {
        let (refusal, start): (StoreError?, Bool) = state.withLock { state in
            guard !state.closed else { return (.unavailable("the store is closed"), false) }
            guard always || state.queue.count < queuedWritesMax else {
                return (.unavailable("\(queuedWritesMax) writes are waiting for the disk already"), false)
            }
            state.queue.append(job)
            defer { state.draining = true }
            return (nil, !state.draining)
        }
        if start { worker.async { self.drain() } }
        return refusal
    }

    private func drain() {
        while let group = nextGroup() { commit(group) }
    }

    private func nextGroup() -> [Job]? {
        let (group, waiting): ([Job]?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
            guard !state.queue.isEmpty else {
                state.draining = false
                defer { state.waiting = [] }
                return (nil, state.waiting)
            }
            let group = Array(state.queue.prefix(Self.groupMax))
            state.queue.removeFirst(group.count)
            return (group, [])
        }
        for continuation in waiting { continuation.resume() }
        return group
    }

    private func commit(_ group: [Job]) {
        let outcomes: [Outcome]
        do {
            outcomes = try pool.writeWithoutTransaction { db in
                // Savepoints cost, and writes that fail are rare: only a group with one is run again with them.
                do {
                    return try transaction(in: db) { try group.map { try Self.run($0, in: db) } }
                } catch is OneFailed {
                    return try transaction(in: db) { try group.map { try runApart($0, in: db) } }
                }
            }
        } catch {
            // Nothing of the group is stored.
            let refusal = StoreError(describing: error)
            for job in group { job.fail(refusal) }
            return
        }
        // What waited for a write may go on here.
        _ = clw_lend_thread(Int32(CLW_LEND_ALWAYS))
        defer { _ = clw_lend_thread(Int32(CLW_LEND_NONE)) }
        for (job, outcome) in zip(group, outcomes) {
            switch outcome {
            case .success(let finish): finish()
            case .failure(let error): job.fail(error)
            }
        }
    }

    private typealias Outcome = Result<@Sendable () -> Void, StoreError>
    private struct OneFailed: Error {}

    private static func run(_ job: Job, in db: Database) throws -> Outcome {
        do {
            return .success(try job.run(db))
        } catch {
            throw OneFailed()
        }
    }

    private func runApart(_ job: Job, in db: Database) throws -> Outcome {
        let outcome: Outcome
        let sums = tally.sums
        try db.cachedStatement(sql: "SAVEPOINT one_write").execute()
        do {
            outcome = .success(try job.run(db))
        } catch {
            // A full disk and the like end the whole transaction.
            guard db.isInsideTransaction else { throw error }
            try db.cachedStatement(sql: "ROLLBACK TO one_write").execute()
            tally.sums = sums
            outcome = .failure(StoreError(describing: error))
        }
        try db.cachedStatement(sql: "RELEASE one_write").execute()
        return outcome
    }

    /// Commits what `body` did, or rolls it back when anything throws.
    private func transaction<Value>(in db: Database, _ body: () throws -> Value) throws -> Value {
        do {
            tally.sums = [:]
            // As GRDB's own functions, but prepared once.
            try db.cachedStatement(sql: "BEGIN IMMEDIATE TRANSACTION").execute()
            let value = try body()
            try tally.flush(in: db)
            try db.cachedStatement(sql: "COMMIT TRANSACTION").execute()
            return value
        } catch {
            if db.isInsideTransaction { try db.rollback() }
            throw error
        }
    }
}
