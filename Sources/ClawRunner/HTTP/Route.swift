import ExecutionNode
import HTTPTypes
import MarketCore

/// One operation of the API.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Reply

    let method: HTTPRequest.Method
    /// As OpenAPI writes it, such as `/api/v1/agents/{id}`.
    let path: String
    /// What an agent's key must be good for, where one is needed.
    let scopes: KeyScopes
    private let handler: Handler
    private let isQuick: Bool
    /// For the test that every route which changes something does.
    let namesScopes: Bool

    /// - Parameter scopes: nil is read for GET. For all else it is every scope: what changes something names its own.
    /// - Parameter isQuick: the handler never computes for long, so it may stay on the connection's event loop.
    init(
        _ method: HTTPRequest.Method, _ path: String, scopes: KeyScopes? = nil, isQuick: Bool = false,
        _ handler: @escaping Handler
    ) {
        self.scopes = scopes ?? (method == .get ? .read : .all)
        namesScopes = scopes != nil
        self.method = method
        self.path = path
        self.isQuick = isQuick
        self.handler = handler
    }

    func reply(to call: Call) async throws -> Reply {
        guard !isQuick else { return try await handler(call) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await handler(call) }
    }
}

/// Finds the operation of a request.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case found(Route, parameters: [String: String])
        case methodNotAllowed(allowed: [HTTPRequest.Method])
        case notFound
    }

    private enum Segment: Sendable {
        case literal(String)
        case parameter(String)
    }

    private struct Entry: Sendable {
        let route: Route
        let segments: [Segment]
    }

    let routes: [Route]
    /// By number of segments, so that few are compared.
    private let entries: [Int: [Entry]]

    init(_ routes: [Route]) {
        self.routes = routes
        // As OpenAPI says: what is written out comes before what is left open, whatever the method.
        let ordered = routes.sorted { Self.openParts($0.path) < Self.openParts($1.path) }
        entries = Dictionary(
            grouping: ordered.map { route in
                Entry(
                    route: route,
                    segments: Self.split(route.path).map { part in
                        part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
                    })
            }, by: \.segments.count)
    }

    /// - Throws: `NodeError` 400 when a part of the path is not valid percent-encoded UTF-8.
    func match(_ method: HTTPRequest.Method, _ path: String) throws(NodeError) -> Match {
        let parts = Self.split(path)
        var allowed: [HTTPRequest.Method] = []
        var place: String?
        let wanted = method == .head ? .get : method
        for entry in entries[parts.count] ?? [] {
            // What is not of the resource that was found first is another one's.
            guard place == nil || place == entry.route.path,
                let parameters = try Self.parameters(entry.segments, parts)
            else { continue }
            if entry.route.method == wanted { return .found(entry.route, parameters: parameters) }
            place = entry.route.path
            allowed.append(entry.route.method)
        }
        return allowed.isEmpty ? .notFound : .methodNotAllowed(allowed: allowed)
    }

    private static func parameters(_ segments: [Segment], _ parts: [Substring]) throws(NodeError) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text):
                guard part == text else { return nil }
            case .parameter(let name):
                guard !part.isEmpty else { return nil }
                guard let value = percentDecoded(part), !value.utf8.contains(0) else {
                    throw .malformed("The path is not valid percent-encoded UTF-8.")
                }
                parameters[name] = value
            }
        }
        return parameters
    }

    private static func openParts(_ path: String) -> Int { path.count { $0 == "{" } }

    /// The parts between slashes; one slash at the end does not count.
    private static func split(_ path: String) -> [Substring] {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        return Array(parts)
    }
}
