import Crypto
public import Fields

/// One entry of the audit log.
public struct AuditEntry: Hashable, Sendable {
    /// 1 for the first, and one more for each that follows.
    public let number: Int64
    public let time: Timestamp
    public let actor: AuditActor
    public let action: AuditAction
    public let subject: AuditSubject
    public let detail: JSONValue
    /// The hash of the entry before; 32 zeros in the first.
    public let previous: [UInt8]
    /// 32 bytes; see ``AuditRecord/hash``.
    public let hash: [UInt8]

    public init(
        number: Int64, time: Timestamp, actor: AuditActor, action: AuditAction, subject: AuditSubject,
        detail: JSONValue, previous: [UInt8], hash: [UInt8]
    ) {
        self.number = number
        self.time = time
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
        self.previous = previous
        self.hash = hash
    }
}

/// The bytes of an entry that its hash covers.
package struct AuditRecord: Hashable, Sendable {
    package static let firstPrevious = [UInt8](repeating: 0, count: 32)

    package var number: Int64
    package var milliseconds: Int64
    package var actorKind: [UInt8]
    package var actorID: [UInt8]
    package var action: [UInt8]
    package var subjectKind: [UInt8]
    package var subjectID: [UInt8]
    package var detail: [UInt8]
    package var previous: [UInt8]

    package init(
        number: Int64, milliseconds: Int64, actorKind: [UInt8], actorID: [UInt8], action: [UInt8],
        subjectKind: [UInt8], subjectID: [UInt8], detail: [UInt8], previous: [UInt8]
    ) {
        self.number = number
        self.milliseconds = milliseconds
        self.actorKind = actorKind
        self.actorID = actorID
        self.action = action
        self.subjectKind = subjectKind
        self.subjectID = subjectID
        self.detail = detail
        self.previous = previous
    }

    package init(_ act: AuditAct, number: Int64, at time: Timestamp, previous: [UInt8]) {
        self.init(
            number: number, milliseconds: time.milliseconds, actorKind: Array(act.actor.kind.utf8),
            actorID: Array((act.actor.agentID?.description ?? "").utf8),
            action: Array(act.action.rawValue.utf8.prefix(AuditAction.bytesMax)),
            subjectKind: Array(act.subject.kind.utf8),
            subjectID: Array(act.subject.id.utf8.prefix(AuditSubject.idBytesMax)), detail: Array(act.detailText.utf8),
            previous: previous)
    }

    /// SHA-256 of a line with the form's name and then every field, each with its length in decimal and a colon before it:
    /// two different entries never have the same bytes.
    package var hash: [UInt8] {
        var hash = SHA256()
        hash.update(data: Array("clawrunner audit 1\n".utf8))
        let numbers = [String(number), String(milliseconds)].map { Array($0.utf8) }
        for field in numbers + [actorKind, actorID, action, subjectKind, subjectID, detail, previous] {
            hash.update(data: Array("\(field.count):".utf8))
            hash.update(data: field)
        }
        return Array(hash.finalize())
    }
}

/// Where the log ends, signed by the node, so that an end that was cut off is missed.
public struct AuditHead: Hashable, Sendable {
    /// Of the last entry, and so how many there are.
    public let number: Int64
    /// Of the last entry.
    public let hash: [UInt8]
    /// Names the key that signed, as the JWKS does.
    public let keyID: String
    /// Ed25519, 64 bytes, over ``signedBytes(number:hash:)``.
    public let signature: [UInt8]

    public init(number: Int64, hash: [UInt8], keyID: String, signature: [UInt8]) {
        self.number = number
        self.hash = hash
        self.keyID = keyID
        self.signature = signature
    }

    /// `clawrunner audit head 1`, the number and the hash in hexadecimal, each with a line end.
    public static func signedBytes(number: Int64, hash: [UInt8]) -> [UInt8] {
        Array("clawrunner audit head 1\n\(number)\n\(hash.hexadecimal)\n".utf8)
    }

    /// As people keep it elsewhere: the number, a colon and the hash.
    public var text: String { "\(number):\(hash.hexadecimal)" }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
