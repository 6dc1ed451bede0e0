import Foundation
import GRDB
import MarketCore
import Metering

/// Recomputes from the entries what the store keeps, and names the place of whatever differs: the exact way, which ``QuickAudit``
/// mostly spares. Each part works within one consistent state, and parts may run at once.
struct LedgerAudit {
    enum Part: CaseIterable {
        /// Entries, balances, and what they were booked for.
        case money
        /// References between rows, sums of usage, and receipts.
        case records
    }

    /// What one part found.
    struct Finding: Sendable {
        var faults: [LedgerCheck.Fault] = []
        var sums: [LedgerCheck.Sums] = []
        var accounts: Int64 = 0
        var transfers: Int64 = 0
        var usages: Int64 = 0
    }

    let db: Database
    private(set) var faults: [LedgerCheck.Fault] = []

    /// Pages that cannot be read; sums over such mean nothing.
    static func checkFile(_ db: Database) throws -> [LedgerCheck.Fault] {
        try FileAudit.pages(db, max: LedgerCheck.faultsMax).map {
            LedgerCheck.Fault(place: $0.place, detail: $0.detail)
        }
    }

    static func check(_ db: Database, _ part: Part) throws -> Finding {
        var audit = LedgerAudit(db: db)
        var finding = Finding()
        switch part {
        case .money:
            try audit.checkTransfers()
            try audit.checkCash()
            try audit.checkBalances()
            try audit.checkCharges()
            try audit.checkOrphans()
            try audit.checkGivenBack()
            try audit.checkPurchases()
            try audit.checkUpgrades()
            try audit.checkWorkflows()
            try audit.checkLicences()
            finding.sums = try audit.sums()
            finding.accounts = try db.count("SELECT count(*) FROM accounts")
            finding.transfers = try db.count("SELECT count(*) FROM transfers")
        case .records:
            try audit.checkReferences()
            try audit.checkTotals()
            for check in AnalyticsAudit.checks { try audit.faults(check) }
            try audit.checkChains()
            finding.usages = try db.count("SELECT count(*) FROM usages")
        }
        finding.faults = audit.faults
        return finding
    }

    init(db: Database) {
        self.db = db
    }

    mutating func fault(_ place: String, _ detail: String) {
        guard faults.count < LedgerCheck.faultsMax else { return }
        faults.append(LedgerCheck.Fault(place: place, detail: detail))
    }

    /// Runs a query that selects what is wrong, as rows of a place and a detail.
    mutating func faults(_ sql: String) throws {
        for row in try db.rows(sql + " LIMIT \(LedgerCheck.faultsMax)", []) {
            fault(try row.text("place"), try row.text("detail"))
        }
    }
}
