import GRDB

/// What entries and runs refer to: about 100 bytes for each account, agent, skill, licence and chain of receipts, however
/// many entries and runs there are.
struct KnownRows {
    struct Account {
        let kind: RowWord
        let currency: RowWord
        let balance: Int64
        /// What its entries add up to so far.
        var sum: Int64 = 0
    }

    struct Purchase {
        let buyer: RowKey
        let seller: RowKey
        /// The uses that the licence counts and the free ones among them, less those that were seen.
        var usesLeft: Int64
        var trialsLeft: Int64
    }

    struct Holder: Hashable {
        let owner: RowKey
        let currency: RowWord
    }

    /// With more, the exact way is taken, which sorts in files.
    static let countMax = 2_000_000

    private(set) var accounts: [Account] = []
    private var accountIndices: [Int64: Int] = [:]
    /// The accounts' own identifiers.
    private var agentAccounts: [Holder: Int64] = [:]
    private var platformAccounts: [RowWord: Int64] = [:]
    private(set) var agents: Set<RowKey> = []
    private(set) var skills: Set<RowKey> = []
    private(set) var purchases: [RowKey: Purchase] = [:]

    init(_ db: Database) throws {
        var count: Int64 = 0
        for table in ["accounts", "agents", "skills", "purchases"] {
            count += try db.count("SELECT count(*) FROM \(table)")
        }
        guard count <= Self.countMax else { throw Oddity() }
        try readAccounts(db)
        agents = try Self.keys(of: "agents", db)
        skills = try Self.keys(of: "skills", db)
        try readPurchases(db)
    }

    private static func keys(of table: String, _ db: Database) throws -> Set<RowKey> {
        var keys: Set<RowKey> = []
        try ScannedRow.each(db, "SELECT id FROM \(table)") { keys.insert(try $0.key(0)) }
        return keys
    }

    private mutating func readAccounts(_ db: Database) throws {
        try ScannedRow.each(db, "SELECT id, kind, owner, currency, balance FROM accounts") { row in
            let (id, kind, currency) = (try row.integer(0), try row.word(1), try row.word(3))
            let account = Account(
                kind: kind, currency: currency, balance: try row.integer(4))
            guard kind == .deposits || account.balance >= 0 else { throw Oddity() }
            guard accountIndices.updateValue(accounts.count, forKey: id) == nil else { throw Oddity() }
            accounts.append(account)
            // Of two accounts of one owner the rules would have to choose.
            if kind == .agent {
                let holder = Holder(owner: try row.key(2), currency: currency)
                guard agentAccounts.updateValue(id, forKey: holder) == nil else { throw Oddity() }
            } else if kind == .platform {
                guard platformAccounts.updateValue(id, forKey: currency) == nil else { throw Oddity() }
            } else if kind != .deposits {
                throw Oddity()
            }
        }
    }

    private mutating func readPurchases(_ db: Database) throws {
        let sql = """
            SELECT id, buyer_id, seller_id, current_usage, usage_limit, trial_calls, trial_left FROM purchases
            """
        try ScannedRow.each(db, sql) { row in
            let uses = try row.integer(3)
            guard uses >= 0 else { throw Oddity() }
            if let limit = try row.optionalInteger(4), uses > limit { throw Oddity() }
            let (trials, isTooLarge) = try row.integer(5).subtractingReportingOverflow(row.integer(6))
            guard !isTooLarge else { throw Oddity() }
            let purchase = Purchase(
                buyer: try row.key(1), seller: try row.key(2), usesLeft: uses, trialsLeft: trials)
            guard purchases.updateValue(purchase, forKey: try row.key(0)) == nil else { throw Oddity() }
        }
    }

    func account(of agent: RowKey, in currency: RowWord) throws -> Int64 {
        guard let id = agentAccounts[Holder(owner: agent, currency: currency)] else { throw Oddity() }
        return id
    }

    func platformAccount(in currency: RowWord) throws -> Int64 {
        guard let id = platformAccounts[currency] else { throw Oddity() }
        return id
    }

    /// Adds up what accounts should have. Both must be there and hold the entry's currency.
    mutating func move(_ amount: Int64, in currency: RowWord, from debit: Int64, to credit: Int64) throws {
        guard amount > 0, debit != credit else { throw Oddity() }
        try change(debit, by: -amount, currency)
        try change(credit, by: amount, currency)
    }

    /// Money that comes in, from the one account to the other.
    func checkCash(from outside: Int64, to agent: Int64) throws {
        guard let debit = accountIndices[outside], let credit = accountIndices[agent],
            accounts[debit].kind == .deposits,
            accounts[credit].kind == .agent
        else { throw Oddity() }
    }

    private mutating func change(_ id: Int64, by amount: Int64, _ currency: RowWord) throws {
        guard let index = accountIndices[id], accounts[index].currency == currency else { throw Oddity() }
        let (sum, isTooLarge) = accounts[index].sum.addingReportingOverflow(amount)
        guard !isTooLarge else { throw Oddity() }
        accounts[index].sum = sum
    }

    /// A run under a licence.
    mutating func use(_ purchase: RowKey, counts: Bool, isTrial: Bool) throws {
        guard let index = purchases.index(forKey: purchase) else { throw Oddity() }
        guard counts else { return }
        purchases.values[index].usesLeft &-= 1
        if isTrial { purchases.values[index].trialsLeft &-= 1 }
    }

    /// To be asked once all entries and runs were read.
    var isBalanced: Bool {
        accounts.allSatisfy { $0.sum == $0.balance }
            && purchases.values.allSatisfy { $0.usesLeft == 0 && $0.trialsLeft == 0 }
    }
}
