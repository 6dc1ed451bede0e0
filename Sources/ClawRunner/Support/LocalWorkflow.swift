import ExecutionNode
import Fields
import Foundation
import MarketCore
import Sandbox

/// What can be run here: a skill's program, or a workflow with the folders of the skills that it calls.
protocol LocalCallable: Sendable {
    /// Runs one call, checked as the daemon checks it.
    /// - Throws: ``CommandFailure`` for a call that would be refused; every run that took place has a verdict.
    func call(endpoint: String, payload: JSONValue, observes: Bool) async throws(CommandFailure) -> LocalRun
}

extension LocalSkill: LocalCallable {}

/// A workflow whose skills are folders here. Nobody is charged, and a step is not run again.
struct LocalWorkflow: LocalCallable {
    let manifest: SkillManifest
    let workflow: Workflow
    /// By name.
    private let skills: [String: LocalSkill]

    /// - Parameters:
    ///   - directory: has the folder of each skill under its name; nil for the one around the workflow's.
    ///   - files: where the packages are written.
    init(
        _ folder: SkillFolder, _ workflow: Workflow, skills directory: String?, _ sandbox: LocalSandbox,
        _ files: TemporaryDirectory
    ) throws(CommandFailure) {
        manifest = folder.manifest
        self.workflow = workflow
        let around = directory.map(InstalledPaths.absolute) ?? (folder.path as NSString).deletingLastPathComponent
        var skills: [String: LocalSkill] = [:]
        for step in workflow.steps {
            for target in [step.target, step.fallback].compactMap({ $0 }) where skills[target.skill] == nil {
                let path = "\(around)/\(target.skill)"
                guard FileManager.default.fileExists(atPath: path) else {
                    throw CommandFailure(
                        .usage, "The step \(step.id) calls \(target.skill), but there is no folder \(path).",
                        hint: "Without a market, a workflow's skills are taken from folders: --skills DIR.")
                }
                let skill = try SkillFolder(path)
                guard skill.manifest.workflow == nil else {
                    throw CommandFailure(.usage, "\(path) is a workflow, and a workflow calls none.")
                }
                let copy = "\(files.path)/skill-\(target.skill)"
                try skill.write(to: copy)
                skills[target.skill] = try sandbox.prepare(skill, directory: copy)
            }
        }
        self.skills = skills
        for step in workflow.steps {
            for target in [step.target, step.fallback].compactMap({ $0 }) { try check(target, step) }
        }
    }

    private func check(_ target: WorkflowStep.Target, _ step: WorkflowStep) throws(CommandFailure) {
        guard let manifest = skills[target.skill]?.manifest else { return }
        guard manifest.name == target.skill, target.version.accepts(manifest.version) else {
            throw CommandFailure(
                .usage,
                "The step \(step.id) calls \(target.skill) \(target.version), but the folder has \(manifest.name) "
                    + "\(manifest.version).")
        }
        guard manifest.endpoint(target.endpoint) != nil else {
            throw CommandFailure(
                .usage, "The step \(step.id) calls \(target.endpoint), which \(target.skill) does not have.")
        }
    }

    func call(endpoint path: String, payload: JSONValue, observes: Bool) async throws(CommandFailure) -> LocalRun {
        let endpoint = try manifest.checkedEndpoint(path, payload)
        let end = await WorkflowEngine(workflow, input: payload).run { leg in
            guard let skill = skills[leg.target.skill] else {
                return WorkflowLegEnd(verdict: Self.refusal("no folder"))
            }
            do throws(CommandFailure) {
                let run = try await skill.call(
                    endpoint: leg.target.endpoint, payload: leg.input, observes: observes, leg: leg)
                return WorkflowLegEnd(
                    verdict: run.verdict, result: run.result, resultBytes: run.response.result?.count ?? 0,
                    usage: run.outcome.usage)
            } catch {
                return WorkflowLegEnd(verdict: Self.refusal(error.message))
            }
        }
        var outcome = end.outcome
        let log = end.legs.map { key, end in "step \(key.step): \(end.verdict.kind.rawValue)\n" }
        outcome.standardError = Array(log.joined().utf8)
        return LocalRun(response: SkillResponse(outcome, manifest: manifest, endpoint: endpoint), outcome: outcome)
    }

    private static func refusal(_ detail: String) -> Verdict {
        Verdict(kind: .failed, detail: detail, reason: "step_refused")
    }
}

extension LocalSandbox {
    /// What a folder's calls are run with: of its program, or of the skills of its workflow.
    func callable(
        _ skill: SkillFolder, _ files: TemporaryDirectory, skills: String?, profileName: String? = nil,
        timeout: String? = nil
    ) throws(CommandFailure) -> any LocalCallable {
        if let workflow = skill.manifest.workflow {
            guard profileName == nil, timeout == nil else {
                throw CommandFailure(
                    .usage, "A workflow has no program, so neither --profile nor --timeout can be given for it.")
            }
            return try LocalWorkflow(skill, workflow, skills: skills, self, files)
        }
        let directory = "\(files.path)/skill"
        try skill.write(to: directory)
        return try prepare(skill, directory: directory, profileName: profileName, timeout: timeout)
    }
}
