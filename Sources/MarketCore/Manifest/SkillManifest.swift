public import Fields

/// What `skill.toml` says about a skill: how it is called, what it needs, what it costs.
public struct SkillManifest: Sendable {
    public enum Runtime: String, Hashable, Sendable, CaseIterable {
        /// Any program: one JSON request on standard input, one response on standard output.
        case exec
        /// A function of a Python file.
        case python
        /// A function of a JavaScript module.
        case node
        /// Steps that call other skills.
        case workflow
    }

    /// What the standard output of the skill is.
    public enum ResponseKind: String, Hashable, Sendable, CaseIterable {
        /// Exactly one JSON value.
        case json
        /// Text, which becomes a JSON string.
        case text
    }

    /// The name under which the skill is sold; see ``SkillName``.
    public let name: String
    public let version: SemanticVersion
    public let description: String
    public let category: Skill.Category
    public let runtime: Runtime
    public let entryPoint: EntryPoint
    /// The sandbox profile that the skill asks for; nil leaves the choice to the runtime.
    public let profile: String?
    public let response: ResponseKind
    /// The skill may be started before a request for it is there: what it does until it reads its standard input, or
    /// while its handler's file is loaded, is the same for every request and asks nothing of the clock or of chance.
    public let warm: Bool
    public let tags: [String]
    /// Libraries that the package carries.
    public let dependencies: [String]
    /// The file of the package that explains the skill.
    public let documentation: String?
    /// Nil when the price is only given at publication.
    public let pricing: Pricing?
    /// At least one; no path twice.
    public let endpoints: [Endpoint]
    public let limits: ManifestLimits
    public let network: [NetworkDestination]
    public let secrets: [SecretDeclaration]
    public let tests: [SkillTestCase]
    /// `skill.toml` key for key, prices as decimal strings.
    public let json: JSONValue

    /// The endpoint with this path; nil when there is none.
    public func endpoint(_ path: String) -> Endpoint? {
        endpoints.first { $0.path == path }
    }
}

extension SkillManifest: Hashable {
    // Everything else is read from it.
    public static func == (left: Self, right: Self) -> Bool {
        left.json == right.json
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(json)
    }
}
