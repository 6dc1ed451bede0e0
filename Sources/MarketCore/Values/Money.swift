/// A currency of the marketplace.
public enum Currency: String, Hashable, Sendable, Codable, CaseIterable {
    case usdc = "USDC"
    case sol = "SOL"

    /// Digits after the decimal point: one unit is 10^decimals base units.
    public var decimals: Int {
        switch self {
        case .usdc: 6
        case .sol: 9
        }
    }
}

/// Why an amount of money could not be made or added.
public enum MoneyError: Error, Hashable, Sendable {
    /// Not a plain decimal such as `12` or `0.001`.
    case malformed(String)
    /// More digits after the point than the currency has.
    case tooPrecise(String, Currency)
    /// Larger than a 64-bit count of base units.
    case overflow
    /// Two currencies in one sum.
    case currencyMismatch(Currency, Currency)
}

/// An exact amount: a count of base units of one currency. Never floating point, never two currencies in one sum.
public struct Money: Hashable, Sendable {
    public let base: Int64
    public let currency: Currency

    public init(base: Int64, currency: Currency) {
        self.base = base
        self.currency = currency
    }

    public static func zero(_ currency: Currency) -> Self {
        Self(base: 0, currency: currency)
    }

    public var isZero: Bool { base == 0 }

    /// The sum; throws ``MoneyError/overflow`` or ``MoneyError/currencyMismatch(_:_:)``.
    public func adding(_ other: Money) throws(MoneyError) -> Money {
        guard currency == other.currency else { throw .currencyMismatch(currency, other.currency) }
        let (sum, overflow) = base.addingReportingOverflow(other.base)
        guard !overflow else { throw .overflow }
        return Money(base: sum, currency: currency)
    }

    /// The difference, which may be negative; throws as ``adding(_:)``.
    public func subtracting(_ other: Money) throws(MoneyError) -> Money {
        guard currency == other.currency else { throw .currencyMismatch(currency, other.currency) }
        let (difference, overflow) = base.subtractingReportingOverflow(other.base)
        guard !overflow else { throw .overflow }
        return Money(base: difference, currency: currency)
    }

    /// The amount a number of times; throws ``MoneyError/overflow``.
    public func multiplied(by count: Int64) throws(MoneyError) -> Money {
        let (product, overflow) = base.multipliedReportingOverflow(by: count)
        guard !overflow else { throw .overflow }
        return Money(base: product, currency: currency)
    }
}

extension Money {
    /// Parses whole currency units, such as `"0.001"` or `"12"`. An exponent, a sign, blanks and digits that the
    /// currency does not have are errors; nothing is rounded.
    public init(decimal text: String, currency: Currency) throws(MoneyError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        let digits = Array(parts[0]) + fraction
        let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        guard !parts[0].isEmpty, parts.count == 1 || !fraction.isEmpty, digits.count <= 40, digits.allSatisfy(isDigit)
        else { throw .malformed(text) }
        let significant = fraction.reversed().drop { $0 == UInt8(ascii: "0") }.count
        guard significant <= currency.decimals else { throw .tooPrecise(text, currency) }
        var value: Int64 = 0
        let padded =
            Array(parts[0]) + fraction.prefix(significant)
            + Array(repeating: UInt8(ascii: "0"), count: currency.decimals - significant)
        for digit in padded {
            let (scaled, first) = value.multipliedReportingOverflow(by: 10)
            let (next, second) = scaled.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !first, !second else { throw .overflow }
            value = next
        }
        self.init(base: value, currency: currency)
    }

    /// Whole currency units without trailing zeros, such as `0.001`, `12` or `-3.5`.
    public var decimal: String {
        var digits = String(base.magnitude)
        let decimals = currency.decimals
        if digits.count <= decimals {
            digits = String(repeating: "0", count: decimals - digits.count + 1) + digits
        }
        let whole = digits.dropLast(decimals)
        var fraction = digits.suffix(decimals)
        while fraction.last == "0" { fraction.removeLast() }
        return (base < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
    }
}

extension Money: CustomStringConvertible {
    public var description: String { "\(decimal) \(currency.rawValue)" }
}

/// How a payment is shared: the platform takes 2.5 %, rounded up to a base unit; the seller gets the rest.
public struct PaymentSplit: Hashable, Sendable {
    public static let feeBasisPoints: Int64 = 250

    public let seller: Money
    public let fee: Money

    /// Splits `amount`, which must not be negative. `seller + fee == amount` for every amount.
    public init(_ amount: Money) {
        precondition(amount.base >= 0, "a payment is never negative")
        // ⌈a·250/10000⌉ = ⌈a/40⌉, written so that it cannot overflow.
        let divisor = 10_000 / Self.feeBasisPoints
        let fee = amount.base / divisor + (amount.base % divisor == 0 ? 0 : 1)
        self.fee = Money(base: fee, currency: amount.currency)
        seller = Money(base: amount.base - fee, currency: amount.currency)
    }
}
