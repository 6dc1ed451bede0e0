import Fields
import MarketCore

/// One file of a backup.
struct BackupMember: Hashable, Sendable {
    /// What it is. There are no other names than these, so none leads out of a data directory.
    enum Place: Hashable, Sendable {
        /// The database, with everything committed in it.
        case store
        case operatorKey
        /// A file of `keys/`.
        case key(String)
        /// The canonical archive of a package, whose SHA-256 is its digest.
        case package(PackageDigest)
    }

    let place: Place
    let bytes: Int64
    /// 64 lower-case hexadecimal digits.
    let sha256: String
}

extension BackupMember.Place {
    private static let packagesMark = "packages/"
    private static let packageEnd = ".tar"
    private static let keysMark = "keys/"

    var name: String {
        switch self {
        case .store: "market.db"
        case .operatorKey: "operator.key"
        case .key(let name): Self.keysMark + name
        case .package(let digest): Self.packagesMark + digest.hex + Self.packageEnd
        }
    }

    /// Nil for every name that no member has.
    init?(_ name: String) {
        switch name {
        case "market.db": self = .store
        case "operator.key": self = .operatorKey
        case _ where name.hasPrefix(Self.keysMark):
            let key = String(name.dropFirst(Self.keysMark.count))
            guard Self.isKey(key) else { return nil }
            self = .key(key)
        case _ where name.hasPrefix(Self.packagesMark) && name.hasSuffix(Self.packageEnd):
            let hex = name.dropFirst(Self.packagesMark.count).dropLast(Self.packageEnd.count)
            guard let digest = PackageDigest("sha256:\(hex)") else { return nil }
            self = .package(digest)
        default: return nil
        }
    }

    /// Whether a file of `keys/` with this name holds a key; drafts, say, do not.
    static func isKey(_ name: String) -> Bool {
        (name.hasSuffix(".pem") || name == "secrets.key") && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
            && name.utf8.count <= BackupHeader.nameBytesMax - keysMark.utf8.count
    }

    /// The most that it may take, in bytes.
    var bytesMax: Int64 {
        switch self {
        // What SQLite itself can have at 4 KiB a page.
        case .store: 16 << 40
        case .operatorKey, .key: 4096
        // Of a package of the largest size, with a header and a long path for each entry.
        case .package: Int64(PackageLimits().totalBytesMax) + Int64(PackageLimits().entriesMax + 16) * 8 * 512
        }
    }
}
