import MarketCore
import Testing

@Suite("Money, for any amounts")
struct MoneyPropertyTests {
    /// Small, large, and all between: as many of each length in bits.
    private static func amount(_ generator: inout Xorshift) -> Int64 {
        let edges: [Int64] = [0, 1, -1, .max, .min, .max - 1, .min + 1, 1 << 31, 1 << 32, 1 << 62]
        let drawn = generator.next()
        if drawn % 8 == 0 { return edges[Int(drawn / 8 % UInt64(edges.count))] }
        return Int64(truncatingIfNeeded: generator.next()) >> Int64(drawn / 8 % 63)
    }

    private static func usdc(_ base: Int64) -> Money { Money(base: base, currency: .usdc) }

    @Test("Sums, differences and products are what unbounded numbers give, or an overflow")
    func arithmetic() {
        var generator = Xorshift(seed: 0xadd)
        for _ in 0..<20_000 {
            let (left, right) = (Self.amount(&generator), Self.amount(&generator))
            let results: [(Int128, Result<Money, MoneyError>)] = [
                (Int128(left) + Int128(right), Result { try Self.usdc(left).adding(Self.usdc(right)) }),
                (Int128(left) - Int128(right), Result { try Self.usdc(left).subtracting(Self.usdc(right)) }),
                (Int128(left) * Int128(right), Result { try Self.usdc(left).multiplied(by: right) }),
            ].map { exact, result in (exact, result.mapError { $0 as? MoneyError ?? .malformed("\($0)") }) }
            for (exact, result) in results {
                let expected: Result<Money, MoneyError> =
                    Int64(exactly: exact).map { .success(Self.usdc($0)) } ?? .failure(.overflow)
                #expect(result == expected, "\(left) and \(right)")
            }
        }
    }

    @Test("What is written reads back, and its digits are the amount's", arguments: Currency.allCases)
    func roundTrip(currency: Currency) throws {
        var generator = Xorshift(seed: 0x7e47)
        for _ in 0..<10_000 {
            let money = Money(base: Self.amount(&generator), currency: currency)
            let text = money.decimal
            guard money.base >= 0 else {
                // Negative amounts are only shown.
                #expect(text.first == "-")
                #expect(throws: MoneyError.malformed(text)) { try Money(decimal: text, currency: currency) }
                continue
            }
            #expect(try Money(decimal: text, currency: currency) == money)
            #expect(text.hasSuffix(".") == false && (!text.contains(".") || !text.hasSuffix("0")))
        }
    }

    @Test("A written amount of any length is read exactly, or refused for what is wrong with it")
    func parsing() {
        var generator = Xorshift(seed: 0xdec)
        for _ in 0..<10_000 {
            let whole = (0...generator.next() % 16).map { _ in Character("\(generator.next() % 10)") }
            let fraction = (0..<generator.next() % 9).map { _ in Character("\(generator.next() % 10)") }
            let text = String(whole) + (fraction.isEmpty ? "" : "." + String(fraction))
            let significant = fraction.reversed().drop { $0 == "0" }.count
            let digits =
                String(whole) + String(fraction.prefix(6)) + String(repeating: "0", count: max(0, 6 - fraction.count))
            let exact = Int128(digits).flatMap { Int64(exactly: $0) }
            let expected: Result<Int64, MoneyError> =
                significant > 6
                ? .failure(.tooPrecise(text, .usdc)) : exact.map { .success($0) } ?? .failure(.overflow)
            let result = Result { try Money(decimal: text, currency: .usdc).base }
                .mapError { $0 as? MoneyError ?? .malformed("\($0)") }
            #expect(result == expected, "\(text)")
        }
    }
}
