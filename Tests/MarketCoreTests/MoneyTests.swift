import MarketCore
import Testing

@Suite("Money")
struct MoneyTests {
    private static let edges: [Int64] = [
        0, 1, 2, 39, 40, 41, 79, 80, 999, 1000, 10_000, 999_999, 1_000_000, .max / 250, .max / 250 + 1, .max / 40,
        .max - 40, .max - 39, .max - 1, .max,
    ]

    @Test(
        "Whole units become base units exactly",
        arguments: [
            ("0", .usdc, 0), ("1", .usdc, 1_000_000), ("0.001", .usdc, 1000), ("0.000001", .usdc, 1),
            ("12.50", .usdc, 12_500_000), ("1.0000000000", .usdc, 1_000_000), ("0.000000001", .sol, 1),
            ("9223372036854.775807", .usdc, .max), ("9223372036.854775807", .sol, .max), ("007", .usdc, 7_000_000),
        ] as [(String, Currency, Int64)])
    func parsing(text: String, currency: Currency, base: Int64) throws {
        #expect(try Money(decimal: text, currency: currency).base == base)
    }

    @Test(
        "What is no plain decimal is refused",
        arguments: [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1 ", "0x1", "1.2.3", "½", "١", "1\u{0}", "NaN",
        ])
    func malformed(text: String) {
        #expect(throws: MoneyError.malformed(text)) { try Money(decimal: text, currency: .usdc) }
    }

    @Test("Nothing is rounded: digits the currency does not have are refused")
    func precision() {
        #expect(throws: MoneyError.tooPrecise("0.0000001", .usdc)) { try Money(decimal: "0.0000001", currency: .usdc) }
        #expect(throws: MoneyError.tooPrecise("0.0000000001", .sol)) {
            try Money(decimal: "0.0000000001", currency: .sol)
        }
    }

    @Test(
        "An amount beyond 64 bits is an error",
        arguments: ["9223372036854.775808", "10000000000000", "1" + String(repeating: "0", count: 38)])
    func overflow(text: String) {
        #expect(throws: MoneyError.overflow) { try Money(decimal: text, currency: .usdc) }
    }

    @Test("What is written reads back", arguments: edges, Currency.allCases)
    func roundTrip(base: Int64, currency: Currency) throws {
        let money = Money(base: base, currency: currency)
        #expect(try Money(decimal: money.decimal, currency: currency) == money)
        if base > 0 { #expect(Money(base: -base, currency: currency).decimal == "-" + money.decimal) }
    }

    @Test("The smallest number of base units is written too")
    func minimum() {
        #expect(Money(base: .min, currency: .usdc).decimal == "-9223372036854.775808")
        #expect(Money(base: 1_500_000, currency: .usdc).description == "1.5 USDC")
    }

    @Test("Sums, differences and products are exact or an error")
    func arithmetic() throws {
        let one = Money(base: 1, currency: .usdc)
        let largest = Money(base: .max, currency: .usdc)
        let smallest = Money(base: .min, currency: .usdc)
        #expect(try largest.subtracting(one).adding(one) == largest)
        #expect(throws: MoneyError.overflow) { try largest.adding(one) }
        #expect(throws: MoneyError.overflow) { try smallest.subtracting(one) }
        #expect(throws: MoneyError.overflow) { try Money.zero(.usdc).subtracting(smallest) }
        #expect(throws: MoneyError.overflow) { try largest.multiplied(by: 2) }
        #expect(throws: MoneyError.overflow) { try smallest.multiplied(by: -1) }
        #expect(try largest.multiplied(by: 1) == largest)
        #expect(try largest.multiplied(by: 0).isZero)
    }

    @Test("Two currencies never meet in one sum")
    func currencies() {
        let usdc = Money(base: 1, currency: .usdc)
        let sol = Money(base: 1, currency: .sol)
        #expect(throws: MoneyError.currencyMismatch(.usdc, .sol)) { try usdc.adding(sol) }
        #expect(throws: MoneyError.currencyMismatch(.sol, .usdc)) { try sol.subtracting(usdc) }
        #expect(usdc != sol)
    }

    @Test("A split gives everything away, and the fee is 2.5 % rounded up", arguments: edges, Currency.allCases)
    func split(base: Int64, currency: Currency) throws {
        let amount = Money(base: base, currency: currency)
        let split = PaymentSplit(amount)
        #expect(try split.seller.adding(split.fee) == amount)
        #expect(split.seller.base >= 0 && split.fee.base >= 0)
        let exact = Int128(base) * 250
        #expect(Int128(split.fee.base) * 10_000 >= exact)
        #expect((Int128(split.fee.base) - 1) * 10_000 < exact)
    }

    @Test("A split conserves random amounts")
    func randomSplits() throws {
        var generator = Xorshift(seed: 0x5eed)
        for _ in 0..<20_000 {
            let base = Int64(generator.next() >> (generator.next() % 63 + 1))
            let split = PaymentSplit(Money(base: base, currency: .usdc))
            #expect(split.seller.base + split.fee.base == base)
            #expect(Int128(split.fee.base) == (Int128(base) * 250 + 9999) / 10_000)
        }
    }
}

/// Repeatable numbers, so that a failure can be looked at again.
struct Xorshift: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
