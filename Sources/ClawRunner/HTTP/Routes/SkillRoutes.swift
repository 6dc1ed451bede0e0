import ExecutionNode
import Fields
import HTTPTypes
import MarketCore

/// Packages and skills: upload, publish, show, list.
struct SkillRoutes {
    let node: ExecutionNode

    var routes: [Route] {
        [
            Route(.post, "/api/v1/packages", upload),
            Route(.post, "/api/v1/skills", publish),
            Route(.get, "/api/v1/skills", list),
            Route(.get, "/api/v1/skills/{skill}", show),
        ]
    }

    @Sendable private func upload(_ call: Call) async throws -> Reply {
        let agent = try node.authenticate(try call.bearer)
        let archive = try await call.body(bytesMax: node.configuration.packageBytesMax)
        let (package, manifest, isNew) = try await node.upload(archive, by: agent)
        return .json(
            [
                "digest": .string(package.digest.description), "size": .number(package.size),
                "manifest": manifest.json,
            ], status: isNew ? 201 : 200)
    }

    @Sendable private func publish(_ call: Call) async throws -> Reply {
        let agent = try node.authenticate(try call.bearer)
        let fields = try call.fields(try await call.body(bytesMax: 1 << 20))
        let (skill, isNew) = try await node.publish(try Publication(fields), by: agent)
        return .json(
            ["skill": skill.json, "deploymentUrl": .string(node.executeURL(of: skill))], status: isNew ? 201 : 200
        ).with(.location, "/api/v1/skills/\(skill.id)")
    }

    @Sendable private func list(_ call: Call) async throws -> Reply {
        var query = try call.query()
        let skills = SkillQuery(
            category: try query.enumeration("category", as: Skill.Category.self),
            search: try query.string("search"), tag: try query.string("tag", bytesMax: 64),
            agentID: try query.identifier("agentId", of: Agent.self),
            sort: try query.enumeration("sort", as: SkillQuery.Sort.self) ?? .newest, page: try query.page())
        try query.finish()
        return .json(try await node.skills(skills).json("skills", limit: skills.page.limit) { $0.json })
    }

    @Sendable private func show(_ call: Call) async throws -> Reply {
        try call.query().finish()
        let skill = try await node.skill(call.parameter("skill"))
        return .json([
            "skill": skill.json, "reviews": [],
            "examples": .array(skill.latest.examples),
            "deploymentUrl": .string(node.executeURL(of: skill)),
        ])
    }
}
