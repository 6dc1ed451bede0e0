import Fields

extension OpenAPIOperation {
    /// The operator's look at the audit log.
    static let audit = [
        OpenAPIOperation(
            method: "get", path: "/api/v1/admin/audit", id: "listAudit",
            summary: "List the audit log, newest first, with its signed head", security: .operator,
            parameters: [
                Parameter(
                    name: "actor", place: "query", description: "Only of operator, system, or the agent with this id"),
                Parameter(
                    name: "action", place: "query",
                    description: "Only this action, such as key.revoked, or all of a kind, such as key"),
                Parameter(name: "subjectKind", place: "query", description: "Only done to this kind, such as agent"),
                Parameter(name: "subject", place: "query", description: "Only done to what has this identifier"),
                Parameter(name: "from", place: "query", description: "The first moment that is included"),
                Parameter(name: "to", place: "query", description: "The first moment that is no longer included"),
            ] + page,
            success: [
                (
                    200, "application/json",
                    object(["items": list(of: "AuditEntry"), "pagination": ref("Pagination"), "head": head])
                )
            ],
            problems: [(400, "A parameter is wrong"), unauthorized, (403, "Not the operator key")])
    ]

    static let auditEntry = object([
        "number": ["type": "integer", "minimum": 1], "time": ["type": "string", "format": "date-time"],
        "actor": object([
            "kind": ["enum": ["agent", "operator", "system"]], "id": ["type": ["string", "null"]],
        ]),
        "action": ["type": "string"], "subject": object(["kind": ["type": "string"], "id": ["type": "string"]]),
        "detail": ["type": "object"], "previousHash": hash, "hash": hash,
    ])

    private static let hash: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

    private static let head: JSONValue = [
        "type": ["object", "null"],
        "properties": [
            "number": ["type": "integer"], "hash": hash, "keyId": ["type": "string"],
            "signature": ["type": "string", "description": "Ed25519, in base64url"],
        ],
    ]
}
