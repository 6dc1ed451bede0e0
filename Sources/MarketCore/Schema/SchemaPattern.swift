/// Why a pattern is not supported.
struct PatternError: Error {
    let message: String
}

/// A regular expression that is matched in time linear in the text, whatever the text and the expression.
///
/// Supported: characters, `.`, classes such as `[a-z_]` and `[^0-9]`, `\d \D \w \W \s \S \u00e9 \xe9`, `^`, `$`, groups `(…)` and
/// `(?:…)`, `|`, and `* + ? {n} {n,} {n,m}`. As JSON Schema has it, a pattern matches anywhere in the text unless
/// anchored. Back references, look-around, word boundaries and properties are refused.
struct SchemaPattern: Sendable {
    static let textBytesMax = 1024
    static let instructionsMax = 2048

    let text: String
    let program: [Instruction]

    enum Instruction: Sendable {
        case character(Set)
        case start
        case end
        /// Go on at both places.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// A set of characters as ranges, or all others.
    struct Set: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isInverted = false

        func contains(_ scalar: UInt32) -> Bool {
            ranges.contains { $0.contains(scalar) } != isInverted
        }
    }

    init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= Self.textBytesMax else {
            throw PatternError(message: "the pattern is longer than \(Self.textBytesMax) bytes")
        }
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.pattern()
        var emitter = PatternEmitter()
        try emitter.emit(tree)
        try emitter.append(.match)
        program = emitter.program
    }

    /// Whether the pattern matches somewhere in `text`; nil when that would take more steps than are left.
    func matches(_ text: String, stepsLeft: inout Int) -> Bool? {
        var threads = PatternThreads(program: program)
        var isStart = true
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while true {
            // A new attempt starts at every character, so that the whole stays linear.
            if threads.add(0, isStart: isStart, isEnd: next == nil) { return true }
            stepsLeft -= threads.takeWork() + 1
            guard stepsLeft > 0 else { return nil }
            guard let scalar = next else { return false }
            next = scalars.next()
            isStart = false
            if threads.step(scalar.value, isEnd: next == nil) { return true }
        }
    }
}

/// The places of the program that are reached at one character of the text, each once.
private struct PatternThreads {
    let program: [SchemaPattern.Instruction]
    private var current: [Int] = []
    /// The character at which each place was reached last, so that nothing needs to be cleared.
    private var reached: [Int]
    private var character = 0
    private var stack: [Int] = []
    private var work = 0

    init(program: [SchemaPattern.Instruction]) {
        self.program = program
        reached = Array(repeating: -1, count: program.count)
    }

    /// The places looked at since the last call.
    mutating func takeWork() -> Int {
        defer { work = 0 }
        return work
    }

    /// Follows everything that takes no character; true when the end of the program is reached.
    mutating func add(_ place: Int, isStart: Bool, isEnd: Bool) -> Bool {
        stack.append(place)
        while let place = stack.popLast() {
            work += 1
            guard reached[place] != character else { continue }
            reached[place] = character
            switch program[place] {
            case .match:
                stack.removeAll()
                return true
            case .character: current.append(place)
            case .jump(let target): stack.append(target)
            case .split(let first, let second): stack += [first, second]
            case .start: if isStart { stack.append(place + 1) }
            case .end: if isEnd { stack.append(place + 1) }
            }
        }
        return false
    }

    /// Takes one character; true when the end of the program is reached.
    mutating func step(_ scalar: UInt32, isEnd: Bool) -> Bool {
        let previous = current
        current.removeAll(keepingCapacity: true)
        character += 1
        work += previous.count
        for place in previous {
            if case .character(let set) = program[place], set.contains(scalar),
                add(place + 1, isStart: false, isEnd: isEnd)
            {
                return true
            }
        }
        return false
    }
}
