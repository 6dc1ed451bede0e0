import ExecutionNode
import Fields
import Foundation
import MarketCore
import Sandbox

/// Runs skills' tests plain, observed, and under the profile that was learnt from them.
struct ProfileLesson: Sendable {
    let skills: [SkillFolder]
    let sandbox: LocalSandbox
    let files: TemporaryDirectory
    let profileName: String?
    let headroomPercent: Int64

    struct Result: Sendable {
        let profile: LearnedProfile
        let text: String
        let testCount: Int
        /// Calls that were asked for and that the base refuses.
        let refused: Set<String>

        var json: JSONValue {
            let strings = { (names: [String]) in JSONValue.array(names.map(JSONValue.string)) }
            return [
                "profile": .string(text), "base": .string(profile.base.name), "tests": .number(testCount),
                "syscalls": strings(profile.syscalls), "baseSyscalls": .number(profile.base.syscallCount),
                "refused": strings(refused.sorted()),
            ]
        }
    }

    /// Tests need not do the same in every run: a call that only the last one made is added, so often.
    private static let roundsMax = 4

    func learn() async throws(CommandFailure) -> Result {
        var runs: [LocalRun] = []
        var observation: RunObservation?
        var asked: [String: Int64] = [:]
        let base = try base()
        for (index, skill) in skills.enumerated() {
            try skill.write(to: folder(index))
            let ready = try sandbox.prepare(skill, directory: folder(index), profile: base)
            let wanted = ready.request.limits.values(skill.manifest.limits.values.keys)
            asked.merge(wanted) { max($0, $1) }
            for test in skill.manifest.tests {
                // Unobserved first: to be observed costs time and memory.
                runs.append(try await pass(test, ready, observes: false, under: base.name))
                let observed = try await pass(test, ready, observes: true, under: base.name)
                guard let seen = observed.outcome.observation else {
                    throw CommandFailure(.sandbox, "This host cannot observe a run.")
                }
                observation?.merge(seen)
                observation = observation ?? seen
            }
        }
        guard let observation else { throw CommandFailure(.usage, "There is no test to learn from.") }
        let names = skills.map(\.manifest.name).joined(separator: ", ")
        var profile = LearnedProfile(
            base: base, observation: observation, peaks: peaks(runs), asked: asked, headroomPercent: headroomPercent,
            origin: "\(runs.count) tests of \(names)")
        let text = try await verified(&profile, names)
        return Result(
            profile: profile, text: text, testCount: runs.count, refused: Set(runs.flatMap(\.refusedCalls)))
    }

    private func folder(_ index: Int) -> String { "\(files.path)/skill-\(index)" }

    /// The profile that all the skills ask for.
    private func base() throws(CommandFailure) -> Profile {
        let names = Set(
            skills.map { profileName ?? $0.manifest.profile ?? SkillCommand.defaultProfile(of: $0.manifest.runtime) })
        guard names.count == 1, let name = names.first else {
            throw CommandFailure(
                .usage, "The skills ask for different profiles: \(names.sorted().joined(separator: ", ")).",
                hint: "Learn each by itself, or name one with --profile.")
        }
        return try sandbox.profile(name)
    }

    /// Runs one test that must pass.
    private func pass(
        _ test: SkillTestCase, _ skill: LocalSkill, observes: Bool, under profile: String
    ) async throws(CommandFailure) -> LocalRun {
        let run = try await skill.call(endpoint: test.endpoint, payload: test.payload, observes: observes)
        guard let fault = ExpectedResult.fault(test, run.response) else { return run }
        throw CommandFailure(
            run.verdict.kind == .launchFailed ? .sandbox : .refused,
            "A test of \(skill.manifest.name) (\(test.endpoint)) fails under \(profile)"
                + "\(observes ? ", observed" : ""): \(fault)",
            hint: "Learn from tests that pass; `clawrunner skill test` shows them.")
    }

    /// The highest of what the runs reached, where it was measured.
    private func peaks(_ runs: [LocalRun]) -> [String: Int64] {
        var peaks: [String: Int64] = [:]
        for run in runs {
            for (key, value) in run.outcome.report.json["reached"]?.object ?? [:] {
                guard let value = value.int64, value > 0 || key != "memory" && key != "pids" else { continue }
                peaks[key] = max(peaks[key] ?? 0, value)
            }
        }
        return peaks
    }

    /// The profile's text, after all tests passed under it.
    private func verified(_ profile: inout LearnedProfile, _ names: String) async throws(CommandFailure) -> String {
        let file = "\(files.path)/learnt.toml"
        var last: CommandFailure?
        for _ in 0..<Self.roundsMax {
            let text = profile.text(description: "Learnt for \(names)")
            let loaded: Profile
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                loaded = try sandbox.profiles.load(file: file)
            } catch {
                throw CommandFailure(.usage, "What was learnt cannot be loaded: \(error)")
            }
            var refused: Set<String> = []
            last = nil
            for (index, skill) in skills.enumerated() {
                let ready = try sandbox.prepare(skill, directory: folder(index), profile: loaded)
                for test in skill.manifest.tests {
                    let run = try await ready.call(
                        endpoint: test.endpoint, payload: test.payload, observes: false)
                    refused.formUnion(run.refusedCalls)
                    if let fault = ExpectedResult.fault(test, run.response) {
                        last = CommandFailure(
                            .refused, "A test of \(skill.manifest.name) fails under what was learnt: \(fault)",
                            hint: "Try a larger --headroom.")
                    }
                }
            }
            let new = refused.intersection(profile.base.syscallNames).subtracting(profile.syscalls)
            if new.isEmpty, last == nil { return text }
            if new.isEmpty { break }
            profile.added.formUnion(new)
        }
        throw last ?? CommandFailure(.refused, "The tests do something else in every run; nothing was learnt.")
    }
}

extension LocalRun {
    /// The system calls that the run was refused, by name.
    var refusedCalls: [String] {
        (outcome.report.json["denials"]?.array ?? []).compactMap { $0["syscall"]?.string }
    }
}
