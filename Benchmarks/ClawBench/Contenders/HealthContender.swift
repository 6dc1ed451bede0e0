/// The least that a request can cost: the way through the daemon's HTTP and back.
final class HealthContender: Contender {
    let name = "http.healthz"
    let every = 1
    private let connection: HTTPConnection
    private let request = HTTPRequest("GET", "/healthz").bytes

    init(_ connection: HTTPConnection) {
        self.connection = connection
    }

    func measure() throws(BenchFailure) -> Int64 {
        let answer = try connection.exchange(request)
        guard answer.status == 200 else { throw BenchFailure("/healthz failed: \(answer.summary)") }
        return answer.nanoseconds
    }
}
