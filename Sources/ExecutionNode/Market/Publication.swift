package import Fields
public import MarketCore

/// What is to be published: which package, and fields that repeat its manifest.
public struct Publication: Sendable {
    /// Where the files come from.
    public enum Origin: Sendable, Hashable {
        /// The digest of an upload.
        case package(PackageDigest)
        /// A git repository, which is fetched once and pinned.
        case repository(RepositoryPlace)
    }

    public let origin: Origin
    /// The name that people read; the manifest's name when it is not given.
    public let displayName: String?
    /// Given here when the manifest has none.
    public let pricing: Pricing?
    /// Fields that repeat the manifest, by its keys.
    private let repeated: JSONObject
    private let endpoints: [JSONValue]
    /// What is shown beside the manifest.
    let api: PublishedAPI

    public init(package: PackageDigest, displayName: String? = nil, pricing: Pricing? = nil) {
        origin = .package(package)
        self.displayName = displayName
        self.pricing = pricing
        repeated = [:]
        endpoints = []
        api = PublishedAPI()
    }

    /// Reads the body of `POST /skills`.
    package init(_ fields: FieldReader) throws(FieldError) {
        let code = try fields.reader("code")
        origin = try Self.origin(code)

        var repeated = JSONObject()
        for key in ["entryPoint", "dependencies", "documentation", "runtime", "profile"] {
            if let value = code.optionalValue(key) { repeated[key] = value }
        }
        let keys = [
            "version", "description", "category", "runtime", "entryPoint", "profile", "response", "tags",
            "dependencies",
            "documentation", "limits", "network", "secrets", "tests",
        ]
        for key in keys {
            if let value = fields.optionalValue(key) { repeated[key] = value }
        }
        var displayName = try fields.optionalString("displayName", minBytes: 1, maxBytes: 128)
        if let name = try fields.optionalString("name", minBytes: 1, maxBytes: 128) {
            // "SmartEmailer Pro" repeats the name smartemailer-pro, in the form for people.
            repeated["name"] = .string(SkillName.isValid(name) ? name : SkillName.slug(of: name) ?? name)
            if !SkillName.isValid(name) { displayName = displayName ?? name }
        }
        self.displayName = displayName
        self.repeated = repeated
        pricing = try fields.optionalReader("pricing").map { reader throws(FieldError) in try Pricing(reader) }
        let api = try fields.optionalReader("api")
        self.api = PublishedAPI(
            auth: try api?.optionalString("auth", minBytes: 1, maxBytes: 256),
            examples: try api?.list("examples", maxCount: 64) ?? [])
        if let api {
            endpoints = try api.list("endpoints", maxCount: 64)
        } else {
            endpoints = try fields.list("endpoints", maxCount: 64)
        }
        try fields.finish()
    }

    private static func origin(_ code: FieldReader) throws(FieldError) -> Origin {
        let repository = try code.optionalString("repoUrl", maxBytes: RepositoryPlace.urlBytesMax)
        let ref = try code.optionalString("ref", maxBytes: 256)
        guard let text = try code.optionalString("package", maxBytes: 128) else {
            guard let repository else {
                throw code.error(
                    "package",
                    "this field is missing; upload the package to /api/v1/packages and name its digest, or name a "
                        + "git repository as repoUrl")
            }
            return .repository(try RepositoryPlace(repository, ref: ref, code))
        }
        guard let digest = PackageDigest(text) else {
            throw code.error("package", "must be \"sha256:\" and 64 hexadecimal digits, as the upload answered")
        }
        return .package(digest)
    }

    /// - Throws: `FieldError` for the first field that differs from the manifest.
    func check(against manifest: SkillManifest) throws(FieldError) {
        for (key, value) in repeated {
            guard let declared = Self.declared(key, manifest) else {
                throw FieldError(path: key, message: "is not in the package's skill.toml; leave it out or pack it anew")
            }
            guard declared == value else { throw differs(key, value, declared) }
        }
        if let pricing, let declared = manifest.pricing, pricing != declared {
            throw differs("pricing", pricing.json, declared.json)
        }
        guard pricing != nil || manifest.pricing != nil else {
            throw FieldError(path: "pricing", message: "this field is missing; skill.toml has no price either")
        }
        for (index, endpoint) in endpoints.enumerated() {
            try check(endpoint, "api.endpoints[\(index)]", manifest)
        }
    }

    private func check(_ given: JSONValue, _ path: String, _ manifest: SkillManifest) throws(FieldError) {
        guard let object = given.object, let name = object["path"]?.string else {
            throw FieldError(path: path, message: "must be an object with a path")
        }
        guard let declared = manifest.endpoint(name) else {
            throw FieldError(path: "\(path).path", message: "skill.toml declares no endpoint \(quoted(name))")
        }
        let json = manifest.json["endpoints"]?.array?.first { $0["path"]?.string == name }
        for (key, value) in object where key != "path" {
            let equal: Bool
            switch key {
            case "method": equal = value.string?.uppercased() == declared.method.rawValue
            case "params":
                let schema = try? JSONSchema(shorthand: value)
                equal = schema != nil && schema == declared.input
            default: equal = json?[key] == value
            }
            guard equal else { throw differs("\(path).\(key)", value, json?[key] ?? .null) }
        }
    }

    /// What the manifest says, defaults included.
    private static func declared(_ key: String, _ manifest: SkillManifest) -> JSONValue? {
        switch key {
        case "response": .string(manifest.response.rawValue)
        case "tags", "dependencies": manifest.json[key] ?? .array([])
        default: manifest.json[key]
        }
    }

    private func differs(_ path: String, _ given: JSONValue, _ declared: JSONValue) -> FieldError {
        FieldError(
            path: path,
            message: "\(displayed(given.description)) is not what skill.toml says: \(displayed(declared.description))")
    }
}
