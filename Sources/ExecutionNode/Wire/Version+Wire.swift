package import Fields
package import MarketCore

extension SkillManifest {
    /// What a run of it may do, as far as the manifest says; the profile and the sandbox set the bounds.
    package var capabilities: JSONValue {
        [
            "network": .array(network.map { .string($0.description) }),
            "secrets": .array(secrets.map { .string($0.name) }),
            "runtime": .string(runtime.rawValue),
            "profile": .string(profile ?? SkillCommand.defaultProfile(of: runtime)),
            "limits": .object(
                ManifestLimits.names.reduce(into: JSONObject()) { object, name in
                    if let value = limits.values[name] { object[name] = value }
                }),
        ]
    }
}

extension SkillVersion {
    package var json: JSONValue {
        [
            "skillId": .string(skillID.description),
            "version": .string(version.description),
            "package": .string(package.description),
            "source": source?.json ?? .null,
            "state": .string(standing.review.rawValue),
            "quality": standing.quality.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null,
            "decision": .optional(standing.decision),
            "yanked": standing.yanked?.json ?? .null,
            "revoked": standing.revoked?.json ?? .null,
            "capabilities": manifest.capabilities,
            "endpoints": .array(manifest.endpoints.map { .string($0.path) }),
            "createdAt": .string(createdAt.description),
        ]
    }
}

extension VersionStanding.Withdrawal {
    fileprivate var json: JSONValue { ["at": .string(at.description), "reason": .string(reason)] }
}

extension Deprecation {
    var json: JSONValue {
        ["at": .string(at.description), "message": .string(message), "successor": .optional(successor)]
    }
}
