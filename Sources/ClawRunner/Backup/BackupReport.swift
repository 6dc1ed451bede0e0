import Fields
import MarketCore

/// What a backup holds, or what was restored from one, for the person or program that asked.
struct BackupReport: Sendable {
    /// The backup, or the data directory that was made from it.
    let file: String
    /// Of the backup.
    let bytes: Int64
    let manifest: BackupManifest
    let ledger: LedgerSummary

    var json: JSONValue {
        [
            "path": .string(file), "bytes": .number(bytes), "clawrunner": .string(manifest.version),
            "createdAt": .string(manifest.createdAt.description), "packages": .number(packages),
            "keys": .number(keys), "ledger": ledger.json,
        ]
    }

    /// Such as `12 MiB, 3 packages and 2 keys`.
    var contents: String {
        "\(Quantity.bytes(bytes)), \(packages) package\(packages == 1 ? "" : "s") and \(keys) key\(keys == 1 ? "" : "s")"
    }

    private var packages: Int {
        manifest.members.count { if case .package = $0.place { true } else { false } }
    }

    private var keys: Int {
        manifest.members.count { member in
            switch member.place {
            case .key, .operatorKey: true
            case .store, .package: false
            }
        }
    }
}
