import Fields

/// The whole execute request over the daemon's socket: HTTP, key, licence, hold, sandbox, durable settle, receipt.
final class ExecuteContender: Contender {
    let name = "execute.native.cold"
    let every = 1
    private let connection: HTTPConnection
    private let license: Market.License
    private let request: [UInt8]
    /// What the daemon says of each run in `Server-Timing`, and how long the client waited.
    private var runs: [(phases: [(name: String, nanoseconds: Int64)], nanoseconds: Int64)] = []

    init(_ connection: HTTPConnection, _ license: Market.License) {
        self.connection = connection
        self.license = license
        let body: JSONValue = [
            "endpoint": "/answer", "payload": ["text": .string(String(repeating: "claw ", count: 40))],
        ]
        request =
            HTTPRequest(
                "POST", "/api/v1/skills/\(license.skill)/execute", key: license.key,
                headers: [("X-Purchase-Token", license.token)], json: body
            ).bytes
    }

    func measure() throws(BenchFailure) -> Int64 {
        let answer = try connection.exchange(request)
        guard answer.status == 200, let json = answer.json, let bytes = json["result"]?["bytes"]?.int64, bytes > 200
        else { throw BenchFailure("an execute request failed: \(answer.summary)") }
        runs.append((answer.phases, answer.nanoseconds))
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
}
