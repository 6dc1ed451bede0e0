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
    }

    /// - Parameters:
    ///   - payload: compact JSON.
    ///   - context: what the skill may know about the call.
    package func run(endpoint: String, payload: [UInt8], context: JSONValue) -> RunRequest {
        RunRequest(
            profile: profile, limits: limits, skillDirectory: directory,
            arguments: SkillCommand.arguments(of: manifest) { PackageFiles.exists("\(directory)/\($0)") },
            standardInput: Self.input(endpoint: endpoint, payload: payload, context: context))
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
