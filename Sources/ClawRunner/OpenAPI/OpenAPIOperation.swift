import Fields

/// One operation as OpenAPI describes it.
struct OpenAPIOperation {
    enum Security {
        case none, agent, `operator`
    }

    struct Parameter {
        let name: String
        let place: String
        let description: String
        var required = false
        var schema: JSONValue = ["type": "string"]
    }

    let method: String
    let path: String
    let id: String
    let summary: String
    var security = Security.agent
    var parameters: [Parameter] = []
    /// Media type and schema of the body.
    var body: (type: String, schema: JSONValue)?
    /// Status and schema of what is answered when all went well.
    var success: [(status: Int, type: String, schema: JSONValue)]
    /// Statuses of the problems that may be answered, with what each means here.
    var problems: [(status: Int, meaning: String)] = []

    var json: JSONValue {
        var object: JSONObject = ["operationId": .string(id), "summary": .string(summary)]
        switch security {
        case .none: break
        case .agent: object["security"] = [["agentKey": []]]
        case .operator: object["security"] = [["operatorKey": []]]
        }
        let all = pathParameters + parameters
        if !all.isEmpty { object["parameters"] = .array(all.map(\.json)) }
        if let body {
            object["requestBody"] = [
                "required": true, "content": .object([body.type: ["schema": body.schema]]),
            ]
        }
        var responses = JSONObject()
        for answer in success {
            // One status may have several media types.
            var content = responses[String(answer.status)]?["content"]?.object ?? [:]
            content[answer.type] = ["schema": answer.schema]
            responses[String(answer.status)] = [
                "description": answer.status == 201 ? "Made" : "Done", "content": .object(content),
            ]
        }
        // Every request counts against an address or an agent.
        let limited = problems.contains { $0.status == 429 } ? [] : [(429, "Too many requests; policy says whose")]
        for problem in (problems + limited).sorted(by: { $0.status < $1.status }) {
            responses[String(problem.status)] = [
                "description": .string(problem.meaning),
                "content": ["application/problem+json": ["schema": Self.ref("Problem")]],
            ]
        }
        object["responses"] = .object(responses)
        return .object(object)
    }

    private var pathParameters: [Parameter] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            let isNamed = name == "skill" || name == "agent"
            return Parameter(
                name: name, place: "path", description: isNamed ? "Name or identifier" : "Identifier", required: true)
        }
    }

    static func ref(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }
    static func list(of name: String) -> JSONValue { ["type": "array", "items": ref(name)] }

    /// An object with these properties, all of them required but those whose name ends in `?`.
    static func object(_ properties: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var members = JSONObject()
        var required: [JSONValue] = []
        for (key, value) in properties {
            let name = key.hasSuffix("?") ? String(key.dropLast()) : key
            members[name] = value
            if name == key { required.append(.string(name)) }
        }
        return ["type": "object", "properties": .object(members), "required": .array(required)]
    }
}

extension OpenAPIOperation.Parameter {
    var json: JSONValue {
        [
            "name": .string(name), "in": .string(place), "description": .string(description),
            "required": .bool(required), "schema": schema,
        ]
    }
}
