import Crypto
import Fields
import MarketCore

/// What a backup says of itself: its first member.
struct BackupManifest: Hashable, Sendable {
    static let name = "manifest.json"
    /// The second member: the manifest's SHA-256 in hexadecimal digits and a line feed.
    static let sealName = "manifest.sha256"
    static let sealBytes: Int64 = 65
    static let format: Int64 = 1
    static let bytesMax = 24 << 20
    static let membersMax = 100_000

    /// Of clawrunner, which wrote it.
    let version: String
    /// When the store was copied: what was committed later is not in the backup.
    let createdAt: Timestamp
    /// The sums of the ledger, as `ledger verify --json` gives them.
    let ledger: JSONValue
    /// In the order in which they follow.
    let members: [BackupMember]

    var json: JSONValue {
        [
            "format": .number(Self.format), "clawrunner": .string(version),
            "createdAt": .string(createdAt.description), "ledger": ledger,
            "members": .array(
                members.map { member in
                    [
                        "name": .string(member.place.name), "bytes": .number(member.bytes),
                        "sha256": .string(member.sha256),
                    ]
                }),
        ]
    }

    static func seal(_ manifest: [UInt8]) -> [UInt8] {
        Array((hexadecimal(SHA256.hash(data: manifest)) + "\n").utf8)
    }
}

extension BackupManifest {
    /// Reads ``json``, and checks that each member may be there, once, and is no larger than it may be.
    init(_ bytes: [UInt8]) throws {
        let fields = try FieldReader(try JSONValue(parsing: bytes, limits: JSONLimits(bytesMax: Self.bytesMax)))
        let format = try fields.int("format", in: 1...Int64(Int32.max))
        guard format == Self.format else {
            throw fields.error("format", "is \(format); this clawrunner reads \(Self.format)")
        }
        version = try fields.string("clawrunner", maxBytes: 64)
        guard let createdAt = Timestamp(try fields.string("createdAt", maxBytes: 40)) else {
            throw fields.error("createdAt", "must be an RFC 3339 time")
        }
        self.createdAt = createdAt
        guard let ledger = fields.optionalValue("ledger") else { throw fields.error("ledger", "this field is missing") }
        self.ledger = ledger
        var seen: Set<BackupMember.Place> = []
        members = try fields.readers("members", maxCount: Self.membersMax).map { fields in
            let name = try fields.string("name", maxBytes: BackupHeader.nameBytesMax)
            guard let place = BackupMember.Place(name) else {
                throw fields.error("name", "is no file of a data directory: \(quoted(name))")
            }
            guard seen.insert(place).inserted else { throw fields.error("name", "\(name) appears twice") }
            return BackupMember(
                place: place, bytes: try fields.int("bytes", in: 0...place.bytesMax),
                sha256: try fields.string("sha256", minBytes: 64, maxBytes: 64))
        }
        try fields.finish()
        for place in [BackupMember.Place.store, .key("signing.pem")] where !seen.contains(place) {
            throw fields.error("members", "\(place.name) is missing")
        }
    }
}
