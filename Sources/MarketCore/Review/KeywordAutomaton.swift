/// Finds many words in one pass over the bytes, whatever the bytes are (Aho and Corasick, 1975).
struct KeywordAutomaton: Sendable {
    /// State after a byte, 256 for each state.
    private let next: [UInt16]
    /// The words that end in a state.
    private let ends: [[Int]]

    /// - Parameter words: in lower case; together shorter than 65,536 bytes.
    init(_ words: [[UInt8]]) {
        var children: [[UInt8: Int]] = [[:]]
        var ends: [[Int]] = [[]]
        for (index, word) in words.enumerated() {
            var state = 0
            for byte in word {
                if let known = children[state][byte] {
                    state = known
                } else {
                    children.append([:])
                    ends.append([])
                    children[state][byte] = children.count - 1
                    state = children.count - 1
                }
            }
            ends[state].append(index)
        }
        precondition(children.count <= Int(UInt16.max))
        var next = [UInt16](repeating: 0, count: children.count * 256)
        var fallback = [Int](repeating: 0, count: children.count)
        var queue: [Int] = []
        for (byte, child) in children[0] {
            next[Int(byte)] = UInt16(child)
            queue.append(child)
        }
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            let other = fallback[state]
            ends[state] += ends[other]
            // Element by element: a slice of the table would have it copied whole.
            for byte in 0..<256 { next[state * 256 + byte] = next[other * 256 + byte] }
            for (byte, child) in children[state] {
                fallback[child] = Int(next[other * 256 + Int(byte)])
                next[state * 256 + Int(byte)] = UInt16(child)
                queue.append(child)
            }
        }
        self.next = next
        self.ends = ends
    }

    /// Moves on by one byte.
    @inline(__always)
    func step(_ state: inout Int, _ byte: UInt8) {
        state = Int(next[state << 8 | Int(byte)])
    }

    @inline(__always)
    func hasMatches(_ state: Int) -> Bool { !ends[state].isEmpty }

    /// The words that end here.
    @inline(__always)
    func matches(_ state: Int) -> [Int] { ends[state] }
}
