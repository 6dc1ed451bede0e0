import Fields
import MarketCore

extension OpenAPIOperation {
    private static let noVersion = (404, "There is no such skill or version")
    private static let notOwner = (403, "The skill is another agent's")
    private static let version = object(["version": ref("SkillVersion")])
    private static let report = object(["report": ref("ReviewReport")])
    private static let reason = ("application/json", ref("Reason"))
    private static let notOperator = (403, "Not the operator key")
    private static let badBody = (400, "The body is empty or not JSON")
    private static let badField = (422, "A field is wrong")

    static let reviewWait = Parameter(
        name: "Prefer", place: "header",
        description: "wait=SECONDS (RFC 7240): how long to wait for the end of the review, at most 60")

    /// The versions of a skill.
    static let versions = [
        OpenAPIOperation(
            method: "patch", path: "/api/v1/skills/{skill}", id: "changeSkill",
            summary: "Change what needs no new version, or with code publish a new version",
            parameters: [reviewWait],
            body: ("application/json", ref("SkillChange")),
            success: [
                (
                    200, "application/json",
                    object([
                        "skill": ref("Skill"), "version?": ref("SkillVersion"), "deploymentUrl": ["type": "string"],
                    ])
                )
            ],
            problems: [
                badBody, notOwner, (404, "There is no such skill or package"),
                (409, "The version exists, or is not higher"), (413, "The body or the package is too large"),
                (422, "A field is wrong, the version breaks callers and its number does not say so, or it is rejected"),
                (429, "Too many requests, or too many of the caller's versions wait for their review"),
                (503, "The platform cannot do it now"),
            ], isConditional: true),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/versions", id: "listVersions",
            summary: "List the versions of a skill, the highest first; its owner sees those that never passed as well",
            security: .none, success: [(200, "application/json", object(["items": list(of: "SkillVersion")]))],
            problems: [(404, "There is no such skill")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/versions/{version}", id: "showVersion",
            summary: "Show a version of a skill", security: .none, success: [(200, "application/json", version)],
            problems: [noVersion]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/skills/{skill}/versions/{version}/report", id: "showReview",
            summary: "Show what the review of an own version has come to, or found", parameters: [reviewWait],
            success: [(200, "application/json", report)], problems: [notOwner, noVersion]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/skills/{skill}/versions/{version}/yank", id: "yankVersion",
            summary: "Take an own version back: only calls that name it run it", body: reason,
            success: [(200, "application/json", version)],
            problems: [badBody, notOwner, noVersion, (413, "The body is too large"), badField]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/skills/{skill}/versions/{version}/yank", id: "unyankVersion",
            summary: "Put an own version back", success: [(200, "application/json", version)],
            problems: [notOwner, noVersion]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/skills/{skill}/versions/{version}/revoke", id: "revokeVersion",
            summary: "Forbid an own version for good: every call of it gets 410", body: reason,
            success: [(200, "application/json", version)],
            problems: [badBody, notOwner, noVersion, (413, "The body is too large"), badField]),
    ]

    /// What the operator does about versions.
    static let versionReviews = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/versions", id: "listQueuedVersions",
            summary: "List the versions that wait for the operator, the oldest first", security: .operator,
            parameters: [
                Parameter(
                    name: "state", place: "query", description: "review unless given",
                    schema: ["enum": .array(VersionStanding.Review.allCases.map { .string($0.rawValue) })])
            ] + page,
            success: [
                (
                    200, "application/json",
                    object([
                        "items": [
                            "type": "array",
                            "items": object([
                                "skill": ["type": "string"], "agentId": ["type": "string", "format": "uuid"],
                                "version": ref("SkillVersion"),
                            ]),
                        ], "pagination": ref("Pagination"),
                    ])
                )
            ],
            problems: [(400, "A parameter is wrong"), notOperator]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/versions/rescan", id: "rescan",
            summary: "Have versions that earlier rules passed looked at again", security: .operator,
            parameters: [
                Parameter(
                    name: "reviewedBefore", place: "query",
                    description: "Those as well whose last review ended before this moment",
                    schema: moment)
            ],
            success: [
                (200, "application/json", object(["rules": ["type": "integer"], "versions": ["type": "integer"]]))
            ], problems: [(400, "A parameter is wrong"), notOperator, (503, "The platform cannot do it now")]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/versions/{skill}/{version}", id: "showAnyReview",
            summary: "Show what the review of a version found", security: .operator,
            success: [(200, "application/json", report)], problems: [notOperator, noVersion]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/versions/{skill}/{version}", id: "decideReview",
            summary: "Approve or reject a version", security: .operator,
            body: ("application/json", ref("ReviewDecision")), success: [(200, "application/json", version)],
            problems: [badBody, notOperator, noVersion, (413, "The body is too large"), badField]),
        OpenAPIOperation(
            method: "post", path: "/api/v1/admin/skills/{skill}/versions/{version}/revoke", id: "revokeAnyVersion",
            summary: "Forbid a version for good", security: .operator, body: reason,
            success: [(200, "application/json", version)],
            problems: [badBody, notOperator, noVersion, (413, "The body is too large"), badField]),
        OpenAPIOperation(
            method: "put", path: "/api/v1/admin/skills/{skill}/hidden", id: "hideSkill",
            summary: "Take a skill out of lists and sale; licences go on", security: .operator, body: reason,
            success: [(200, "application/json", object(["skill": ref("Skill")]))],
            problems: [
                badBody, notOperator, (404, "There is no such skill"), (413, "The body is too large"),
                badField,
            ]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/admin/skills/{skill}/hidden", id: "restoreSkill",
            summary: "Put a hidden skill back", security: .operator,
            success: [(200, "application/json", object(["skill": ref("Skill")]))],
            problems: [notOperator, (404, "There is no such skill")]),
    ]

    static let skillVersion = object([
        "skillId": ["type": "string", "format": "uuid"], "version": ["type": "string"],
        "package": ["type": "string", "pattern": "^sha256:[0-9a-f]{64}$"],
        "source": [
            "type": ["object", "null"],
            "properties": [
                "url": ["type": "string"], "ref": ["type": ["string", "null"]],
                "commit": ["type": "string", "pattern": "^[0-9a-f]{40,64}$"],
            ],
        ],
        "state": ["enum": ["pending", "passed", "review", "rejected"]],
        "quality": ["type": ["number", "null"], "minimum": 0, "maximum": 1],
        "decision": ["type": ["string", "null"], "description": "The operator's reason, where it decided"],
        "yanked": withdrawal, "revoked": withdrawal, "capabilities": ref("Capabilities"),
        "endpoints": ["type": "array", "items": ["type": "string"]],
        "createdAt": ["type": "string", "format": "date-time"],
    ])

    static let capabilities = object([
        "network": ["type": "array", "items": ["type": "string"], "description": "All that it can reach"],
        "secrets": ["type": "array", "items": ["type": "string"], "description": "Names of what its seller gives it"],
        "runtime": ["enum": ["exec", "python", "node", "workflow"]], "profile": ["type": "string"],
        "limits": ["type": "object", "description": "Limits below those of the profile"],
    ])

    static let reviewReport = object([
        "version": ["type": "string"], "state": ["enum": ["pending", "passed", "review", "rejected"]],
        "quality": ["type": ["object", "null"]], "rules": ["type": "integer"],
        "startedAt": ["type": ["string", "null"]], "finishedAt": ["type": ["string", "null"]],
        "steps": [
            "type": "array",
            "items": object([
                "name": ["type": "string"], "state": ["enum": ["waiting", "running", "passed", "failed", "skipped"]],
                "detail": ["type": ["string", "null"]],
            ]),
        ],
        "findings": [
            "type": "array",
            "items": object([
                "rule": ["type": "string"],
                "severity": ["enum": .array(ReviewSeverity.allCases.map { .string($0.rawValue) })],
                "file": ["type": ["string", "null"]], "line": ["type": ["integer", "null"]],
                "excerpt": ["type": ["string", "null"]], "why": ["type": "string"], "fix": ["type": "string"],
            ]),
        ],
        "findingsCut": ["type": "boolean"],
        "scanners": [
            "type": "array",
            "items": object(["name": ["type": "string"], "run": ["type": "boolean"], "detail": ["type": "string"]]),
        ], "tests": ["type": "array", "items": ["type": "object"]], "capabilities": ["type": "object"],
        "problem?": ref("ReviewProblem"),
    ])

    private static let withdrawal: JSONValue = [
        "type": ["object", "null"],
        "properties": ["at": ["type": "string", "format": "date-time"], "reason": ["type": "string"]],
    ]
}
