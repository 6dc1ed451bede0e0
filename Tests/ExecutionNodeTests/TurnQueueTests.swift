import Testing

@testable import ExecutionNode

@Suite("Turns: who waits is served owner by owner")
struct TurnQueueTests {
    private func all(_ queue: inout TurnQueue<String, Int>) -> [String] {
        var order: [String] = []
        while let next = queue.next(where: { _ in true }) { order.append("\(next.owner)\(next.item)") }
        return order
    }

    @Test("owners take turns, and each one's items keep their order")
    func turns() {
        var queue = TurnQueue<String, Int>()
        for (ticket, owner) in ["a", "a", "a", "b", "c", "b"].enumerated() {
            queue.append(ticket, of: owner, ticket: ticket)
        }
        #expect(queue.count == 6)
        #expect(queue.count(of: "a") == 3)
        #expect(all(&queue) == ["a0", "b3", "c4", "a1", "b5", "a2"])
        #expect(queue.count == 0)
        #expect(queue.next { _ in true } == nil)
    }

    @Test("behind a flood of a thousand, another's first item is served within the next round")
    func flood() {
        var queue = TurnQueue<String, Int>()
        for ticket in 0..<1000 { queue.append(ticket, of: "a", ticket: ticket) }
        for _ in 0..<10 { #expect(queue.next { _ in true }?.owner == "a") }
        queue.append(0, of: "b", ticket: 1000)
        #expect([queue.next { _ in true }?.owner, queue.next { _ in true }?.owner] == ["a", "b"])
    }

    @Test("what leaves is gone at once, its owner's turn too, wherever it stood")
    func removal() {
        var queue = TurnQueue<String, Int>()
        for (ticket, owner) in ["a", "b", "a", "c", "a"].enumerated() {
            queue.append(ticket, of: owner, ticket: ticket)
        }
        #expect(queue.remove(1) == 1)
        #expect(queue.remove(1) == nil)
        #expect(queue.remove(2) == 2)
        #expect(queue.count == 3)
        #expect(queue.count(of: "b") == 0)
        #expect(all(&queue) == ["a0", "c3", "a4"])
    }

    @Test("an owner that must not go now keeps its turn, and the next one goes in its place")
    func passedOver() {
        var queue = TurnQueue<String, Int>()
        for (ticket, owner) in ["a", "b", "a", "b"].enumerated() { queue.append(ticket, of: owner, ticket: ticket) }
        #expect(queue.next { $0 != "a" }?.item == 1)
        #expect(queue.next { _ in true }?.item == 0)
        #expect(queue.next { _ in false } == nil)
        #expect(queue.count == 2)
    }

    @Test("serves as a plain model does, whatever comes and goes", arguments: 0..<20)
    func model(seed: Int) {
        var random = SystemRandomNumberGenerator()
        var queue = TurnQueue<Int, Int>()
        var model: [(owner: Int, tickets: [Int])] = []
        for ticket in 0..<500 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let owner = Int.random(in: 0..<6, using: &random)
                queue.append(ticket, of: owner, ticket: ticket)
                if let index = model.firstIndex(where: { $0.owner == owner }) {
                    model[index].tickets.append(ticket)
                } else {
                    model.append((owner, [ticket]))
                }
            case 2:
                let gone = Int.random(in: 0...ticket, using: &random)
                let index = model.firstIndex { $0.tickets.contains(gone) }
                #expect((queue.remove(gone) != nil) == (index != nil))
                if let index {
                    model[index].tickets.removeAll { $0 == gone }
                    if model[index].tickets.isEmpty { model.remove(at: index) }
                }
            default:
                let next = queue.next { _ in true }
                #expect(next?.owner == model.first?.owner)
                #expect(next?.item == model.first?.tickets.first)
                guard var first = model.first else { continue }
                model.removeFirst()
                first.tickets.removeFirst()
                if !first.tickets.isEmpty { model.append(first) }
            }
            #expect(queue.count == model.reduce(0) { $0 + $1.tickets.count })
        }
    }
}
