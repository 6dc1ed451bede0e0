package import Fields
public import MarketCore
package import Metering

/// How far a call has come.
enum RunStage {
    /// Its amount and use are reserved and written down: from now on it has a record, or is known not to have run.
    case held(SkillUsage.ID)
    /// It waits no longer.
    case begun
}

/// What is answered to a call that need not be waited for.
public enum LaterReply: Sendable {
    /// It will run; this is its execution.
    case taken(SkillUsage.ID)
    /// It was answered before it was taken, such as from the store.
    case answered(ExecuteReply)
}

/// What is known of a run that was answered 202 and is not booked.
package enum LaterProgress {
    /// It has its hold and waits for a place.
    case queued
    case running
    /// It was not run, and nothing was booked.
    case refused(NodeError)
}

extension ExecutionNode {
    /// As ``execute(_:)``, but returns once the call has its hold; what refuses it before that is thrown here. A call without an
    /// idempotency key gets one, so that its answer is kept as others are.
    ///
    /// Cancelling the task before this returns ends the run; later only ``cancel(_:by:)`` and ``stop()`` do.
    /// - Throws: ``NodeError`` as ``execute(_:)`` does, and 429 `too_many_later_runs`.
    public func executeLater(_ request: ExecuteRequest) async throws(NodeError) -> LaterReply {
        var request = request
        request.idempotencyKey = request.idempotencyKey ?? "later-\(SkillUsage.ID.new())"
        let ticket = try later.enter(request.caller)
        let (answers, continuation) = AsyncStream<Result<LaterReply, NodeError>>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        request.observer = { [later = self.later] stage in
            later.note(stage, of: ticket)
            if case .held(let id) = stage { continuation.yield(.success(.taken(id))) }
        }
        let call = request
        let task = Task {
            do throws(NodeError) {
                let reply = try await self.execute(call)
                self.later.end(ticket, nil)
                continuation.yield(.success(.answered(reply)))
            } catch {
                self.later.end(ticket, error)
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        later.keep(task, for: ticket)
        for await answer in answers { return try answer.get() }
        task.cancel()
        throw NodeError(
            status: 503, code: "cancelled", detail: "The call was cancelled before it was taken.", retryable: true)
    }

    /// What a run is doing that was answered 202; nil when it is booked, or unknown.
    package func laterProgress(of id: String, for agent: Agent.ID) -> LaterProgress? {
        SkillUsage.ID(id).flatMap { later.progress(of: $0, for: agent) }
    }

    /// Wakes `continuation` whenever ``laterProgress(of:for:)`` has something new to say, until that ends.
    package func watchLater(_ id: String, _ continuation: AsyncStream<Void>.Continuation) {
        if let id = SkillUsage.ID(id) { later.watch(id, continuation) }
    }

    /// Ends a run that was answered 202, and returns when it is booked.
    /// - Throws: ``NodeError`` 404 when there is no such run of the agent, 409 when it has ended.
    public func cancel(_ id: String, by agent: Agent.ID) async throws(NodeError) {
        guard let run = SkillUsage.ID(id) else { throw .notFound("execution", id) }
        guard let task = later.task(of: run, for: agent) else {
            // Others are not told that there is one.
            if later.progress(of: run, for: agent) == nil { _ = try await execution(id, reader: agent) }
            throw NodeError(
                status: 409, code: "execution_ended",
                detail: "The run has ended; GET /api/v1/executions/\(id) shows how.")
        }
        task.cancel()
        await task.value
    }

    /// The result of a run, for its caller, as long as the answer is kept; nil without one.
    package func keptResult(of execution: StoredExecution, report: JSONValue) async throws(NodeError) -> JSONValue? {
        guard let text = report["idempotencyKey"]?.string, let key = IdempotencyKey(stored: text) else { return nil }
        let scope = IdempotencyScope(
            agentID: execution.usage.agentID, route: Self.executeRoute(of: execution.usage.skillID), key: key)
        let outcome = try await inStore { () throws(StoreError) in try await store.outcome(for: scope) }?.outcome
        guard let outcome, outcome.status == 200,
            let answer = try? JSONValue(parsing: outcome.body, limits: JSONLimits(depthMax: 512, bytesMax: .max))
        else { return nil }
        // The key may have been used for another run since.
        return answer["usage"]?["id"]?.string == execution.usage.id.description ? answer["result"] : nil
    }
}
