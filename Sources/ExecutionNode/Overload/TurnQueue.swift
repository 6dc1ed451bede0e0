/// What waits, by whom: the owners are served in turn, and each owner's items in the order in which they came. Nothing is
/// kept of what has left, and every step takes constant time.
struct TurnQueue<Owner: Hashable, Item> {
    private var items: [Int: (owner: Owner, item: Item)] = [:]
    /// The tickets of each owner that waits.
    private var lines: [Owner: Line<Int>] = [:]
    private var turns = Line<Owner>()

    var count: Int { items.count }

    func count(of owner: Owner) -> Int { lines[owner]?.count ?? 0 }

    /// - Parameter ticket: what ``remove(_:)`` knows the item by.
    mutating func append(_ item: Item, of owner: Owner, ticket: Int) {
        items[ticket] = (owner, item)
        lines[owner, default: Line()].append(ticket)
        turns.append(owner)
    }

    /// Nil when it is not there any more.
    mutating func remove(_ ticket: Int) -> Item? {
        guard let (owner, item) = items.removeValue(forKey: ticket) else { return nil }
        lines[owner]?.remove(ticket)
        if count(of: owner) == 0 {
            lines[owner] = nil
            turns.remove(owner)
        }
        return item
    }

    /// Takes the first item of the owner whose turn it is, or of the next one when that one must not go now.
    mutating func next(where mayGo: (Owner) -> Bool) -> (owner: Owner, item: Item)? {
        guard let first = turns.first else { return nil }
        let owner = [first, turns.after(first)].compactMap { $0 }.first(where: mayGo)
        guard let owner, let ticket = lines[owner]?.first, let item = remove(ticket) else { return nil }
        // It goes to the end of the turns.
        if count(of: owner) > 0 {
            turns.remove(owner)
            turns.append(owner)
        }
        return (owner, item)
    }
}
