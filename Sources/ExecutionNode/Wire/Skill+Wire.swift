package import Fields
package import MarketCore

extension Skill {
    package var json: JSONValue {
        let manifest = latest.manifest
        return [
            "id": .string(id.description),
            "agentId": .string(agentID.description),
            "name": .string(name),
            "displayName": .string(displayName),
            "version": .string(latest.version.description),
            "description": .string(description),
            "category": .string(category.rawValue),
            "pricing": pricing.json,
            "code": [
                "package": .string(latest.package.description),
                "repoUrl": .optional(latest.source?.url),
                "ref": .optional(latest.source?.ref),
                "commit": .optional(latest.source?.commit),
                "runtime": .string(manifest.runtime.rawValue),
                "entryPoint": manifest.json["entryPoint"] ?? .null,
                "dependencies": .array(manifest.dependencies.map(JSONValue.string)),
                "documentation": .optional(manifest.documentation),
                "network": ["allow": .array(manifest.network.map { .string($0.description) })],
                "workflow": manifest.workflow?.wire ?? .null,
            ],
            "api": [
                "endpoints": .array(manifest.endpoints.map(\.wire)),
                "auth": .string(latest.api.auth ?? "purchase-token"),
                "examples": .array(latest.examples),
            ],
            "capabilities": manifest.capabilities,
            "status": .string(status.rawValue),
            "deprecated": deprecation?.json ?? .null,
            "rating": JSONNumber(rating).map(JSONValue.number) ?? 0,
            "reviewCount": .number(reviewCount),
            "downloadCount": .number(downloadCount),
            "quality": quality.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null,
            "tags": .array(tags.map(JSONValue.string)),
            "createdAt": .string(createdAt.description),
            "updatedAt": .string(updatedAt.description),
        ]
    }
}

extension Workflow {
    /// Whose skills get what a buyer sends, and who pays them.
    fileprivate var wire: JSONValue {
        [
            "payer": .string(payer.rawValue),
            "steps": .array(
                legs.map { key, target, _ in
                    [
                        "step": .string(key.step), "fallback": .bool(key.isFallback), "skill": .string(target.skill),
                        "version": .string(target.version.description), "endpoint": .string(target.endpoint),
                    ]
                }),
        ]
    }
}

extension SkillVersion {
    /// The tests of the manifest, then what the seller added.
    package var examples: [JSONValue] { manifest.tests.map(\.wire) + api.examples }
}

extension Endpoint {
    fileprivate var wire: JSONValue {
        [
            "path": .string(path), "method": .string(method.rawValue), "description": .optional(description),
            "idempotent": .bool(idempotent), "input": input?.json ?? .null, "output": output?.json ?? .null,
        ]
    }
}

extension SkillTestCase {
    fileprivate var wire: JSONValue {
        ["endpoint": .string(endpoint), "payload": payload, "expect": expect ?? .null]
    }
}
