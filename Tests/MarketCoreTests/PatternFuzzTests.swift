import Fields
import TestSupport
import Testing

@testable import MarketCore

@Suite("Patterns of strangers", .timeLimit(.minutes(2)))
struct PatternFuzzTests {
    /// What makes backtracking engines slow, and what makes parsers fail.
    private static let pieces = [
        "a", "b", "(", ")", "(?:", "|", "*", "+", "?", "{2}", "{3,}", "{1,4}", "{1000}", "[a-c]", "[^b]", ".", "\\w",
        "\\s",
        "^", "$", "(a+)+", "(a|a)*", "(a*)*", "(.*a){5}", "\\u0061", "\\x61", "\\", "[", "]", "{", "}", "é",
    ]

    @Test("are refused, or matched within the steps that they are given", arguments: 0..<8 as Range<UInt64>)
    func bounded(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let texts = [
            "", String(repeating: "a", count: 5000), String(repeating: "ab", count: 2500) + "!", "é\n\u{1F600}",
        ]
        var accepted = 0
        for _ in 0..<2000 {
            let count = Int.random(in: 1...12, using: &random)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
            guard let pattern = try? SchemaPattern(text) else { continue }
            accepted += 1
            #expect(pattern.program.count <= SchemaPattern.instructionsMax, "\(text)")
            for value in texts {
                let given = 100_000
                var left = given
                let isMatch = pattern.matches(value, stepsLeft: &left)
                // At one character no place of the program is looked at more than a few times.
                let stepMax = 4 * (pattern.program.count + 1)
                #expect(given - left <= given + stepMax, "\(text) took \(given - left) steps")
                #expect(isMatch != nil || left <= 0, "\(text) gave up too early")
            }
        }
        #expect(accepted > 100)
    }
}
