/// Which versions of a skill will do.
public struct VersionRequirement: Hashable, Sendable, LosslessStringConvertible {
    private enum Kind: Hashable, Sendable {
        case any
        case exact(SemanticVersion)
        /// That one, or a later one that breaks nothing: the same major number, or below 1.0.0 the same minor one.
        case compatible(SemanticVersion)
        /// That one, or a later one with the same major and minor number.
        case patches(SemanticVersion)
    }

    private let kind: Kind
    public let description: String

    /// Reads `1.2.3`, `^1.2.3`, `~1.2.3` or `*`.
    public init?(_ description: String) {
        self.description = description
        if description == "*" {
            kind = .any
        } else if description.hasPrefix("^"), let version = SemanticVersion(String(description.dropFirst())) {
            kind = .compatible(version)
        } else if description.hasPrefix("~"), let version = SemanticVersion(String(description.dropFirst())) {
            kind = .patches(version)
        } else if let version = SemanticVersion(description) {
            kind = .exact(version)
        } else {
            return nil
        }
    }

    /// A version before its release fits only where it is named.
    public func accepts(_ version: SemanticVersion) -> Bool {
        switch kind {
        case .any: return version.prerelease.isEmpty
        case .exact(let wanted): return version == wanted
        case .compatible(let least):
            guard version == least || version.prerelease.isEmpty, version >= least else { return false }
            return version.major == least.major && (least.major > 0 || version.minor == least.minor)
        case .patches(let least):
            guard version == least || version.prerelease.isEmpty, version >= least else { return false }
            return version.major == least.major && version.minor == least.minor
        }
    }

    /// The newest of `versions` that fits; nil when none does.
    public func newest(of versions: [SemanticVersion]) -> SemanticVersion? {
        versions.filter(accepts).max()
    }
}
