package import Fields
import MarketCore

extension ExecutionNode.Recommendation {
    package var json: JSONValue {
        var object: JSONObject = ["skill": related.skill.json]
        let name = origin?.name ?? ""
        switch related.reason {
        case .boughtTogether(let parties):
            object["reason"] = "bought_together"
            object["parties"] = .number(parties)
            object["why"] = .string("\(parties) others who bought \(name) bought it too.")
        case .alike(let tags, let category):
            object["reason"] = "alike"
            object["tags"] = .array(tags.map(JSONValue.string))
            object["why"] = .string(Self.likeness(to: name, tags, category))
        case .trusted:
            object["reason"] = "trusted"
            object["why"] = "It is among the most trusted skills of the market."
        }
        object["because"] = .optional(origin?.name)
        return .object(object)
    }

    private static func likeness(to name: String, _ tags: [String], _ category: Skill.Category?) -> String {
        var parts: [String] = []
        if !tags.isEmpty { parts.append("the \(tags.count == 1 ? "tag" : "tags") \(tags.joined(separator: ", "))") }
        if let category { parts.append("the category \(category.rawValue)") }
        return "It shares \(parts.joined(separator: " and ")) with \(name)."
    }
}
