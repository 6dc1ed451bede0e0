import ExecutionNode
import Fields
import MarketCore
import Metering

/// The bodies that requests carry. Lengths are counted in characters here and in bytes of UTF-8 by the daemon.
enum OpenAPIRequests {
    static let json: JSONValue = [
        "Amount": [
            "description": "Whole units, exact: nothing is rounded, and more digits than the currency has are refused",
            "anyOf": [
                ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$", "maxLength": 64],
                ["type": "number", "minimum": 0],
            ],
            "examples": ["0.001", 5],
        ],
        "Registration": OpenAPIOperation.request([
            "name": text(64, "a-z, A-Z, 0-9 and single blanks, -, _ or . between them; not to be taken for another's"),
            "ownerWallet": [
                "type": "string", "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,44}$",
                "description": "A Solana address: 32 bytes in base 58",
            ],
            "description?": text(1024, least: 0), "avatar?": text(512),
        ]),
        "KeyRequest": OpenAPIOperation.request([
            "name?": text(64, "Printable, no blanks at either end"),
            "expiresAt?": [
                "type": "string", "format": "date-time", "maxLength": 40, "description": "In the future",
            ],
            "scopes?": OpenAPIOperation.scopes,
            "addresses?": [
                "type": "array", "items": text(64, "An address, a network such as 203.0.113.0/24, or unix"),
                "maxItems": .number(AddressRule.countMax),
            ],
            "publicKey?": text(
                64, "Ed25519, 32 bytes in Base64url; requests with the new key are to be signed by its owner"),
        ]),
        "AgentUpdate": OpenAPIOperation.request([
            "description?": text(1024, least: 0), "avatar?": text(512),
            "ownerWallet?": ["type": "string", "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,44}$"],
        ]),
        "PauseRequest": OpenAPIOperation.request([
            "what": ["enum": ["purchases", "executions", "publishing", "skill", "agent"]],
            "target?": text(64, "Name or identifier of the skill or agent"),
            "reason": text(Pause.reasonBytesMax),
            "retryAfter?": ["type": "integer", "minimum": 1, "maximum": .number(Pause.retryAfterSecondsMax)],
            "cancelRunning?": ["type": "boolean"],
        ]),
        "BanRequest": OpenAPIOperation.request([
            "reason": text(Pause.reasonBytesMax), "cancelRunning?": ["type": "boolean"],
        ]),
        "FeaturedRequest": OpenAPIOperation.request([
            "skills": [
                "type": "array", "items": text(64), "maxItems": .number(ExecutionNode.featuredMax),
            ]
        ]),
        "Publication": publication,
        "PricingRequest": OpenAPIOperation.request([
            "type": ["enum": ["free", "one-time", "subscription", "usage"]], "price?": amount, "currency?": currency,
            "interval?": ["enum": ["daily", "weekly", "monthly"]], "unit?": text(32), "per?": ["enum": [1, 1000]],
            "units?": OpenAPIOperation.request([
                "from": ["enum": ["payload", "result"]],
                "pointer": ["type": "string", "pattern": "^(/([^/~\\u0000]|~[01])*)+$", "maxLength": 255],
                "as": ["enum": ["list", "number"]],
                "max": ["type": "integer", "minimum": 1, "maximum": .number(UnitRule.unitsMax)],
            ]), "prepaidUses?": ["type": "integer", "minimum": 1, "maximum": 1_000_000_000],
            "trialCalls?": ["type": "integer", "minimum": 0, "maximum": 1_000_000],
            "graceHours?": ["type": "integer", "minimum": 0, "maximum": 72],
            "licenses?": OpenAPIOperation.request(["commercial?": amount, "enterprise?": amount]),
        ]),
        "SecretValue": OpenAPIOperation.request(["value": text(ExecutionNode.secretBytesMax)]),
        "PurchaseRequest": OpenAPIOperation.request([
            "skillId": text(64, "Name or identifier"),
            "licenseType?": ["enum": ["personal", "commercial", "enterprise"]],
            "usageLimit?": ["type": "integer", "minimum": 1, "maximum": 1_000_000_000_000], "maxPrice?": amount,
        ]),
        "UpgradeRequest": OpenAPIOperation.request([
            "licenseType?": ["enum": ["personal", "commercial", "enterprise"]],
            "usageLimit?": ["type": "integer", "minimum": 1, "maximum": 1_000_000_000_000], "maxPrice?": amount,
        ]),
        "RefundRequest": [
            "type": "object",
            "properties": ["amount": amount, "reason": text(Refund.reasonBytesMax)],
            "required": ["reason"], "additionalProperties": false,
        ],
        "BudgetRequest": OpenAPIOperation.request([
            "purchaseId?": text(64), "period": ["enum": ["day", "month"]], "limit": amount, "currency?": currency,
        ]),
        "TopUpRequest": OpenAPIOperation.request(["threshold": amount, "amount": amount, "currency?": currency]),
        "ExecuteRequest": OpenAPIOperation.request([
            "endpoint": text(128, "One of the skill's paths, such as /send"),
            "payload?": ["description": "What the endpoint's schema takes; {} when left out"], "maxCost?": amount,
            "version?": text(64, "The version to run, such as 1.2.0; the latest when left out"),
        ]),
        "CashRequest": OpenAPIOperation.request([
            "agentId": text(64, "Name or identifier"), "amount": amount, "currency?": currency,
            "reference": text(CashRequest.referenceBytesMax, "The payment behind it; books once"),
        ]),
        "Reason": OpenAPIOperation.request(["reason": text(500)]),
        "SkillChange": skillChange,
        "ReviewDecision": OpenAPIOperation.request([
            "decision": ["enum": ["approve", "reject"]], "reason": text(500),
        ]),
        "ReportRequest": OpenAPIOperation.request([
            "kind": ["enum": .array(AbuseReport.Kind.allCases.map { .string($0.rawValue) })],
            "text": text(2000, least: 10),
        ]),
        "ReportAnswer": OpenAPIOperation.request(["text": text(2000)]),
        "ReportDecision": OpenAPIOperation.request([
            "decision": ["enum": ["uphold", "dismiss"]], "reason": text(500),
        ]),
        "Revocation": OpenAPIOperation.request(["reason": text(500, "Shown to the buyer")]),
    ]

    static let amount = OpenAPIOperation.ref("Amount")
    static let currency: JSONValue = ["enum": ["USDC", "SOL"]]

    /// A text without U+0000.
    static func text(_ most: Int, _ description: String? = nil, least: Int = 1) -> JSONValue {
        var schema: JSONObject = [
            "type": "string", "minLength": .number(least), "maxLength": .number(most), "pattern": "^[^\\u0000]*$",
        ]
        if let description { schema["description"] = .string(description) }
        return .object(schema)
    }

    /// With `code` a publication of a new version.
    private static let skillChange: JSONValue = [
        "anyOf": [
            OpenAPIOperation.request([
                "displayName?": text(128), "description?": text(1024), "category?": OpenAPIOperation.ref("Category"),
                "tags?": [
                    "type": "array", "maxItems": 16, "uniqueItems": true,
                    "items": ["type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"],
                ],
                "deprecated?": OpenAPIOperation.request(["message": text(500), "successor?": text(64)]),
            ]), OpenAPIOperation.ref("Publication"),
        ]
    ]

    private static let publication: JSONValue = {
        let repeats: JSONValue = ["description": "Must be what skill.toml says"]
        let kept: JSONObject = [
            "package": [
                "type": "string", "pattern": "^sha256:[0-9a-f]{64}$",
                "description": "The digest that an upload answered",
            ],
            "repoUrl": text(2048, "Of a git repository: https, http, or file where the operator allows it"),
            "ref": text(256, "A branch, a tag or a commit"), "entryPoint": repeats, "dependencies": repeats,
            "documentation": repeats, "runtime": repeats, "profile": repeats,
        ]
        var properties: JSONObject = [
            "displayName": text(128, "The name that people read"), "name": text(128, "Must be what skill.toml says"),
            "pricing": OpenAPIOperation.ref("PricingRequest"),
            "api": OpenAPIOperation.request([
                "auth?": text(256), "endpoints?": ["type": "array", "maxItems": 64],
                "examples?": ["type": "array", "maxItems": 64],
            ]),
            "endpoints": ["type": "array", "maxItems": 64],
        ]
        for key in [
            "version", "description", "category", "runtime", "entryPoint", "profile", "response", "tags",
            "dependencies", "documentation", "limits", "network", "secrets", "tests",
        ] { properties[key] = repeats }
        for (key, schema) in properties { properties[key] = ["anyOf": [schema, ["type": "null"]]] }
        properties["code"] = [
            "type": "object", "properties": .object(kept), "additionalProperties": false,
            "anyOf": [["required": ["package"]], ["required": ["repoUrl"]]],
        ]
        return [
            "type": "object", "properties": .object(properties), "required": ["code"], "additionalProperties": false,
            "description":
                "code.package names the upload, or code.repoUrl a git repository; every other field but displayName, pricing and api repeats skill.toml",
        ]
    }()
}
