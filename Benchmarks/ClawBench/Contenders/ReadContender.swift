import Fields

/// Requests that only read, in turn: HTTP, query, answer.
final class ReadContender: Contender {
    let name: String
    let every = 1
    private let connection: HTTPConnection
    private let requests: [[UInt8]]
    private var next = 0

    init(_ name: String, _ connection: HTTPConnection, paths: [String]) {
        self.name = name
        self.connection = connection
        requests = paths.map { HTTPRequest("GET", $0).bytes }
    }

    func measure() throws(BenchFailure) -> Int64 {
        let answer = try connection.exchange(requests[next % requests.count])
        next += 1
        guard answer.status == 200 else { throw BenchFailure("\(name): a request failed: \(answer.summary)") }
        return answer.nanoseconds
    }

    /// What agents look for: by one word and by several, words that few skills have and words that every sixth has,
    /// beginnings, filters; the list without words in its orders; and pages of single skills.
    static func all(_ connection: HTTPConnection, skill: String, skills: Int) -> [ReadContender] {
        var random = SplitMix(state: 11)
        func word(_ common: Bool) -> String {
            let words = GrownStore.words
            return (common ? words[..<6] : words[6...]).randomElement(using: &random) ?? ""
        }
        let searches = (0..<60).map { number in
            let query =
                switch number % 6 {
                case 0: word(true)
                case 1: word(false)
                case 2: "\(word(true))+\(word(false).prefix(3))"
                case 3: "\(word(false).prefix(4))"
                case 4: "\(word(true))&category=analysis&maxPrice=5"
                default: "\(word(true))&sort=popular&network=none"
                }
            return "/api/v1/skills?search=\(query)"
        }
        let lists = [
            "", "?sort=popular", "?sort=rating&category=analysis", "?runtime=node&minRating=4&sort=popular",
            "?maxPrice=0.5&network=none", "?tag=\(GrownStore.words[10])", "?sort=relevance",
        ].map { "/api/v1/skills\($0)" }
        let pages = (0..<200).map { _ in
            "/api/v1/skills/\(skill)-\(Int.random(in: 10...max(10, skills), using: &random))"
        }
        return [
            ReadContender("search.text", connection, paths: searches),
            ReadContender("skills.list", connection, paths: lists),
            ReadContender("skill.page", connection, paths: pages),
        ]
    }
}
