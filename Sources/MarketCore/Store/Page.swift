/// Which part of a list is wanted.
public struct PageRequest: Hashable, Sendable {
    public static let limitMax = 200

    /// 1 to 200; of an export up to 10,000.
    public let limit: Int
    /// What the page before gave as its ``Page/nextCursor``; nil for the first page.
    public let cursor: String?

    /// What one part of an export has at most.
    public static let exportLimitMax = 10_000

    /// A limit outside of 1 to `max` becomes the nearest within.
    public init(limit: Int = 50, cursor: String? = nil, max: Int = limitMax) {
        self.limit = Swift.min(Swift.max(limit, 1), max)
        self.cursor = cursor
    }
}

/// One part of a list.
public struct Page<Item: Sendable>: Sendable {
    public let items: [Item]
    /// Where the next page starts; nil at the end. Opaque to clients.
    public let nextCursor: String?
    /// All items of the list.
    public let total: Int64
    /// False where counting stopped at ``total``, and there are at least so many.
    public let isTotalExact: Bool

    public init(items: [Item], nextCursor: String?, total: Int64, isTotalExact: Bool = true) {
        self.items = items
        self.nextCursor = nextCursor
        self.total = total
        self.isTotalExact = isTotalExact
    }
}

extension Page: Equatable where Item: Equatable {}
