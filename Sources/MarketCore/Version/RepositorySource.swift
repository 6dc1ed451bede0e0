public import Fields

/// The git repository that a version was packed from.
public struct RepositorySource: Hashable, Sendable {
    public let url: String
    /// The branch, tag or commit that was asked for; nil for what the repository has as its default.
    public let ref: String?
    /// The commit that `ref` was then, 40 or 64 hexadecimal digits.
    public let commit: String

    public init(url: String, ref: String?, commit: String) {
        self.url = url
        self.ref = ref
        self.commit = commit
    }

    /// As it is stored and shown.
    public var json: JSONValue { ["url": .string(url), "ref": .optional(ref), "commit": .string(commit)] }

    /// Reads ``json`` back; nil when it is anything else.
    public init?(json: JSONValue) {
        guard let url = json["url"]?.string, let commit = json["commit"]?.string else { return nil }
        self.init(url: url, ref: json["ref"]?.string, commit: commit)
    }
}
