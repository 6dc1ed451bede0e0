import ExecutionNode
import Fields
import MarketCore

extension OpenAPIOperation {
    /// What a key may be used for.
    static let scopes: JSONValue = [
        "type": "array", "items": ["enum": .array(KeyScopes.all.names.map(JSONValue.string))], "minItems": 1,
        "uniqueItems": true,
    ]

    /// What an agent does with its own API keys.
    static let keys = [
        OpenAPIOperation(
            method: "post", path: "/api/v1/keys", id: "addKey",
            summary: "Make a further API key of the caller; it is shown this once",
            body: ("application/json", ref("KeyRequest")),
            success: [(201, "application/json", object(["key": ref("Key"), "apiKey": ["type": "string"]]))],
            problems: [
                (400, "The body is not JSON"), (403, "The new key would have more scopes than this one"),
                (409, "The agent has \(ExecutionNode.usableKeysMax) usable keys already"), (422, "A field is wrong"),
                (503, "The disk is nearly full, or the database cannot work"),
            ]),
        OpenAPIOperation(
            method: "get", path: "/api/v1/keys", id: "listKeys",
            summary: "List the caller's API keys, newest first, with those that were revoked or have expired",
            success: [(200, "application/json", object(["items": list(of: "Key")]))]),
        OpenAPIOperation(
            method: "delete", path: "/api/v1/keys/{key}", id: "revokeKey",
            summary: "Revoke an API key of the caller, at once or after an overlap",
            parameters: [
                Parameter(
                    name: "after", place: "query", description: "Seconds for which it still works, 0 unless given",
                    schema: [
                        "type": "integer", "minimum": 0, "maximum": .number(ExecutionNode.keyOverlapSecondsMax),
                    ])
            ],
            success: [(200, "application/json", object(["key": ref("Key")]))],
            problems: [
                (400, "A parameter is wrong"), (403, "The key has more scopes than this one"),
                (404, "The caller has no such key"),
                (409, "It is the last usable key"),
            ]),
    ]
}
