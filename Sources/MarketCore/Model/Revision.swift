import Crypto
import Fields

/// Names what is edited of an agent or a skill, so that an edit can be bound to what its editor saw. What trade changes
/// (sales, ratings, reputation) has no part in it.
public struct Revision: Hashable, Sendable, CustomStringConvertible {
    /// 16 hexadecimal digits.
    public let description: String

    init(of fields: [JSONValue]) {
        description = hexadecimal(SHA256.hash(data: JSONValue.array(fields).serialized()).prefix(8))
    }
}

/// Of what an edit may be made.
public enum EditCondition: Hashable, Sendable {
    case any
    /// Of these revisions only, as ``Revision/description`` writes them.
    case revisions(Set<String>)

    public func allows(_ revision: Revision) -> Bool {
        switch self {
        case .any: true
        case .revisions(let names): names.contains(revision.description)
        }
    }
}

extension Agent {
    public var revision: Revision {
        Revision(of: [.string(ownerWallet), .string(description), .optional(avatar), .string(status.rawValue)])
    }
}

extension Skill {
    public var revision: Revision {
        let deprecated: JSONValue =
            deprecation.map { [.number($0.at.milliseconds), .string($0.message), .optional($0.successor)] } ?? nil
        return Revision(of: [
            .string(displayName), .string(description), .string(category.rawValue), .array(tags.map(JSONValue.string)),
            pricing.json, .string(status.rawValue), deprecated, .optional(hiddenReason),
            .string(latest.version.description),
        ])
    }
}
