package import Fields
package import MarketCore
package import Sandbox

/// One call of a skill, ready for the sandbox. Knows nothing of licences, so that the command line can run a package
/// without a market.
package struct SkillRequest: Sendable {
    package let manifest: SkillManifest
    /// The directory that appears at /skill.
    package let directory: String
    package let profile: Profile
    /// The profile's limits, lowered as the manifest asks.
    package let limits: Limits

    /// What the skill may connect to beyond the profile's own destinations.
    package let destinations: [NetworkDestination]

    /// - Throws: `FieldError` when the manifest asks for more than the profile allows.
    package init(manifest: SkillManifest, directory: String, profile: Profile) throws(FieldError) {
        self.manifest = manifest
        self.directory = directory
        self.profile = profile
        do throws(FieldError) {
            limits = try profile.limits.lowered(by: manifest.limits.values)
        } catch {
            throw FieldError(
                path: error.path.hasPrefix("limits") ? error.path : "limits.\(error.path)", message: error.message,
                suggestion: error.suggestion, file: error.file, line: error.line)
        }
        destinations = try Self.destinations(manifest, profile)
    }

    private static func destinations(
        _ manifest: SkillManifest, _ profile: Profile
    ) throws(FieldError) -> [NetworkDestination] {
        let asked = manifest.network.filter { !profile.destinations.contains($0) }
        guard asked.isEmpty || profile.declaresDestinations else {
            throw FieldError(
                path: "network.allow",
                message: "the profile \(profile.name) lets skills declare no destinations, such as \(asked[0])")
        }
        let countMax = NetworkDestination.countMax
        guard asked.count + profile.destinations.count <= countMax else {
            throw FieldError(
                path: "network.allow",
                message: "with the \(profile.destinations.count) of the profile \(profile.name) there are more than "
                    + "the \(countMax) destinations that a run may have")
        }
        return asked
    }

    /// - Parameters:
    ///   - payload: compact JSON.
    ///   - context: what the skill may know about the call.
    ///   - secrets: values of environment variables that the manifest declares as secrets.
    package func run(
        endpoint: String, payload: [UInt8], context: JSONValue, secrets: [String: String] = [:]
    ) -> RunRequest {
        var request = RunRequest(
            profile: profile, limits: limits, skillDirectory: directory,
            arguments: SkillCommand.arguments(of: manifest) { PackageFiles.exists("\(directory)/\($0)") },
            environment: secrets,
            standardInput: Self.input(endpoint: endpoint, payload: payload, context: context),
            destinations: destinations)
        request.interpreter = SkillCommand.interpreter(of: manifest)
        // A secret is for runs: it does not lie about in a process that waits for one.
        request.startsAhead = manifest.warm && manifest.secrets.isEmpty
        return request
    }

    /// `{"endpoint","payload","context"}`, around a payload that is serialised already.
    private static func input(endpoint: String, payload: [UInt8], context: JSONValue) -> [UInt8] {
        var input = Array("{\"endpoint\":".utf8)
        input.reserveCapacity(payload.count + 512)
        input += JSONValue.string(endpoint).serialized()
        input += Array(",\"payload\":".utf8)
        input += payload
        input += Array(",\"context\":".utf8)
        input += context.serialized()
        input.append(UInt8(ascii: "}"))
        return input
    }
}
