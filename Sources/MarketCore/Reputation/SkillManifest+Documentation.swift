extension SkillManifest {
    /// How completely the skill is described, 0 to 1000: a description of some length, what each endpoint does and takes,
    /// an example that is run at publication, tags, and a file that explains it.
    public var documentationScore: Int64 {
        func share(_ points: Int64, _ holds: (Endpoint) -> Bool) -> Int64 {
            points * Int64(endpoints.filter(holds).count) / Int64(max(1, endpoints.count))
        }
        var score = min(200, Int64(description.count) * 200 / 80)
        score += share(200) { !($0.description ?? "").isEmpty }
        score += share(200) { $0.input != nil }
        if !tests.isEmpty { score += 200 }
        if !tags.isEmpty { score += 100 }
        if documentation != nil { score += 100 }
        return score
    }
}
