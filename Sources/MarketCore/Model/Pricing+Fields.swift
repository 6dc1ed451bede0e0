public import Fields

extension Pricing {
    /// Reads the fields of a price, as in `skill.toml` and in the API.
    /// - Throws: `FieldError`, also where the parts do not fit together. Unknown fields are the caller's to refuse.
    public init(_ reader: FieldReader) throws(FieldError) {
        let kind: Kind = try reader.enumeration("type")
        let currency: Currency = try reader.optionalEnumeration("currency") ?? .usdc
        let interval: Interval? = try reader.optionalEnumeration("interval")
        guard kind == .subscription || interval == nil else {
            throw reader.error("interval", "belongs to the type \"subscription\" only")
        }
        guard kind != .subscription || interval != nil else {
            throw reader.error("interval", "a subscription needs one of daily, weekly, monthly")
        }
        let per = try Self.read(reader, "per", of: kind, for: .usage) { key throws(FieldError) in
            try reader.optionalInt(key, in: 1...1000)
        }
        guard per == nil || per == 1 || per == 1000 else { throw reader.error("per", "must be 1 or 1000") }
        let price = try Self.price(reader, kind, currency, per: per ?? 1)
        self.init(
            kind: kind, price: price, interval: interval,
            unit: try Self.read(reader, "unit", of: kind, for: .usage) { key throws(FieldError) in
                try reader.optionalString(key, minBytes: 1, maxBytes: 32)
            },
            per: per ?? 1,
            units: try Self.read(reader, "units", of: kind, for: .usage) { key throws(FieldError) in
                try reader.optionalReader(key).map { units throws(FieldError) in try UnitRule(units) }
            },
            prepaidUses: try Self.read(reader, "prepaidUses", of: kind, for: .oneTime) { key throws(FieldError) in
                try reader.optionalInt(key, in: 1...1_000_000_000)
            },
            trialCalls: try Self.trialCalls(reader, kind),
            graceHours: try Self.read(reader, "graceHours", of: kind, for: .subscription) { key throws(FieldError) in
                try reader.optionalInt(key, in: 0...(interval?.graceHoursMax ?? 0))
            },
            licensePrices: try Self.licensePrices(reader, kind, price, per: per ?? 1))
    }

    private static func read<Value>(
        _ reader: FieldReader, _ key: String, of kind: Kind, for owner: Kind,
        _ body: (String) throws(FieldError) -> Value?
    ) throws(FieldError) -> Value? {
        let value = try body(key)
        guard value == nil || kind == owner else {
            throw reader.error(key, "belongs to the type \"\(owner.rawValue)\" only")
        }
        return value
    }

    private static func trialCalls(_ reader: FieldReader, _ kind: Kind) throws(FieldError) -> Int64 {
        let calls = try read(reader, "trialCalls", of: kind, for: .usage) { key throws(FieldError) in
            try reader.optionalInt(key, in: 0...1_000_000)
        }
        guard calls == nil || !reader.has("units") else {
            throw reader.error("trialCalls", "cannot be given with units, of which one free run could have any number")
        }
        return calls ?? 0
    }

    private static func price(
        _ reader: FieldReader, _ kind: Kind, _ currency: Currency, per: Int64
    ) throws(FieldError) -> Money {
        guard kind != .free else {
            let price = try reader.optionalMoney("price", currency) ?? .zero(currency)
            guard price.isZero else { throw reader.error("price", "a free skill has no price; leave it out") }
            return price
        }
        let price = try reader.money("price", currency)
        guard price.base > 0 else {
            throw reader.error("price", "must be above zero; a skill without a price has the type \"free\"")
        }
        try checkShare(price, per, reader, "price")
        return price
    }

    /// A share of a price that is no whole number of base units could not be booked exactly.
    private static func checkShare(
        _ price: Money, _ per: Int64, _ reader: FieldReader, _ key: String
    ) throws(FieldError) {
        guard price.base % per == 0 else {
            let step = Money(base: per, currency: price.currency)
            throw reader.error(
                key, "for \(per) units must be a multiple of \(step.decimal), so that one unit has an exact price")
        }
    }

    private static func licensePrices(
        _ reader: FieldReader, _ kind: Kind, _ price: Money, per: Int64
    ) throws(FieldError) -> [License.Kind: Money] {
        guard let licenses = try reader.optionalReader("licenses") else { return [:] }
        guard kind != .free else { throw reader.error("licenses", "a free skill has no prices; leave them out") }
        var prices: [License.Kind: Money] = [:]
        var least = price
        for license in [License.Kind.commercial, .enterprise] {
            let key = license.rawValue
            guard let own = try licenses.optionalMoney(key, price.currency) else { continue }
            guard own.base >= least.base else {
                throw licenses.error(key, "must be \(least.decimal) or more: a larger licence never costs less")
            }
            try checkShare(own, per, licenses, key)
            prices[license] = own
            least = own
        }
        // A larger licence without a price of its own costs what the next smaller one does.
        if let commercial = prices[.commercial], prices[.enterprise] == nil { prices[.enterprise] = commercial }
        try licenses.finish()
        return prices
    }

    /// As the API shows it; prices are exact decimal strings.
    public var json: JSONValue {
        var object: JSONObject = [
            "type": .string(kind.rawValue), "price": .string(price.decimal),
            "currency": .string(price.currency.rawValue),
        ]
        if let interval { object["interval"] = .string(interval.rawValue) }
        if let unit { object["unit"] = .string(unit) }
        if per != 1 { object["per"] = .number(per) }
        if let units { object["units"] = units.json }
        if let prepaidUses { object["prepaidUses"] = .number(prepaidUses) }
        if trialCalls != 0 { object["trialCalls"] = .number(trialCalls) }
        if kind == .subscription { object["graceHours"] = .number(graceHours) }
        if !licensePrices.isEmpty {
            object["licenses"] = .object(
                License.Kind.allCases.reduce(into: JSONObject()) { prices, kind in
                    if let price = licensePrices[kind] { prices[kind.rawValue] = .string(price.decimal) }
                })
        }
        return .object(object)
    }
}

extension UnitRule {
    init(_ reader: FieldReader) throws(FieldError) {
        self.init(
            source: try reader.enumeration("from"),
            pointer: try reader.string("pointer", minBytes: 1, maxBytes: 255), shape: try reader.enumeration("as"),
            max: try reader.int("max", in: 1...Self.unitsMax))
        guard !pointer.isEmpty, JSONValue.isPointer(pointer) else {
            throw reader.error(
                "pointer",
                "must be a JSON Pointer such as /recipients, where ~0 is a tilde and ~1 a slash, not \(quoted(pointer))"
            )
        }
        try reader.finish()
    }

    var json: JSONValue {
        [
            "from": .string(source.rawValue), "pointer": .string(pointer), "as": .string(shape.rawValue),
            "max": .number(max),
        ]
    }

    /// The units that a payload or a result has; nil when there is not what is to be counted at the pointer, or there are
    /// more than ``max`` or fewer than ``min``.
    public func count(in value: JSONValue) -> Int64? {
        guard let place = value.value(at: pointer) else { return nil }
        let count =
            switch shape {
            case .list: place.array.map { Int64($0.count) }
            case .number: place.int64
            }
        return count.flatMap { (min...max).contains($0) ? $0 : nil }
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
