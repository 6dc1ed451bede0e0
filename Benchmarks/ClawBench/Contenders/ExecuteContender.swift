import Fields

/// The whole execute request over the daemon's socket: HTTP, key, licence, hold, sandbox, durable settle, receipt.
final class ExecuteContender: Contender {
    let name = "execute.native.cold"
    let every = 1
    private let connection: HTTPConnection
    private let license: Market.License
    private let request: [UInt8]
    private var runs: [(id: String, nanoseconds: Int64)] = []

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
        guard answer.status == 200, let json = answer.json, let id = json["usage"]?["id"]?.string,
            let bytes = json["result"]?["bytes"]?.int64, bytes > 200
        else { throw BenchFailure("an execute request failed: \(answer.summary)") }
        runs.append((id, answer.nanoseconds))
        return answer.nanoseconds
    }

    /// Where the time of the last `count` runs went: the phases that the sandbox reports, and all that is around it.
    func steps(ofLast count: Int) throws(BenchFailure) -> [Series] {
        var around = Series(name: "\(name).around")
        var phases: [Series] = []
        for run in runs.suffix(count) {
            let answer = try connection.exchange(
                HTTPRequest("GET", "/api/v1/executions/\(run.id)", key: license.key).bytes)
            guard answer.status == 200, let json = answer.json else {
                throw BenchFailure("an execution cannot be read: \(answer.summary)")
            }
            guard let reported = json["execution"]?["isolation"]?["phases"]?.object else { continue }
            var inside: Int64 = 0
            for (phase, value) in reported {
                let nanoseconds = (value.int64 ?? 0) * 1000
                inside += nanoseconds
                let name = "\(name).\(phase)"
                if !phases.contains(where: { $0.name == name }) { phases.append(Series(name: name)) }
                for index in phases.indices where phases[index].name == name { phases[index].add(nanoseconds) }
            }
            around.add(run.nanoseconds - inside)
        }
        return [around] + phases
    }
}
