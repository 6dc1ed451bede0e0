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

    /// Further headers of its answers, beside those of every answer; ``OpenAPIHeaders`` says what they are.
    var headers: [String] = []
    /// Takes the entity tag of the page that it changes.
    var isConditional = false
    /// Has an entity tag, and may answer that the client's own copy is still what it would get.
    var isTagged = false

    var json: JSONValue {
        var object: JSONObject = ["operationId": .string(id), "summary": .string(summary)]
        switch security {
        case .none: break
        case .agent: object["security"] = [["agentKey": []]]
        case .operator: object["security"] = [["operatorKey": []]]
        }
        let all =
            pathParameters + parameters + (isTagged ? [Self.ifNoneMatch] : []) + (isConditional ? [Self.ifMatch] : [])
        if !all.isEmpty { object["parameters"] = .array(all.map(\.json)) }
        if let body {
            object["requestBody"] = [
                "required": true, "content": .object([body.type: ["schema": body.schema]]),
            ]
        }
        object["responses"] = .object(successes.merging(refusals))
        return .object(object)
    }

    private var successes: JSONObject {
        var responses = JSONObject()
        for answer in success {
            // One status may have several media types.
            var content = responses[String(answer.status)]?["content"]?.object ?? [:]
            content[answer.type] = ["schema": answer.schema]
            let names =
                headers + (isTagged ? ["ETag"] : [])
                + (answer.status == 201 && !headers.contains("Location") ? ["Location"] : [])
            responses[String(answer.status)] = [
                "description": answer.status == 201 ? "Made" : answer.status == 202 ? "Taken" : "Done",
                "headers": OpenAPIHeaders.references(OpenAPIHeaders.ofAll + names),
                "content": .object(content),
            ]
        }
        if isTagged {
            responses["304"] = [
                "description": "What the client has is what it would get",
                "headers": OpenAPIHeaders.references(OpenAPIHeaders.ofAll + ["ETag"]),
            ]
        }
        return responses
    }

    /// What this operation says itself, and what every one of its kind may answer.
    private var refusals: JSONObject {
        var responses = JSONObject()
        for problem in problems {
            responses[String(problem.status)] = OpenAPIResponses.problem(
                problem.status, problem.meaning, headers: headers.filter { $0 != "Location" && $0 != "X-Next-Cursor" })
        }
        func mayAnswer(_ status: Int, _ name: String) {
            guard responses[String(status)] == nil else { return }
            responses[String(status)] = ["$ref": .string("#/components/responses/\(name)")]
        }
        mayAnswer(400, "Malformed")
        if security != .none { mayAnswer(401, "Unauthorized") }
        if security == .operator { mayAnswer(403, "OperatorOnly") }
        if security == .agent { mayAnswer(403, "KeyRefused") }
        if path.contains("{") { mayAnswer(404, "NotFound") }
        mayAnswer(408, "Timeout")
        if isConditional { mayAnswer(412, "Changed") }
        if body != nil {
            mayAnswer(413, "TooLarge")
            if body?.type == "application/json" { mayAnswer(422, "Invalid") }
        }
        mayAnswer(429, "Limited")
        mayAnswer(431, "HeaderTooLarge")
        mayAnswer(500, "Fault")
        mayAnswer(503, "Unavailable")
        return responses
    }

    private static let ifNoneMatch = Parameter(
        name: "If-None-Match", place: "header", description: "The ETag of an earlier answer: 304 while nothing changed")

    private static let ifMatch = Parameter(
        name: "If-Match", place: "header",
        description: "The ETag of the page: the change is made only while nothing that may be edited there has changed")

    private var pathParameters: [Parameter] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            let isNamed = name == "skill" || name == "agent"
            return Parameter(
                name: name, place: "path", description: isNamed ? "Name or identifier" : "Identifier", required: true,
                schema: ["type": "string", "minLength": 1])
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

    /// The body of a request: as ``object(_:)``, but nothing else may be in it, and null stands for a field that is left out.
    static func request(_ properties: KeyValuePairs<String, JSONValue>) -> JSONValue {
        var members = JSONObject()
        var required: [JSONValue] = []
        for (key, value) in properties {
            let name = key.hasSuffix("?") ? String(key.dropLast()) : key
            members[name] = name == key ? value : ["anyOf": [value, ["type": "null"]]]
            if name == key { required.append(.string(name)) }
        }
        return [
            "type": "object", "properties": .object(members), "required": .array(required),
            "additionalProperties": false,
        ]
    }
}

extension OpenAPIOperation.Parameter {
    var json: JSONValue {
        [
            "name": .string(name), "in": .string(place), "description": .string(description),
            "required": .bool(required), "schema": place == "query" && !required ? orEmpty : schema,
        ]
    }

    /// In a query an empty parameter is the same as an absent one.
    private var orEmpty: JSONValue {
        let takesEmpty = schema["type"]?.string == "string" && schema["format"] == nil && schema["minLength"] == nil
        return takesEmpty ? schema : ["anyOf": [schema, ["const": ""]]]
    }
}

extension JSONObject {
    /// Both objects' members; where both have a key, the other's.
    func merging(_ other: JSONObject) -> JSONObject {
        var object = self
        for (key, value) in other { object[key] = value }
        return object
    }
}
