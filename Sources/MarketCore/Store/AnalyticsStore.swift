/// Sums of what was sold and run, by day. They follow the runs at a distance, and are brought up to them before they are
/// read; booking a run costs nothing more for them.
public protocol AnalyticsStore: Sendable {
    /// Adds what was booked since the last time.
    func refreshAnalytics() async throws(StoreError)

    func sales(_ query: SalesQuery) async throws(StoreError) -> [SalesReport]

    /// Whether buyers come back: those of the time before the query's, which is as long as it.
    func retention(_ query: SalesQuery) async throws(StoreError) -> Retention

    /// The whole market's days or months from the first one that begins at `from` or later, the newest first.
    func market(by unit: CalendarUnit, from: Timestamp, to: Timestamp) async throws(StoreError) -> [MarketReport]
}
