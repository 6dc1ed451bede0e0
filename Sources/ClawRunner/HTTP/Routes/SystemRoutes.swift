import ExecutionNode
import Fields
import HTTPTypes
import Metrics
import Sandbox
import Synchronization

/// What balancers, monitors and programs ask about the daemon itself.
struct SystemRoutes {
    let node: ExecutionNode
    let metrics: PrometheusMetrics
    let readiness: Readiness

    var routes: [Route] {
        [
            Route(.get, "/healthz", isQuick: true) { _ in .json(["status": "ok"]) },
            Route(.get, "/readyz", ready),
            Route(.get, "/metrics", scrape),
            Route(.get, "/.well-known/jwks.json", jwks),
            Route(.get, "/openapi.json") { _ in .json(OpenAPIDocument.json) },
            Route(.get, "/problems/{code}", problem),
        ]
    }

    @Sendable private func ready(_: Call) async throws -> Reply {
        guard readiness.isReady else {
            throw NodeError(
                status: 503, code: "not_ready", detail: "The daemon is starting or stopping.", retryable: true,
                retryAfterSeconds: 1)
        }
        try node.requireHealth()
        return .json(["status": "ready"])
    }

    @Sendable private func scrape(_: Call) async throws -> Reply {
        let load = node.load
        Gauge(label: "holds_open").record(load.openHolds)
        Gauge(label: "executions_waiting").record(load.waiting)
        Gauge(label: "execution_slots_free").record(load.freeSlots)
        Gauge(label: "runs_unbooked").record(load.unbooked)
        let parking = node.parkingReport
        for start in ["sealed", "interpreter", "program"] {
            let dimensions = [("start", start)]
            Gauge(label: "sandboxes_waiting", dimensions: dimensions).record(parking.waiting[start] ?? 0)
            Gauge(label: "sandboxes_waiting_hits", dimensions: dimensions).record(parking.hits[start] ?? 0)
            Gauge(label: "sandboxes_waiting_misses", dimensions: dimensions).record(parking.misses[start] ?? 0)
        }
        Gauge(label: "sandboxes_waiting_bytes").record(parking.memoryBytes)
        Gauge(label: "sandboxes_failing_starts").record(parking.failing)
        if let free = node.freeBytes { Gauge(label: "data_free_bytes").record(free) }
        return .text(metrics.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    @Sendable private func problem(_ call: Call) async throws -> Reply {
        guard let entry = ProblemEntry.byCode[call.parameter("code")] else {
            throw NodeError.notFound("problem", call.parameter("code"))
        }
        return .json([
            "code": .string(entry.code), "title": .string(entry.title),
            "statuses": .array(entry.statuses.map { .number($0) }), "meaning": .string(entry.meaning),
            "remedy": .string(entry.remedy), "retryable": .string(entry.retryable),
            "fields": .array(entry.fields.map(JSONValue.string)),
        ]).with(.cacheControl, "public, max-age=300")
    }

    @Sendable private func jwks(_: Call) async throws -> Reply {
        .json(node.jwks).with(.cacheControl, "public, max-age=300")
    }
}

/// Whether the daemon takes requests: after its start, until it is told to stop.
final class Readiness: Sendable {
    private let state = Mutex(false)

    var isReady: Bool { state.withLock { $0 } }

    func set(_ isReady: Bool) { state.withLock { $0 = isReady } }
}
