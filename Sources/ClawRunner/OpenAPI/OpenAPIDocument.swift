import Fields

/// The description of the API that `/openapi.json` serves. A test holds it against the routes.
enum OpenAPIDocument {
    static let json: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "ClawRunner",
            "version": .string(ClawRunnerCommand.version),
            "description": """
            A marketplace of skills, each run in a sandbox of its own. Amounts are decimal strings in whole units of \
            their currency; fields that end in Base are base units, as strings. Sizes are bytes, durations \
            milliseconds, times RFC 3339 in UTC. Every error is application/problem+json (RFC 9457) with a stable \
            code. A half-closed TCP connection counts as a client that went away.
            """,
            "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
        ],
        "servers": [["url": "/", "description": "The daemon's Unix socket, or its loopback address"]],
        "security": [],
        "paths": .object(paths),
        "components": [
            "securitySchemes": [
                "agentKey": [
                    "type": "http", "scheme": "bearer", "description": "The API key that register gives once",
                ],
                "operatorKey": [
                    "type": "http", "scheme": "bearer", "description": "The key in operator.key of the data directory",
                ],
            ],
            "schemas": .object((OpenAPISchemas.json.object ?? [:]).merging(OpenAPIRequests.json.object ?? [:])),
            "responses": OpenAPIResponses.json,
            "headers": OpenAPIHeaders.json,
        ],
    ]

    private static var paths: JSONObject {
        var paths = JSONObject()
        for operation in OpenAPIOperation.all {
            var methods = paths[operation.path]?.object ?? [:]
            methods[operation.method] = operation.json
            paths[operation.path] = .object(methods)
        }
        return paths
    }
}
