internal import Fields

/// What a run did with its declared destinations.
struct EgressReport: Sendable {
    /// Why a connection was refused or ended by the relay.
    enum Reason: String, Sendable {
        case addressRefused = "address_refused"
        case nameNotFound = "name_not_found"
        case connectFailed = "connect_failed"
        case connectTimeout = "connect_timeout"
        case connectionsLimit = "connections_limit"
        case bytesLimit = "bytes_limit"
        case idleTimeout = "idle_timeout"
        case relayFailed = "relay_failed"
    }

    struct Refusal: Sendable {
        let reason: Reason
        let detail: String
        var count: Int64 = 1
    }

    struct Row: Sendable {
        let destination: NetworkDestination
        var connections: Int64 = 0
        var bytesSent: Int64 = 0
        var bytesReceived: Int64 = 0
        /// What was connected to last.
        var address: String?
        var refusals: [Refusal] = []

        /// Different ones that are kept.
        private static let refusalsMax = 8

        mutating func refuse(_ reason: Reason, _ detail: String) {
            if let index = refusals.firstIndex(where: { $0.reason == reason && $0.detail == detail }) {
                refusals[index].count += 1
            } else if refusals.count < Self.refusalsMax {
                refusals.append(Refusal(reason: reason, detail: detail))
            }
        }
    }

    var rows: [Row]
    let connectionsMax: Int
    let bytesMax: Int64

    private var sentences: [String] {
        rows.flatMap { row in row.refusals.map { "\(row.destination): \($0.detail)" } }
    }

    /// Lines after what the program wrote to standard error: it only saw its connections being reset.
    var log: [UInt8] { sentences.flatMap { Array("clawrunner: connection to \($0)\n".utf8) } }

    /// A refusal ends nothing by itself, but it is often why a program gave up.
    func explain(_ verdict: Verdict) -> Verdict {
        guard let first = sentences.first, [.failed, .signaled].contains(verdict.kind) else { return verdict }
        var verdict = verdict
        verdict.detail += " A connection was refused or ended, to \(first)."
        return verdict
    }

    var json: JSONValue {
        [
            "connectionsMax": .number(connectionsMax), "bytesMax": .number(bytesMax),
            "destinations": .array(
                rows.map { row in
                    [
                        "destination": .string(row.destination.description), "address": .optional(row.address),
                        "connections": .number(row.connections), "bytesSent": .number(row.bytesSent),
                        "bytesReceived": .number(row.bytesReceived),
                        "refusals": .array(
                            row.refusals.map {
                                [
                                    "reason": .string($0.reason.rawValue), "detail": .string($0.detail),
                                    "count": .number($0.count),
                                ]
                            }),
                    ]
                }),
        ]
    }
}
