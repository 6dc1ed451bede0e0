import ExecutionNode
import Fields
import MarketCore

extension OpenAPIOperation {
    /// What an agent changes of itself.
    static let agentChanges = [
        OpenAPIOperation(
            method: "patch", path: "/api/v1/agents/{agent}", id: "updateAgent",
            summary:
                "Change the caller's own description, avatar or wallet; a new wallet needs the scope billing as well",
            body: ("application/json", ref("AgentUpdate")),
            success: [(200, "application/json", object(["agent": ref("Agent")]))],
            problems: [
                (400, "The body is not JSON"), (403, "Another agent, or a scope is missing"),
                (404, "There is no such agent"), (422, "A field is wrong"),
            ], isConditional: true),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/agents/{agent}", id: "deactivateAgent",
            summary: "Leave the market: keys are refused and skills sold no more; licences that were sold go on",
            parameters: [
                Parameter(
                    name: "leaveBalance", place: "query",
                    description: "true to leave although there is a balance, which only the operator can bring back",
                    schema: ["enum": ["true", "false"]])
            ],
            success: [(200, "application/json", object(["agent": ref("Agent")]))],
            problems: [
                (400, "A parameter is wrong"), (403, "Another agent, or a scope is missing"),
                (404, "There is no such agent"), (409, "There is a balance left"),
            ]),
    ]

    /// What the operator stops, bars and puts in front.
    static let controls = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/marketplace/featured", id: "listFeatured",
            summary: "List the skills that the operator features, in its order", security: .none,
            success: [(200, "application/json", object(["skills": list(of: "Skill")]))]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/status", id: "showStatus",
            summary: "Show how the market stands: counts, load, pauses", security: .operator,
            success: [
                (
                    200, "application/json",
                    object([
                        "agents": ["type": "object"], "skills": ["type": "object"], "purchases": ["type": "integer"],
                        "executions": ["type": "integer"], "platform": ["type": "array"], "load": ["type": "object"],
                        "problem": ["type": ["string", "null"]], "pauses": list(of: "Pause"),
                        "featured": ["type": "array", "items": ["type": "string"]],
                        "auditHead": ["type": ["object", "null"]],
                    ])
                )
            ],
            problems: [(400, "A parameter is wrong")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/pauses", id: "listPauses", summary: "List what is paused",
            security: .operator, success: [(200, "application/json", object(["items": list(of: "Pause")]))],
            problems: [(400, "A parameter is wrong")]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/pauses", id: "pause",
            summary: "Stop purchases, executions, publishing, a skill or an agent until it is resumed",
            security: .operator,
            body: ("application/json", ref("PauseRequest")),
            success: [
                (200, "application/json", object(["pause": ref("Pause"), "cancelled": ["type": "integer"]]))
            ],
            problems: [
                (400, "The body is not JSON"), (404, "There is no such skill or agent"),
                (422, "A field is wrong"),
            ]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/admin/pauses", id: "resume", summary: "Let go on what is paused",
            security: .operator,
            parameters: [
                Parameter(
                    name: "what", place: "query", description: "What is paused", required: true,
                    schema: ["enum": ["purchases", "executions", "publishing", "skill", "agent"]]),
                Parameter(name: "target", place: "query", description: "Name or identifier of the skill or agent"),
            ],
            success: [
                (
                    200, "application/json",
                    object(["resumed": ["type": "string"], "target": ["type": ["string", "null"]]])
                )
            ],
            problems: [
                (400, "A parameter is wrong"), (404, "It is not paused"),
                (422, "A parameter is wrong"),
            ]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/agents/{agent}/ban", id: "banAgent",
            summary: "Bar an agent: its keys are refused, its skills neither shown, sold nor run", security: .operator,
            body: ("application/json", ref("BanRequest")),
            success: [
                (
                    200, "application/json",
                    object([
                        "agent": ref("Agent"), "reason": ["type": "string"], "cancelled": ["type": "integer"],
                    ])
                )
            ],
            problems: [
                (400, "The body is not JSON"), (404, "There is no such agent"),
                (422, "A field is wrong"),
            ]),
        change("unban", "unbanAgent", "Let an agent in again that was banned"),
        change("reactivate", "reactivateAgent", "Let an agent in again that left, with the keys that it has"),
        OpenAPIOperation(
            method: "put", path: "/api/v1/admin/featured", id: "setFeatured",
            summary: "Replace the list of featured skills", security: .operator,
            body: ("application/json", ref("FeaturedRequest")),
            success: [(200, "application/json", object(["skills": list(of: "Skill")]))],
            problems: [
                (400, "The body is not JSON"), (404, "There is no such skill"),
                (422, "A field is wrong"),
            ]),
    ]

    static let pause = object([
        "what": ["enum": ["purchases", "executions", "publishing", "skill", "agent"]],
        "target": ["type": ["string", "null"]], "reason": ["type": "string"], "retryAfter": ["type": "integer"],
        "since": ["type": "string", "format": "date-time"],
    ])

    private static func change(_ verb: String, _ id: String, _ summary: String) -> OpenAPIOperation {
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/agents/{agent}/\(verb)", id: id, summary: summary,
            security: .operator, success: [(200, "application/json", object(["agent": ref("Agent")]))],
            problems: [(404, "There is no such agent")])
    }
}
