internal import SandboxProtocol

/// What a waiting sandbox is built from, and which run it can take: one that would be built from the same.
struct ParkRecipe: Hashable, Sendable {
    let start: ParkedStart
    let launch: Launch
}

/// A kind of sandbox that a run could take, and the most that may wait of it.
struct ParkChoice: Sendable {
    let recipe: ParkRecipe
    let countMax: Int
}

/// The sandboxes that wait for runs, those that are being built, and how many there should be. Pure: it says what is to
/// be built and to be ended. Times are nanoseconds of CLOCK_MONOTONIC.
struct ParkedPool {
    struct Sandbox {
        let id: UInt64
        let recipe: ParkRecipe
        var pipes: RunPipes
        let orderedAt: Int64
        /// Nil while it is built.
        var readyAt: Int64?
        var memoryBytes: Int64
        /// No run takes it any more, and its kind does not count it; that it has ended is still to come.
        var isEnding = false
    }

    /// What a run got.
    struct Taken {
        /// Nil: nothing waits, and the run builds its own.
        var sandbox: Sandbox?
        /// Whose demand the run counts for; to be given back by ``ended(_:)``.
        var kinds: [ParkRecipe]
        /// Why what could have been started ahead for this run was not.
        var obstacle: String?
        /// None is left for the next run of its kind.
        var isLast = false
    }

    private struct Kind {
        var countMax: Int
        var demand = Demand()
        /// The last one is taken first: the processor knows it best.
        var ready: [UInt64] = []
        var building = 0
        /// One of them has waited, so that ``memoryBytes`` is what it held.
        var isKnown = false
        /// Starts that failed, lately.
        var failures = 0
        var failedAt: Int64 = 0
        var failure: String?
        /// What one of them holds, as far as is known.
        var memoryBytes: Int64

        func isBarred(now: Int64) -> Bool {
            failures >= ParkedPool.failuresMax && now - failedAt < ParkedPool.barredNanoseconds
        }
    }

    let options: ParkingOptions
    private var kinds: [ParkRecipe: Kind] = [:]
    private var sandboxes: [UInt64: Sandbox] = [:]
    private var hits: [String: Int] = [:]
    private var misses: [String: Int] = [:]

    /// After so many failed starts in a row of one kind it is left alone for a while.
    static let failuresMax = 3
    static let barredNanoseconds: Int64 = 600_000_000_000
    /// Kinds that are used in turn do not push each other out.
    private static let coolNanoseconds: Int64 = 10_000_000_000
    /// More kinds than this are not told apart: the one that was used longest ago is forgotten.
    private static let kindsMax = 256
    /// Until one has said what it holds. Measured with `make bench` for the first.
    private static let sealedBytes: Int64 = 512 << 10
    private static let startedBytes: Int64 = 32 << 20

    init(options: ParkingOptions) {
        self.options = options
    }

    // MARK: Runs

    /// A waiting sandbox of the first kind that has one.
    mutating func take(_ choices: [ParkChoice], now: Int64) -> Taken {
        var taken = Taken(sandbox: nil, kinds: [], obstacle: nil)
        for choice in choices where choice.countMax > 0 {
            var kind = kind(choice)
            if let failure = kind.failure, kind.isBarred(now: now) {
                taken.obstacle = failure
                continue
            }
            let id = kind.ready.popLast()
            kind.demand.begin(now: now)
            if id == nil {
                misses[choice.recipe.start.name, default: 0] += 1
            } else {
                hits[choice.recipe.start.name, default: 0] += 1
            }
            kinds[choice.recipe] = kind
            taken.kinds.append(choice.recipe)
            if let id {
                taken.sandbox = sandboxes.removeValue(forKey: id)
                taken.isLast = kind.ready.isEmpty
                break
            }
        }
        return taken
    }

    mutating func ended(_ recipes: [ParkRecipe]) {
        for recipe in recipes { kinds[recipe]?.demand.end() }
    }

    private mutating func kind(_ choice: ParkChoice) -> Kind {
        if var known = kinds[choice.recipe] {
            known.countMax = choice.countMax
            return known
        }
        if kinds.count >= Self.kindsMax {
            let unused = kinds.filter {
                $0.value.ready.isEmpty && $0.value.building == 0 && $0.value.demand.running == 0
            }
            if let oldest = unused.min(by: { $0.value.demand.lastUse < $1.value.demand.lastUse }) {
                kinds[oldest.key] = nil
            }
        }
        let bytes = choice.recipe.start == .sealed ? Self.sealedBytes : Self.startedBytes
        return Kind(countMax: choice.countMax, memoryBytes: bytes)
    }

    // MARK: Building

    /// What is to be built now, each to be told to ``ordered(_:_:id:now:)``, and what is to be ended to make room.
    mutating func plan(now: Int64) -> (orders: [ParkRecipe], evicted: [UInt64]) {
        var orders: [ParkRecipe] = []
        var evicted: [UInt64] = []
        var (count, bytes, programs) = (0, Int64(0), 0)
        for sandbox in sandboxes.values where !sandbox.isEnding {
            count += 1
            bytes += sandbox.memoryBytes
            if sandbox.recipe.start == .program { programs += 1 }
        }
        // Those that were used last come first, as far as there is room.
        for (recipe, kind) in kinds.sorted(by: { $0.value.demand.lastUse > $1.value.demand.lastUse }) {
            guard !kind.isBarred(now: now), kind.memoryBytes <= options.memoryBytesMax / 4 else { continue }
            let present = kind.ready.count + kind.building
            var missing = max(0, target(recipe, kind, now) - present)
            // What one of them holds is known when the first waits.
            if recipe.start != .sealed, !kind.isKnown { missing = min(missing, 1 - min(1, present)) }
            for _ in 0..<missing {
                // Skills do not take all the room from what serves every skill.
                if recipe.start == .program, programs >= max(1, options.countMax / 2) { break }
                for id in room(for: kind, count, bytes) {
                    count -= 1
                    bytes -= sandboxes[id]?.memoryBytes ?? 0
                    if sandboxes[id]?.recipe.start == .program { programs -= 1 }
                    evicted.append(id)
                    end(id)
                }
                guard count < options.countMax, bytes + kind.memoryBytes <= options.memoryBytesMax else { break }
                orders.append(recipe)
                count += 1
                bytes += kind.memoryBytes
                if recipe.start == .program { programs += 1 }
            }
        }
        return (orders, evicted)
    }

    /// The sandboxes to end so that one more of a kind fits: of kinds that were asked for clearly before it, those first
    /// that were asked for longest ago. None when it fits already, or when that would not be enough.
    private func room(for kind: Kind, _ count: Int, _ bytes: Int64) -> [UInt64] {
        var (count, bytes) = (count, bytes)
        func fits() -> Bool { count < options.countMax && bytes + kind.memoryBytes <= options.memoryBytesMax }
        var victims: [UInt64] = []
        let colder = kinds.values.filter { kind.demand.lastUse - $0.demand.lastUse > Self.coolNanoseconds }
            .sorted { $0.demand.lastUse < $1.demand.lastUse }.flatMap(\.ready)
        for id in colder {
            if fits() { break }
            victims.append(id)
            count -= 1
            bytes -= sandboxes[id]?.memoryBytes ?? 0
        }
        return fits() ? victims : []
    }

    private func target(_ recipe: ParkRecipe, _ kind: Kind, _ now: Int64) -> Int {
        kind.demand.target(
            countMax: kind.countMax, started: recipe.start != .sealed,
            idleNanosecondsMax: options.idleSecondsMax * 1_000_000_000, now: now)
    }

    mutating func ordered(_ recipe: ParkRecipe, _ pipes: RunPipes, id: UInt64, now: Int64) {
        kinds[recipe]?.building += 1
        sandboxes[id] = Sandbox(
            id: id, recipe: recipe, pipes: pipes, orderedAt: now, readyAt: nil,
            memoryBytes: kinds[recipe]?.memoryBytes ?? 0)
    }

    mutating func ready(_ id: UInt64, memoryBytes: Int64, now: Int64) {
        guard var sandbox = sandboxes[id], sandbox.readyAt == nil, !sandbox.isEnding, var kind = kinds[sandbox.recipe]
        else { return }
        sandbox.readyAt = now
        // A sealed one shares most of what it holds; its cgroup does not count the kernel's part.
        if sandbox.recipe.start != .sealed, memoryBytes > 0 {
            sandbox.memoryBytes = memoryBytes
            kind.memoryBytes = memoryBytes
        }
        sandboxes[id] = sandbox
        kind.building -= 1
        kind.isKnown = true
        kind.ready.append(id)
        kinds[sandbox.recipe] = kind
    }

    /// It has ended, or could not be built; nil for what never was there. Its pipes are the caller's to close.
    /// - Parameter failure: why, when that is the fault of what was started in it.
    mutating func lost(_ id: UInt64, failure: String?, now: Int64) -> Sandbox? {
        guard let sandbox = sandboxes.removeValue(forKey: id) else { return nil }
        guard !sandbox.isEnding, var kind = kinds[sandbox.recipe] else { return sandbox }
        if sandbox.readyAt == nil { kind.building -= 1 } else { kind.ready.removeAll { $0 == id } }
        if let failure {
            // Those of long ago do not count; that one came to rest for a moment does not excuse it.
            kind.failures = now - kind.failedAt < Self.barredNanoseconds ? kind.failures + 1 : 1
            kind.failedAt = now
            kind.failure = failure
        }
        kinds[sandbox.recipe] = kind
        return sandbox
    }

    func recipe(of id: UInt64) -> ParkRecipe? { sandboxes[id]?.recipe }

    // MARK: Time

    /// Once a second: the sandboxes that are to be ended, for age, for want of demand, or for want of memory.
    mutating func tick(now: Int64, memoryIsShort: Bool) -> [UInt64] {
        var ended: [UInt64] = []
        for recipe in kinds.keys { kinds[recipe]?.demand.tick() }
        for (recipe, kind) in kinds {
            let target = memoryIsShort ? 0 : target(recipe, kind, now)
            let old = kind.ready.filter { id in
                sandboxes[id].map { now - $0.orderedAt > options.ageSecondsMax * 1_000_000_000 } ?? true
            }
            // The oldest go first.
            let surplus = kind.ready.filter { !old.contains($0) }.dropLast(target)
            ended += old + surplus
        }
        for id in ended { end(id) }
        // They may hold more than was thought when they were built.
        while memoryBytes > options.memoryBytesMax, let id = largestReady() {
            ended.append(id)
            end(id)
        }
        // What nobody asks for any more is forgotten, so that an idle host has nothing to do.
        kinds = kinds.filter { recipe, kind in
            kind.demand.running > 0 || kind.building > 0 || !kind.ready.isEmpty || kind.isBarred(now: now)
                || target(recipe, kind, now) > 0 || now - kind.demand.lastUse < options.idleSecondsMax * 1_000_000_000
        }
        return ended
    }

    private func largestReady() -> UInt64? {
        sandboxes.values.filter { $0.readyAt != nil && !$0.isEnding }.max { $0.memoryBytes < $1.memoryBytes }?.id
    }

    /// No run takes it any more; that it has ended is still to come.
    private mutating func end(_ id: UInt64) {
        guard let recipe = sandboxes[id]?.recipe else { return }
        sandboxes[id]?.isEnding = true
        kinds[recipe]?.ready.removeAll { $0 == id }
    }

    /// All that wait or are being built, and all that was known of demand: what they were built from is no more.
    mutating func drain() -> [UInt64] {
        kinds = [:]
        for id in sandboxes.keys { sandboxes[id]?.isEnding = true }
        return Array(sandboxes.keys)
    }

    /// The same for what was built from one template, which the launcher has no more.
    mutating func drain(template: UInt64) -> [UInt64] {
        kinds = kinds.filter { $0.key.launch.template != template }
        let ids = sandboxes.values.filter { $0.recipe.launch.template == template }.map(\.id)
        for id in ids { sandboxes[id]?.isEnding = true }
        return ids
    }

    /// The launcher lost them all, and the templates. Their pipes are the caller's to close.
    mutating func forgetAll() -> [Sandbox] {
        defer { (kinds, sandboxes) = ([:], [:]) }
        return Array(sandboxes.values)
    }

    // MARK: Tests and measurements

    /// As if so many runs of this kind had gone on at once.
    mutating func expect(_ choice: ParkChoice, count: Int, now: Int64) {
        var kind = kind(choice)
        for _ in 0..<count + 1 { kind.demand.begin(now: now) }
        for _ in 0..<count + 1 { kind.demand.end() }
        kinds[choice.recipe] = kind
    }

    func countReady(_ recipe: ParkRecipe) -> Int { kinds[recipe]?.ready.count ?? 0 }

    // MARK: Figures

    var isIdle: Bool { kinds.isEmpty && sandboxes.isEmpty }

    var memoryBytes: Int64 { sandboxes.values.reduce(0) { $0 + ($1.isEnding ? 0 : $1.memoryBytes) } }

    var report: ParkingReport {
        var report = ParkingReport(hits: hits, misses: misses, memoryBytes: memoryBytes)
        for sandbox in sandboxes.values where sandbox.readyAt != nil && !sandbox.isEnding {
            report.waiting[sandbox.recipe.start.name, default: 0] += 1
        }
        report.failing = kinds.values.count { $0.failure != nil }
        return report
    }
}

/// How well sandboxes that wait serve the runs that come.
public struct ParkingReport: Sendable, Hashable {
    /// By what is started in them: `sealed`, `interpreter`, `program`.
    public var waiting: [String: Int] = [:]
    /// Runs that found one of this kind, and runs that did not, since the host began.
    public var hits: [String: Int] = [:]
    public var misses: [String: Int] = [:]
    /// What they hold, as far as it is counted.
    public var memoryBytes: Int64 = 0
    /// Kinds whose start failed the last time.
    public var failing = 0

    /// Of a host that makes nothing ahead.
    public init() {}

    init(hits: [String: Int], misses: [String: Int], memoryBytes: Int64) {
        self.hits = hits
        self.misses = misses
        self.memoryBytes = memoryBytes
    }
}

extension ParkedStart {
    /// The name in reports.
    var name: String {
        switch self {
        case .sealed: "sealed"
        case .interpreter: "interpreter"
        case .program: "program"
        }
    }
}
