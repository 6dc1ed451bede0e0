import SandboxProtocol
import Testing

@testable import Sandbox

/// One attempt to get out or to reach more than a skill needs, and the promise that it fails.
struct Attempt: Sendable, CustomTestStringConvertible {
    /// Of the promise in docs/threat-model.md.
    let id: String
    /// The promise: what the program cannot do, or has.
    let what: String
    let probe: [String]
    /// What a refusal prints; more than one where kernels differ.
    let refusals: [String]
    /// What it may print, too, where pid 1 and the program share one host id: pid 1 of a namespace takes no signal from
    /// inside it, but the kernel does not say so.
    var sharedID: [String] = []

    var testDescription: String { "\(id): \(what)" }

    init(_ id: String, _ what: String, _ probe: [String], _ refusals: String..., sharedID: [String] = []) {
        self.id = id
        self.what = what
        self.probe = probe
        self.refusals = refusals
        self.sharedID = sharedID
    }

    func check(_ host: SandboxHost) async throws {
        let request = RunRequest(
            profile: try Harness.profile(), skillDirectory: try Harness.skill, arguments: ["probe"] + probe)
        let outcome = await Harness.run(request, on: host)
        #expect(outcome.verdict.kind == .ok, "\(id): \(outcome.summary)")
        let accepted = refusals + (host.hostReport.degraded.contains(.identity) ? sharedID : [])
        #expect(accepted.contains(outcome.text), "\(id): \(outcome.summary)")
    }
}

/// Says which promise of docs/threat-model.md a test keeps.
struct PromiseTrait: TestTrait, SuiteTrait {
    let id: String
}

extension Trait where Self == PromiseTrait {
    static func promise(_ id: String) -> PromiseTrait { PromiseTrait(id: id) }
}

/// Every attempt, family by family.
enum Attempts {
    static let all = files + processes + namespaces + kernel + network + resources
}
