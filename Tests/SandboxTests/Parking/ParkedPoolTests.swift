import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("The pool of waiting sandboxes")
final class ParkedPoolTests {
    private static let second: Int64 = 1_000_000_000
    private var pool = ParkedPool(options: ParkingOptions(countMax: 6, ageSecondsMax: 100, idleSecondsMax: 50))
    private var now: Int64 = 1_000 * second
    private var nextID: UInt64 = 1

    private static func choice(_ start: ParkedStart = .sealed, template: UInt64 = 1, max: Int = 8) -> ParkChoice {
        let launch = Launch(
            template: template, limits: RunStateTests.limits(), skillPath: "", programs: ["/x"], arguments: [],
            environment: [])
        return ParkChoice(recipe: ParkRecipe(start: start, launch: launch), countMax: max)
    }

    /// Builds what the pool wants; how many of each kind, and what it wants to be ended.
    private func build(ready: Bool = true) throws -> (built: [ParkRecipe], evicted: [UInt64]) {
        let (orders, evicted) = pool.plan(now: now)
        for id in evicted { try end(id) }
        for order in orders {
            nextID += 1
            pool.ordered(order, try RunPipes(), id: nextID, now: now)
            if ready { pool.ready(nextID, memoryBytes: 1 << 20, now: now) }
        }
        return (orders, evicted)
    }

    private func end(_ id: UInt64, failure: String? = nil) throws {
        let sandbox = pool.lost(id, failure: failure, now: now)
        var lost = try #require(sandbox)
        lost.pipes.close()
    }

    /// A run that takes what waits and ends at once; what it took.
    private func run(_ choices: ParkChoice...) -> ParkedStart? {
        let taken = pool.take(choices, now: now)
        var pipes = taken.sandbox?.pipes
        pipes?.close()
        pool.ended(taken.kinds)
        return taken.sandbox?.recipe.start
    }

    private func take(_ choices: ParkChoice...) -> ParkedPool.Taken { pool.take(choices, now: now) }
    private func plan() -> [ParkRecipe] { pool.plan(now: now).orders }
    private func tick(memoryIsShort: Bool = false) -> [UInt64] { pool.tick(now: now, memoryIsShort: memoryIsShort) }
    private func lost(_ id: UInt64) -> UInt64? { pool.lost(id, failure: nil, now: now)?.id }

    private func endAll() {
        for var sandbox in pool.forgetAll() { sandbox.pipes.close() }
    }

    @Test("builds nothing that nobody asks for, and then one more than ran at once")
    func demand() throws {
        #expect(try build().built.isEmpty)
        #expect(run(Self.choice()) == nil)
        #expect(try build().built.count == 2)
        #expect(run(Self.choice()) == .sealed)
        #expect(try build().built.count == 1)
        let three = (0..<3).map { _ in take(Self.choice()) }
        #expect(three.filter { $0.sandbox != nil }.count == 2)
        #expect(try build().built.count == 4)
        for taken in three {
            var pipes = taken.sandbox?.pipes
            pipes?.close()
            pool.ended(taken.kinds)
        }
        endAll()
    }

    @Test("gives each sandbox once, the one that was built last first")
    func once() throws {
        _ = run(Self.choice())
        _ = try build()
        var seen: Set<UInt64> = []
        for _ in 0..<2 {
            let taken = take(Self.choice())
            var sandbox = try #require(taken.sandbox)
            #expect(seen.insert(sandbox.id).inserted)
            sandbox.pipes.close()
        }
        #expect(take(Self.choice()).sandbox == nil)
        endAll()
    }

    @Test("starts no program ahead for a single run")
    func started() throws {
        let (program, sealed) = (Self.choice(.program), Self.choice())
        _ = run(program, sealed)
        #expect(try build().built.allSatisfy { $0.start == .sealed })
        _ = run(program, sealed)
        #expect(try build().built.contains { $0.start == .program })
        #expect(run(program, sealed) == .program)
        endAll()
    }

    @Test("keeps to its number and to the profile's; who is asked for now has precedence over who was long ago")
    func bounds() throws {
        let (cold, hot) = (Self.choice(template: 1, max: 4), Self.choice(template: 2))
        let many = (0..<9).map { _ in take(cold) }
        for taken in many { pool.ended(taken.kinds) }
        #expect(try build().built.count == 4)
        now += 20 * Self.second
        let others = (0..<9).map { _ in take(hot) }
        for taken in others { pool.ended(taken.kinds) }
        let (built, evicted) = try build()
        #expect(built.count == 6 && built.allSatisfy { $0 == hot.recipe })
        #expect(evicted.count == 4)
        endAll()
    }

    @Test("keeps to the memory that it may hold")
    func memory() throws {
        pool = ParkedPool(options: ParkingOptions(memoryBytesMax: 160 << 20))
        _ = run(Self.choice(.program))
        _ = run(Self.choice(.program))
        // 32 MiB until it is known better, and one alone until then.
        #expect(try build(ready: false).built.count == 1)
        #expect(try build().built.isEmpty)
        pool.ready(nextID, memoryBytes: 100 << 20, now: now)
        #expect(pool.memoryBytes == 100 << 20)
        // More than a quarter of all is too much for one.
        #expect(try build().built.isEmpty)
        // A kind that is larger than was thought gives way.
        let others = (0..<4).map { Self.choice(.interpreter, template: 10 + $0) }
        for other in others {
            for _ in 0..<2 { _ = run(other) }
        }
        for order in plan() {
            nextID += 1
            pool.ordered(order, try RunPipes(), id: nextID, now: now)
            pool.ready(nextID, memoryBytes: 30 << 20, now: now)
        }
        #expect(pool.memoryBytes > 160 << 20 || pool.memoryBytes == 130 << 20)
        for id in tick() { try end(id) }
        #expect(pool.memoryBytes <= 160 << 20)
        endAll()
    }

    @Test("leaves half of the places to what serves every skill, and evicts nobody for what would not fit all the same")
    func fairness() throws {
        for template in 1...6 {
            for _ in 0..<2 { _ = run(Self.choice(.program, template: UInt64(template))) }
        }
        var programs = 0
        for _ in 0..<4 { programs += try build().built.count { $0.start == .program } }
        #expect(programs == 3)
        _ = run(Self.choice(.sealed, template: 9))
        #expect(try build().built.contains { $0.start == .sealed })
        endAll()

        pool = ParkedPool(options: ParkingOptions(countMax: 2, memoryBytesMax: 160 << 20))
        for _ in 0..<2 { _ = run(Self.choice(.interpreter, template: 1)) }
        _ = try build()
        _ = try build()
        now += 20 * Self.second
        let many = (0..<3).map { _ in take(Self.choice(.interpreter, template: 2)) }
        for taken in many { pool.ended(taken.kinds) }
        let (built, evicted) = try build()
        // One at a time while it is not known; so one place is enough.
        #expect(built.count == 1 && evicted.count == 1)
        endAll()
    }

    @Test("does not take what is being ended for waiting, whatever is said of it")
    func ending() throws {
        _ = run(Self.choice())
        _ = try build(ready: false)
        let ids = pool.drain()
        _ = run(Self.choice())
        for id in ids { pool.ready(id, memoryBytes: 0, now: now) }
        #expect(run(Self.choice()) == nil)
        for id in ids { try end(id) }
        #expect(plan().count == 2)
        endAll()
    }

    @Test("ends what is old, and all of a kind that is not asked for any more, and has nothing to do then")
    func time() throws {
        _ = run(Self.choice())
        _ = try build()
        now += 10 * Self.second
        #expect(tick().isEmpty)
        now += 41 * Self.second
        let ended = tick()
        #expect(ended.count == 2)
        for id in ended { try end(id) }
        _ = tick()
        #expect(pool.isIdle)

        _ = run(Self.choice())
        _ = try build()
        for _ in 0..<3 {
            now += 40 * Self.second
            _ = run(Self.choice())
            // The one that was built last is taken; the other grows old.
            _ = try build()
        }
        #expect(!tick().isEmpty)
        endAll()
    }

    @Test("ends all that wait when the host is short of memory")
    func pressure() throws {
        _ = run(Self.choice())
        _ = try build()
        #expect(tick(memoryIsShort: true).count == 2)
        #expect(run(Self.choice()) == nil)
        endAll()
    }

    @Test("leaves alone what fails to start, says why, and tries again later")
    func failing() throws {
        let (program, sealed) = (Self.choice(.program), Self.choice())
        _ = run(program, sealed)
        for _ in 0..<3 {
            _ = run(program, sealed)
            let orders = plan()
            let order = try #require(orders.first { $0.start == .program })
            nextID += 1
            pool.ordered(order, try RunPipes(), id: nextID, now: now)
            try end(nextID, failure: "it ended with exit status 1")
        }
        #expect(plan().allSatisfy { $0.start == .sealed })
        let taken = take(program, sealed)
        #expect(taken.obstacle == "it ended with exit status 1")
        #expect(taken.kinds == [sealed.recipe])
        #expect(pool.report.failing == 1)
        pool.ended(taken.kinds)
        now += 601 * Self.second
        _ = run(program, sealed)
        _ = run(program, sealed)
        #expect(plan().contains { $0.start == .program })
        endAll()
    }

    @Test("forgets demand and ends all when it is drained, and of one template with that")
    func drained() throws {
        _ = run(Self.choice(template: 1))
        _ = run(Self.choice(template: 2))
        _ = try build()
        let ids = pool.drain(template: 1)
        #expect(ids.count == 2)
        for id in ids { try end(id) }
        #expect(run(Self.choice(template: 2)) == .sealed)
        for id in pool.drain() { try end(id) }
        #expect(pool.isIdle)
    }

    @Test("knows what the launcher lost, also while it was built")
    func whatTheLauncherLost() throws {
        _ = run(Self.choice())
        _ = try build(ready: false)
        #expect(plan().isEmpty)
        try end(nextID)
        #expect(plan().count == 1)
        #expect(lost(9999) == nil)
        endAll()
        #expect(pool.isIdle)
    }

    @Test("reads the kernel's measure of memory pressure")
    func pressureText() {
        #expect(
            MemoryPressure.share(in: "some avg10=12.50 avg60=0.22 avg300=0.39 total=4\nfull avg10=0.02 total=3\n")
                == 12.5)
        #expect(MemoryPressure.available(in: "MemTotal: 200 kB\nMemFree: 1 kB\nMemAvailable: 50 kB\n") == 0.25)
        #expect(MemoryPressure.available(in: "MemTotal: 200 kB\n") == nil)
        #expect(MemoryPressure.share(in: "") == nil)
        #expect(MemoryPressure.share(in: "full avg10=1") == nil)
    }
}
