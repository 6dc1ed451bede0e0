import Foundation
import MarketCore

/// A query of skills in the two forms that it can be asked in: as words of the index, and as conditions on cards.
struct SkillMatch: Sendable {
    /// What the index is asked; every part of it is quoted letters and digits.
    private(set) var expression = ""
    /// The same for cards, as far as they know it: neither words nor tags.
    private(set) var filters = Conditions()
    /// What only cards know exactly.
    private(set) var bounds = Conditions()
    let hasWords: Bool
    /// Cards alone cannot answer it.
    let needsIndex: Bool
    /// Nothing could match: there are no words in what was looked for, or no price is in the range.
    let isImpossible: Bool

    /// A prefix of one letter would match nearly everything.
    private static let prefixLengthMin = 2

    init(_ query: SkillQuery) {
        var facets: [String] = []
        if let status = query.status {
            filters.add("c.status = ?", status.rawValue)
        }
        if let category = query.category {
            facets.append(Facet.category(category.rawValue))
            filters.add("c.category = ?", category.rawValue)
        }
        if let agent = query.agentID {
            facets.append(Facet.seller(agent))
            filters.add("c.agent_id = ?", agent.uuid)
        }
        if let kind = query.pricing {
            facets.append(Facet.pricing(kind.rawValue))
            filters.add("c.pricing_kind = ?", kind.rawValue)
        }
        if let runtime = query.runtime {
            facets.append(Facet.runtime(runtime.rawValue))
            filters.add("c.runtime = ?", runtime.rawValue)
        }
        if let needed = query.needsNetwork {
            facets.append(Facet.network(needed))
            filters.add("c.needs_network = ?", needed)
        }
        if let needed = query.needsSecrets {
            facets.append(Facet.secrets(needed))
            filters.add("c.needs_secrets = ?", needed)
        }
        if let currency = query.currency {
            facets.append(Facet.currency(currency.rawValue))
            filters.add("c.currency = ?", currency.rawValue)
        }
        // Each of these is one of several words.
        var choices: [[String]] = []
        if query.priceMin != nil || query.priceMax != nil {
            let (low, high) = (query.priceMin?.base ?? 0, query.priceMax?.base ?? .max)
            choices.append(Facet.prices(from: low, to: high))
            bounds.add("c.price BETWEEN ? AND ?", low, high)
        }
        if let stars = query.starsMin {
            choices.append((min(stars, 5)...5).map { Facet.rating(Double($0)) })
            // Not by the index of ratings: a list in another order would be sorted from all of them.
            filters.add("+c.rating >= ?", stars)
        }
        if let tag = query.tag { facets.append(Facet.tag(tag)) }

        let text = query.search ?? ""
        let words = SearchText(text).words
        hasWords = !words.isEmpty
        needsIndex = hasWords || query.tag != nil
        isImpossible = words.isEmpty && !text.isEmpty || choices.contains { $0.isEmpty }
        var parts: [String] = []
        if hasWords {
            var terms = words.map { "\"\($0)\"" }
            if let last = words.last, last.count >= Self.prefixLengthMin { terms[terms.count - 1] += " *" }
            parts.append("{name display_name tags description} : (\(terms.joined(separator: " AND ")))")
        }
        let wanted =
            facets.map { "\"\($0)\"" }
            + choices.map { "(" + $0.map { "\"\($0)\"" }.joined(separator: " OR ") + ")" }
        if !wanted.isEmpty { parts.append("facets : (\(wanted.joined(separator: " AND ")))") }
        expression = Self.expression(parts, query.status)
    }

    /// What nearly all skills have, the index counts long: being published is asked for as not being anything else.
    private static func expression(_ parts: [String], _ status: Skill.Status?) -> String {
        let all = parts.joined(separator: " AND ")
        guard let status else { return all }
        guard status == .published, !parts.isEmpty else {
            return (parts + ["facets : \"\(Facet.status(status.rawValue))\""]).joined(separator: " AND ")
        }
        let others = Skill.Status.allCases.filter { $0 != status }.map(\.rawValue) + [SkillCard.hiddenStatus]
        return "(\(all)) NOT facets : (" + others.map { "\"\(Facet.status($0))\"" }.joined(separator: " OR ") + ")"
    }
}
