import ExecutionNode
import Fields
import MarketCore
import Sandbox

/// A skill that is ready to run here.
struct LocalSkill: Sendable {
    let manifest: SkillManifest
    let request: SkillRequest
    let limits: Limits
    let host: SandboxHost
    let secrets: [String: String]

    /// Runs one call, checked as the daemon checks it: the endpoint is declared, the payload fits its schema, the
    /// output is what the manifest says.
    ///
    /// - Throws: ``CommandFailure`` for a call that would be refused; every run that took place has a verdict.
    ///
    /// - Parameter observes: every system call and path is reported, too.
    func call(
        endpoint path: String, payload: JSONValue, observes: Bool
    ) async throws(CommandFailure) -> LocalRun {
        try await call(endpoint: path, payload: payload, observes: observes, leg: nil)
    }

    /// - Parameter leg: the workflow's step that it is, whose time may be shorter.
    func call(
        endpoint path: String, payload: JSONValue, observes: Bool, leg: WorkflowLeg?
    ) async throws(CommandFailure) -> LocalRun {
        let endpoint = try manifest.checkedEndpoint(path, payload)
        let context: JSONValue = [
            "skill": .string(manifest.name), "version": .string(manifest.version.description), "local": true,
        ]
        var run = request.run(endpoint: path, payload: payload.serialized(), context: context, secrets: secrets)
        run.limits = limits
        if let leg { run.limits.wallMilliseconds = leg.wallMilliseconds(own: limits.wallMilliseconds) }
        run.observes = observes
        let redaction = SecretRedaction(secrets.values)
        let outcome = redaction.apply(await host.run(run))
        let response = SkillResponse(outcome, manifest: manifest, endpoint: endpoint, units: manifest.pricing?.units)
            .redacted(by: redaction)
        return LocalRun(response: response, outcome: outcome)
    }
}

extension SkillManifest {
    /// The endpoint of a call that fits it.
    ///
    /// - Throws: ``CommandFailure`` when there is no such endpoint, or its schema refuses the payload.
    func checkedEndpoint(_ path: String, _ payload: JSONValue) throws(CommandFailure) -> Endpoint {
        guard let endpoint = endpoint(path) else {
            let paths = endpoints.map(\.path)
            let nearest = nearestName(to: path, in: paths).map { " Did you mean \"\($0)\"?" } ?? ""
            throw CommandFailure(
                .usage,
                "\(name) has no endpoint \(quoted(path)); it has "
                    + "\(paths.joined(separator: ", ")).\(nearest)")
        }
        let violations = endpoint.input?.validate(payload) ?? []
        guard violations.isEmpty else {
            let list = violations.map { "\($0.path.isEmpty ? "the payload" : $0.path): \($0.message)" }
            throw CommandFailure(
                .usage, "The payload is not what \(path) accepts: \(list.joined(separator: "; ")).")
        }
        return endpoint
    }
}
