import Fields

/// The whole execute request over the daemon's socket: HTTP, key, licence, hold, sandbox, durable settle, receipt.
final class ExecuteContender: Contender {
    let name: String
    let every: Int
    let waiting: String
    let aftermathMilliseconds: Int
    private let connection: HTTPConnection
    private let key: String
    private let request: [UInt8]
    /// The run's identifier, what the daemon says of it in `Server-Timing`, and how long the client waited.
    private var runs: [(id: String, phases: [(name: String, nanoseconds: Int64)], nanoseconds: Int64)] = []

    /// - Parameter waiting: what should wait for its runs, as their reports call it.
    init(
        _ name: String, _ connection: HTTPConnection, _ license: Market.License, waiting: String, every: Int = 1,
        aftermathMilliseconds: Int = 5
    ) {
        self.name = name
        self.every = every
        self.waiting = waiting
        self.aftermathMilliseconds = aftermathMilliseconds
        self.connection = connection
        key = license.key
        request = Self.request(license)
    }

    static func request(_ license: Market.License) -> [UInt8] {
        let body: JSONValue = [
            "endpoint": "/answer", "payload": ["text": .string(String(repeating: "claw ", count: 40))],
        ]
        return HTTPRequest(
            "POST", "/api/v1/skills/\(license.skill)/execute", key: license.key,
            headers: [("X-Purchase-Token", license.token)], json: body
        ).bytes
    }

    func measure() throws(BenchFailure) -> Int64 {
        let answer = try connection.exchange(request)
        guard answer.status == 200, let json = answer.json, let id = json["usage"]?["id"]?.string,
            json["result"]?["bytes"]?.int64 ?? 0 >= 200
        else { throw BenchFailure("\(name): an execute request failed: \(answer.summary)") }
        runs.append((id, answer.phases, answer.nanoseconds))
        return answer.nanoseconds
    }

    /// Where the time of the last `count` runs went: the phases that the daemon reports, and what is around them: the
    /// socket, the kernel, the head and the answer.
    func steps(ofLast count: Int) -> [Series] {
        var around = Series(name: "\(name).around")
        var steps: [Series] = []
        for run in runs.suffix(count) {
            for (phase, nanoseconds) in run.phases {
                let name = "\(name).\(phase)"
                if !steps.contains(where: { $0.name == name }) { steps.append(Series(name: name)) }
                for index in steps.indices where steps[index].name == name { steps[index].add(nanoseconds) }
            }
            around.add(run.nanoseconds - run.phases.reduce(0) { $0 + $1.nanoseconds })
        }
        return steps + [around]
    }

    /// The share of the last `count` runs for which what should wait did wait.
    func shareServed(ofLast count: Int) throws(BenchFailure) -> Double {
        var served = 0
        for run in runs.suffix(count) {
            let answer = try connection.call(HTTPRequest("GET", "/api/v1/executions/\(run.id)", key: key))
            if answer["execution"]?["isolation"]?["start"]?["waiting"]?.string == waiting { served += 1 }
        }
        return Double(served) / Double(max(1, min(count, runs.count)))
    }
}
