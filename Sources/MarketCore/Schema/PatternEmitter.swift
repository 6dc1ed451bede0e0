/// Turns the tree of a pattern into instructions. Counted repetitions are written out, within the bound on the whole.
struct PatternEmitter {
    private(set) var program: [SchemaPattern.Instruction] = []
    /// Repetitions of nothing emit nothing, and would be followed without end but for this bound.
    private var visits = 0

    private static let tooLarge = PatternError(
        message: "the pattern is too large once its repetitions are written out")

    mutating func append(_ instruction: SchemaPattern.Instruction) throws(PatternError) {
        guard program.count < SchemaPattern.instructionsMax else { throw Self.tooLarge }
        program.append(instruction)
    }

    mutating func emit(_ tree: PatternTree) throws(PatternError) {
        visits += 1
        guard visits <= 4 * SchemaPattern.instructionsMax else { throw Self.tooLarge }
        switch tree {
        case .empty: break
        case .set(let set): try append(.character(set))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let parts):
            for part in parts { try emit(part) }
        case .choice(let branches): try emit(branches: branches[...])
        case .repetition(let tree, let minimum, let maximum):
            for _ in 0..<minimum { try emit(tree) }
            if let maximum {
                try emitOptional(tree, times: maximum - minimum)
            } else {
                try emitLoop(tree)
            }
        }
    }

    private mutating func emit(branches: ArraySlice<PatternTree>) throws(PatternError) {
        guard let first = branches.first else { return }
        guard branches.count > 1 else { return try emit(first) }
        let split = program.count
        try append(.split(0, 0))
        try emit(first)
        let jump = program.count
        try append(.jump(0))
        program[split] = .split(split + 1, program.count)
        try emit(branches: branches.dropFirst())
        program[jump] = .jump(program.count)
    }

    /// Each of the times may be the last.
    private mutating func emitOptional(_ tree: PatternTree, times: Int) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(program.count)
            try append(.split(0, 0))
            try emit(tree)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }

    private mutating func emitLoop(_ tree: PatternTree) throws(PatternError) {
        let split = program.count
        try append(.split(0, 0))
        try emit(tree)
        try append(.jump(split))
        program[split] = .split(split + 1, program.count)
    }
}
