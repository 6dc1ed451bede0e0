import ExecutionNode
import Fields
import MarketCore
import Sandbox

/// A sandbox of this process: runs a skill's folder without market and daemon.
struct LocalSandbox: Sendable {
    let host: SandboxHost
    let profiles: ProfileStore
    /// By name; a skill gets those that it declares.
    let secrets: [String: String]

    /// - Throws: ``CommandFailure``: status 3 when the host cannot build sandboxes, with the layer and the fix.
    static func open(_ given: LocalSandboxOptions) throws(CommandFailure) -> LocalSandbox {
        let paths = InstalledPaths.current
        let launcher: String
        let profiles: ProfileStore
        var options = SandboxOptions(permitDegraded: Set(given.permit), egress: try given.egress())
        do {
            launcher = try paths.path(of: .launcher)
            options.runtimesDirectory = try paths.path(of: .runtimes)
        } catch {
            throw CommandFailure(.sandbox, error.description)
        }
        do {
            profiles = try ProfileStore(directory: try paths.path(of: .profiles))
        } catch {
            throw CommandFailure(error)
        }
        let secrets = try given.secrets()
        do {
            return LocalSandbox(
                host: try SandboxHost(launcherPath: launcher, options: options), profiles: profiles, secrets: secrets)
        } catch {
            throw CommandFailure(
                error.code == .request ? .usage : .sandbox, CommandFailure.sentence(error.detail),
                hint: error.fix)
        }
    }

    func close() async {
        await host.shutdown()
    }

    /// What a skill is run with, for all its endpoints.
    ///
    /// - Parameters:
    ///   - directory: the extracted package.
    ///   - profileName: instead of the profile that the manifest asks for.
    ///   - timeout: a wall limit below the manifest's, such as `2s`.
    func prepare(
        _ skill: SkillFolder, directory: String, profileName: String? = nil, timeout: String? = nil
    ) throws(CommandFailure) -> LocalSkill {
        let name =
            profileName ?? skill.manifest.profile ?? SkillCommand.defaultProfile(of: skill.manifest.runtime)
        return try prepare(skill, directory: directory, profile: try profile(name), timeout: timeout)
    }

    func prepare(
        _ skill: SkillFolder, directory: String, profile: Profile, timeout: String? = nil
    ) throws(CommandFailure) -> LocalSkill {
        guard skill.manifest.workflow == nil else {
            throw CommandFailure(.usage, "\(skill.manifest.name) is a workflow, which has no program of its own.")
        }
        let request: SkillRequest
        do {
            request = try SkillRequest(manifest: skill.manifest, directory: directory, profile: profile)
        } catch {
            throw CommandFailure(error)
        }
        do {
            var limits = request.limits
            if let timeout { limits = try limits.lowered(by: ["wall": .string(timeout)]) }
            let declared = Set(skill.manifest.secrets.map(\.name))
            return LocalSkill(
                manifest: skill.manifest, request: request, limits: limits, host: host,
                secrets: secrets.filter { declared.contains($0.key) })
        } catch {
            throw CommandFailure(.usage, "--timeout \(error.message).")
        }
    }

    /// A profile by its name.
    func profile(_ name: String) throws(CommandFailure) -> Profile {
        do {
            return try profiles.named(name)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
    }
}
