public import Fields

extension Pricing {
    /// Reads `type`, `price`, `currency`, `interval` and `unit`, as in `skill.toml` and in the API.
    /// - Throws: `FieldError`, also where the parts do not fit together. Unknown fields are the caller's to refuse.
    public init(_ reader: FieldReader) throws(FieldError) {
        let kind: Kind = try reader.enumeration("type")
        let currency: Currency = try reader.optionalEnumeration("currency") ?? .usdc
        let interval: Interval? = try reader.optionalEnumeration("interval")
        let unit = try reader.optionalString("unit", minBytes: 1, maxBytes: 32)
        let price: Money
        if kind == .free {
            price = try reader.optionalMoney("price", currency) ?? .zero(currency)
            guard price.isZero else { throw reader.error("price", "a free skill has no price; leave it out") }
        } else {
            price = try reader.money("price", currency)
            guard price.base > 0 else {
                throw reader.error("price", "must be above zero; a skill without a price has the type \"free\"")
            }
        }
        guard kind == .subscription || interval == nil else {
            throw reader.error("interval", "belongs to the type \"subscription\" only")
        }
        guard kind != .subscription || interval != nil else {
            throw reader.error("interval", "a subscription needs one of daily, weekly, monthly")
        }
        guard kind == .usage || unit == nil else { throw reader.error("unit", "belongs to the type \"usage\" only") }
        self.init(kind: kind, price: price, interval: interval, unit: unit)
    }

    /// As the API shows it; the price is an exact decimal string.
    public var json: JSONValue {
        var object: JSONObject = [
            "type": .string(kind.rawValue), "price": .string(price.decimal),
            "currency": .string(price.currency.rawValue),
        ]
        if let interval { object["interval"] = .string(interval.rawValue) }
        if let unit { object["unit"] = .string(unit) }
        return .object(object)
    }
}

extension FieldReader {
    /// An amount in whole units of the currency, as a number or a string; never negative, never rounded.
    package func money(_ key: String, _ currency: Currency) throws(FieldError) -> Money {
        try money(try decimal(key), key, currency)
    }

    /// As ``money(_:_:)``; nil when the field is absent or null.
    package func optionalMoney(_ key: String, _ currency: Currency) throws(FieldError) -> Money? {
        guard let decimal = try optionalDecimal(key) else { return nil }
        return try money(decimal, key, currency)
    }

    private func money(_ decimal: String, _ key: String, _ currency: Currency) throws(FieldError) -> Money {
        do throws(MoneyError) {
            return try Money(decimal: decimal, currency: currency)
        } catch {
            let message =
                switch error {
                case .tooPrecise:
                    "\(currency.rawValue) has \(currency.decimals) digits after the point, \(displayed(decimal)) has more"
                case .overflow: "is more than can be booked"
                case .malformed, .currencyMismatch: "must be an amount of zero or more, such as \"0.001\""
                }
            throw self.error(key, message)
        }
    }
}
