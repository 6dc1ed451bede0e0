import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// Packages and skills: upload, publish, show, list.
struct SkillRoutes {
    let node: ExecutionNode

    /// The newest, on a skill's own page.
    private static let reviewsShown = 10

    var routes: [Route] {
        [
            Route(.post, "/api/v1/packages", scopes: .publish, upload),
            Route(.post, "/api/v1/skills", scopes: .publish, publish),
            Route(.get, "/api/v1/skills", list),
            Route(.get, "/api/v1/skills/{skill}", show),
            Route(.patch, "/api/v1/skills/{skill}", scopes: .publish, change),
            Route(.get, "/api/v1/skills/{skill}/secrets", listSecrets),
            Route(.put, "/api/v1/skills/{skill}/secrets/{name}", scopes: .publish, setSecret),
            Route(.delete, "/api/v1/skills/{skill}/secrets/{name}", scopes: .publish, removeSecret),
        ]
    }

    @Sendable private func upload(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let archive = try await call.body(bytesMax: node.configuration.packageBytesMax)
        let (package, manifest, isNew) = try await node.upload(archive, by: agent)
        return .json(
            [
                "digest": .string(package.digest.description), "size": .number(package.size),
                "manifest": manifest.json,
            ], status: isNew ? 201 : 200)
    }

    @Sendable private func publish(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 1 << 20))
        let handed = try await node.handIn(try Publication(fields), by: agent, waitSeconds: call.reviewWaitSeconds)
        return reply(handed, status: handed.isNew ? 201 : 200)
    }

    private func reply(_ handed: ExecutionNode.Handed, status: Int) -> Reply {
        .json(
            [
                "skill": handed.skill.json, "version": handed.version.json,
                "deploymentUrl": .string(node.executeURL(of: handed.skill)),
            ], status: status
        ).with(.location, "/api/v1/skills/\(handed.skill.id)")
    }

    /// With `code` a new version, without it what needs none.
    @Sendable private func change(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let fields = try call.fields(try await call.body(bytesMax: 1 << 20))
        let name = call.parameter("skill")
        guard fields.optionalValue("code") == nil else {
            let handed = try await node.handIn(
                try Publication(fields), of: name, if: call.editCondition, by: agent,
                waitSeconds: call.reviewWaitSeconds)
            return reply(handed, status: 200)
        }
        let skill = try await node.edit(name, try SkillEdit(fields), if: call.editCondition, for: agent)
        return .json(["skill": skill.json, "deploymentUrl": .string(node.executeURL(of: skill))])
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        var query = try call.query()
        let skills = try query.skills()
        try query.finish()
        return .json(try await node.skills(skills).json("skills", limit: skills.page.limit) { $0.json })
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let skill = try await node.skill(call.parameter("skill"), for: call.agent)
        let reviews = try await node.reviews(
            ReviewQuery(skillID: skill.id, page: PageRequest(limit: Self.reviewsShown)))
        return .json([
            "skill": skill.json, "reviews": .array(reviews.items.map(\.json)),
            "examples": .array(skill.latest.examples),
            "documentation": try await node.documentation(of: skill),
            "deploymentUrl": .string(node.executeURL(of: skill)),
        ]).tagged(skill.revision, for: call)
    }

    // MARK: Secrets

    @Sendable private func listSecrets(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let secrets = try await node.secrets(of: call.parameter("skill"), for: agent)
        return .json([
            "items": .array(
                secrets.map { secret in
                    [
                        "name": .string(secret.declaration.name),
                        "description": .optional(secret.declaration.description),
                        "set": .bool(secret.updatedAt != nil), "updatedAt": .optional(secret.updatedAt?.description),
                    ]
                })
        ])
    }

    @Sendable private func setSecret(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        // In JSON a byte of the value may take six.
        let fields = try call.fields(try await call.body(bytesMax: 6 * ExecutionNode.secretBytesMax + 64))
        let value = try fields.string("value", minBytes: 1, maxBytes: ExecutionNode.secretBytesMax)
        try fields.finish()
        let name = call.parameter("name")
        try await node.setSecret(name, of: call.parameter("skill"), to: value, for: agent)
        return .json(["name": .string(name), "set": true])
    }

    @Sendable private func removeSecret(_ call: Call) async throws -> Reply {
        let agent = try call.caller(node)
        let name = call.parameter("name")
        try await node.removeSecret(name, of: call.parameter("skill"), for: agent)
        return .json(["name": .string(name), "set": false])
    }
}
