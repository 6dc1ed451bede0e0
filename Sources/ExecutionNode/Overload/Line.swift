/// An order of elements, none of them twice. Every step takes constant time, wherever the element stands.
struct Line<Element: Hashable> {
    private var neighbours: [Element: (before: Element?, after: Element?)] = [:]
    private(set) var first: Element?
    private var last: Element?

    var count: Int { neighbours.count }

    func after(_ element: Element) -> Element? { neighbours[element]?.after }

    mutating func append(_ element: Element) {
        guard neighbours[element] == nil else { return }
        neighbours[element] = (last, nil)
        if let last { neighbours[last]?.after = element } else { first = element }
        last = element
    }

    mutating func remove(_ element: Element) {
        guard let (before, after) = neighbours.removeValue(forKey: element) else { return }
        if let before { neighbours[before]?.after = after } else { first = after }
        if let after { neighbours[after]?.before = before } else { last = before }
    }
}
