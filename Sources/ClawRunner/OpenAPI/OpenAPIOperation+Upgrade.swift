import Fields

extension OpenAPIOperation {
    /// A licence that becomes larger.
    static let upgradePurchase = OpenAPIOperation(
        method: "post", path: "/api/v1/purchases/{purchase}/upgrade", id: "upgradePurchase",
        summary: "Make a licence larger against the difference of today's prices", parameters: [idempotencyKey],
        body: ("application/json", ref("UpgradeRequest")),
        success: [
            (
                201, "application/json",
                object([
                    "purchase": ref("Purchase"), "purchaseToken": ["type": "string"], "upgrade": ref("Upgrade"),
                    "payment": ["anyOf": [ref("Payment"), ["type": "null"]]],
                ])
            )
        ],
        problems: [
            (402, "The balance or a budget is too small, or it costs more than maxPrice"),
            (403, "Only the buyer may do this"), (404, "There is no such purchase, or it is not the caller's"),
            (
                409,
                "The licence has ended, is that already, or would become smaller; or the skill's prices changed in kind"
            ),
            (422, "A field is wrong, or the key came with another body"),
            (429, "Too many requests, or too many answers are stored for the keys of this agent"),
            (503, "The disk is nearly full, or the database cannot work"),
        ], headers: ["Idempotent-Replayed", "Cache-Control"])

    private static let amount: JSONValue = [
        "type": "string", "description": "Whole units, exact; requests may also give a number", "examples": ["0.5"],
    ]

    static let upgrade = object([
        "id": ["type": "string", "format": "uuid"], "number": ["type": "integer", "minimum": 1], "from": terms,
        "to": terms, "amount": amount, "amountBase": ["type": "string", "description": "Base units"],
        "currency": ["enum": ["USDC", "SOL"]], "createdAt": ["type": "string", "format": "date-time"],
    ])

    private static let terms = object([
        "type": ["enum": ["personal", "commercial", "enterprise"]], "usageLimit": ["type": ["integer", "null"]],
    ])
}
