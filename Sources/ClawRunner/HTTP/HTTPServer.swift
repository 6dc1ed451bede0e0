import ExecutionNode
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// One listening socket that answers with an ``API``.
enum HTTPServer {
    static func service(
        _ api: API, address: BindAddress, limits: ConnectionLimits, logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some Service {
        Application(
            responder: api,
            server: HTTPServerBuilder { GuardedChannel(responder: $0, limits: limits) },
            configuration: ApplicationConfiguration(
                address: address, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connectionsMax, logger: logger)),
            onServerRunning: onRunning, logger: logger)
    }

    /// Every route of the daemon.
    /// - Parameter runs: cancels the runs that are under way.
    static func routes(
        node: ExecutionNode, operatorKey: OperatorKey, metrics: PrometheusMetrics, readiness: Readiness,
        runs: CancelSwitch
    ) -> [Route] {
        let market: [Route] =
            AgentRoutes(node: node).routes + KeyRoutes(node: node).routes + SkillRoutes(node: node).routes
            + VersionRoutes(node: node).routes + ReportRoutes(node: node, operatorKey: operatorKey).routes
            + MarketplaceRoutes(node: node).routes + PurchaseRoutes(node: node).routes
        let proxy: [Route] =
            ExecuteRoutes(node: node, runs: runs).routes + RecordRoutes(node: node).routes
            + DiscoveryRoutes(node: node).routes + ReviewRoutes(node: node, operatorKey: operatorKey).routes
            + AnalyticsRoutes(node: node, operatorKey: operatorKey).routes
        let operation: [Route] =
            AdminRoutes(node: node, operatorKey: operatorKey).routes
            + ControlRoutes(node: node, operatorKey: operatorKey).routes
            + ReviewAdminRoutes(node: node, operatorKey: operatorKey).routes
            + AuditRoutes(node: node, operatorKey: operatorKey).routes
            + SystemRoutes(node: node, metrics: metrics, readiness: readiness).routes
        return market + proxy + operation
    }
}
