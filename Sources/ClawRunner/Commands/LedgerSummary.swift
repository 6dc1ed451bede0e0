import Fields
import MarketCore
import Metering

/// What a check of the ledger found, from the daemon or from the data directory.
struct LedgerSummary: Sendable {
    struct Sums: Sendable {
        let currency: String
        let depositsBase: Int64
        let agentsBase: Int64
        let platformBase: Int64

        /// Zero in a sound ledger; nil when it does not fit 64 bits.
        var totalBase: Int64? {
            let (agents, first) = agentsBase.addingReportingOverflow(platformBase)
            let (total, second) = agents.addingReportingOverflow(depositsBase)
            return first || second ? nil : total
        }
    }

    let isSound: Bool
    let sums: [Sums]
    let faults: [String]
    let json: JSONValue
    private let accounts: Int64
    private let transfers: Int64

    init(_ json: JSONValue) {
        self.json = json
        accounts = json["accounts"]?.int64 ?? 0
        transfers = json["transfers"]?.int64 ?? 0
        sums = (json["sums"]?.array ?? []).map { sum in
            func base(_ name: String) -> Int64 { sum[name]?.int64 ?? sum[name]?.string.flatMap { Int64($0) } ?? 0 }
            return Sums(
                currency: sum["currency"]?.string ?? "", depositsBase: base("depositsBase"),
                agentsBase: base("agentsBase"), platformBase: base("platformBase"))
        }
        faults = (json["faults"]?.array ?? []).map { fault in
            "\(fault["place"]?.string ?? ""): \(fault["detail"]?.string ?? "")"
        }
        isSound = json["sound"]?.bool == true && faults.isEmpty && sums.allSatisfy { $0.totalBase == 0 }
    }

    init(_ check: LedgerCheck) {
        self.init([
            "sound": .bool(check.isSound), "accounts": .number(check.accounts), "transfers": .number(check.transfers),
            "usages": .number(check.usages), "sums": .array(check.sums.map(\.json)),
            "faults": .array(check.faults.map { ["place": .string($0.place), "detail": .string($0.detail)] }),
        ])
    }

    var sentence: String {
        let what = "\(transfers) transfers between \(accounts) accounts"
        return isSound ? "\(what), sum zero, nothing wrong" : "\(what), \(faults.count) faults"
    }

    func lines(_ terminal: Terminal) -> [String] {
        var table = TextTable([
            .init("CURRENCY"), .init("DEPOSITS", .right), .init("AGENTS", .right), .init("PLATFORM", .right),
            .init("SUM", .right),
        ])
        for sum in sums {
            let currency = Currency(rawValue: sum.currency) ?? .usdc
            func text(_ base: Int64) -> String { Money(base: base, currency: currency).decimal }
            table.add(
                sum.currency, text(sum.depositsBase), text(sum.agentsBase), text(sum.platformBase),
                sum.totalBase.map(text) ?? "overflow")
        }
        let verdict = isSound ? terminal.styled("sound", .green, .bold) : terminal.styled("not sound", .red, .bold)
        return table.lines() + faults.map(Terminal.harmless) + ["\(verdict): \(sentence)"]
    }
}
