public import Fields

extension SkillManifest {
    /// The most bytes of a `skill.toml`.
    public static let bytesMax = 256 << 10
    public static let endpointsMax = 64

    /// Reads a `skill.toml`.
    /// - Parameter file: how errors name it.
    /// - Throws: `FieldError` with file and line for the first thing that is not as it should be.
    public init(toml: String, file: String = "skill.toml") throws(FieldError) {
        guard toml.utf8.count <= Self.bytesMax else {
            throw FieldError(path: "", message: "must be at most \(Self.bytesMax) bytes long", file: file)
        }
        try self.init(try FieldReader.toml(toml, file: file))
    }

    /// Reads a manifest back from ``json``.
    public init(json: JSONValue) throws(FieldError) {
        try self.init(try FieldReader(json))
    }

    init(_ reader: FieldReader) throws(FieldError) {
        name = try reader.skillName("name")
        let version = try reader.string("version", minBytes: 1, maxBytes: SemanticVersion.bytesMax)
        guard let parsed = SemanticVersion(version) else {
            throw reader.error("version", "must be a semantic version such as \"1.0.0\", not \(quoted(version))")
        }
        self.version = parsed
        description = try reader.string("description", minBytes: 1, maxBytes: 1024)
        category = try reader.enumeration("category")
        runtime = try reader.enumeration("runtime")
        entryPoint = try EntryPoint(reader, "entryPoint", runtime: runtime)
        profile = try reader.optionalString("profile", minBytes: 1, maxBytes: 64)
        if let profile, !SkillName.isValid(profile) {
            throw reader.error("profile", "must be a profile's name of a-z, 0-9 and -, not \(quoted(profile))")
        }
        response = try reader.optionalEnumeration("response") ?? .json
        warm = try reader.optionalBool("warm") ?? false
        tags = try reader.tags("tags")
        dependencies = try reader.strings("dependencies", maxCount: 64, maxBytes: 214)
        for (index, name) in dependencies.enumerated() {
            try reader.checkDependency(name, "dependencies[\(index)]", earlier: dependencies[..<index])
        }
        documentation = try reader.optionalString("documentation", minBytes: 1, maxBytes: 255)
        if let documentation { try reader.checkPackagePath(documentation, "documentation") }
        pricing = try reader.optionalReader("pricing").map { pricing throws(FieldError) in try Pricing(pricing) }
        endpoints = try Self.endpoints(reader)
        if case .workflow(let workflow) = entryPoint { try Self.check(workflow, named: name, endpoints, reader) }
        limits = try ManifestLimits(reader.optionalReader("limits"))
        network = try reader.optionalReader("network")?.destinations("allow") ?? []
        secrets = try SecretDeclaration.list(reader, "secrets")
        tests = try SkillTestCase.list(reader, "tests", endpoints: endpoints)
        try reader.finish()

        var object = reader.object
        if let pricing, var table = object["pricing"]?.object, table["price"] != nil {
            table["price"] = .string(pricing.price.decimal)
            object["pricing"] = .object(table)
        }
        json = .object(object)
    }

    private static func endpoints(_ reader: FieldReader) throws(FieldError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for item in try reader.readers("endpoints", maxCount: endpointsMax) {
            let endpoint = try Endpoint(item)
            guard !endpoints.contains(where: { $0.path == endpoint.path }) else {
                throw item.error("path", "this path is declared twice")
            }
            endpoints.append(endpoint)
        }
        guard !endpoints.isEmpty else {
            throw reader.error("endpoints", "at least one endpoint must be declared")
        }
        return endpoints
    }
}
