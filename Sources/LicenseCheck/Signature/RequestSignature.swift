import Crypto
import Fields
import Foundation
import RawStructuredFieldValues

/// One signature of a request as `Signature-Input` and `Signature` carry it (RFC 9421), with Ed25519.
struct RequestSignature {
    /// Bytes of either header field.
    static let fieldBytesMax = 8192
    static let componentsMax = 32
    /// Characters of a nonce.
    static let nonceLengths = 16...128

    /// What is covered, in the order of the signature.
    let components: [String]
    /// Seconds since 1970.
    let created: Int64
    let expires: Int64?
    let nonce: String
    let keyID: String
    private let input: InnerList
    private let signature: [UInt8]

    /// The signature that a request carries; nil when it carries none.
    init?(of message: SignedMessage) throws(SignatureError) {
        let (inputs, signatures) = (message.field("signature-input"), message.field("signature"))
        guard inputs != nil || signatures != nil else { return nil }
        guard let inputs, let signatures else {
            throw .malformed("Signature-Input and Signature go together; one of them is missing")
        }
        let (input, bytes) = (try Self.only(inputs, "Signature-Input"), try Self.only(signatures, "Signature"))
        guard input.label == bytes.label else {
            throw .malformed("Signature has no \(quoted(input.label)), which Signature-Input describes")
        }
        guard case .innerList(let list) = input.member else {
            throw .malformed("Signature-Input must list what is covered, such as (\"@method\" \"@path\");created=…")
        }
        guard case .item(let item) = bytes.member, case .undecodedByteSequence(let text) = item.rfc9651BareItem,
            let signature = Data(base64Encoded: text), signature.count == 64
        else { throw .malformed("Signature must be 64 bytes of Base64 between colons") }
        try self.init(list, Array(signature))
    }

    private init(_ input: InnerList, _ signature: [UInt8]) throws(SignatureError) {
        self.input = input
        self.signature = signature
        guard (1...Self.componentsMax).contains(input.bareInnerList.count) else {
            throw .malformed("a signature covers 1 to \(Self.componentsMax) components")
        }
        var components: [String] = []
        for item in input.bareInnerList {
            guard case .string(let name) = item.rfc9651BareItem, item.rfc9651Parameters.count == 0 else {
                throw .malformed("each covered component is a name without parameters, such as \"content-digest\"")
            }
            guard !name.hasPrefix("@") || SignedMessage.derived.contains(name) else {
                throw .malformed(
                    "\(quoted(name)) cannot be covered here; \(SignedMessage.derived.joined(separator: ", ")) and header "
                        + "fields can")
            }
            guard name == name.lowercased(), !components.contains(name) else {
                throw .malformed("covered components are in small letters, none of them twice")
            }
            components.append(name)
        }
        self.components = components
        let parameters = input.rfc9651Parameters
        created = try Self.integer("created", parameters["created"])
        expires = parameters["expires"] == nil ? nil : try Self.integer("expires", parameters["expires"])
        keyID = try Self.string("keyid", parameters["keyid"])
        nonce = try Self.string("nonce", parameters["nonce"])
        guard Self.nonceLengths.contains(nonce.utf8.count) else {
            throw .malformed(
                "nonce has \(Self.nonceLengths.lowerBound) to \(Self.nonceLengths.upperBound) characters")
        }
        if parameters["alg"] != nil {
            guard case .string("ed25519") = parameters["alg"] else { throw .malformed("alg can only be \"ed25519\"") }
        }
    }

    /// Whether `key` signed this of that request.
    func isValid(for message: SignedMessage, by key: Curve25519.Signing.PublicKey) throws(SignatureError) -> Bool {
        key.isValidSignature(signature, for: try Self.base(message, components, input))
    }

    /// What is signed (RFC 9421, section 2.5).
    static func base(
        _ message: SignedMessage, _ components: [String], _ input: InnerList
    ) throws(SignatureError) -> [UInt8] {
        var base: [UInt8] = []
        for component in components {
            guard let value = message.value(component) else { throw .absent(component) }
            base += Array("\"\(component)\": \(value)\n".utf8)
        }
        return base + Array("\"@signature-params\": ".utf8) + (try text(of: input))
    }

    static func text(of input: InnerList) throws(SignatureError) -> [UInt8] {
        var serializer = StructuredFieldValueSerializer()
        do {
            return try serializer.writeListFieldValue([.innerList(input)])
        } catch {
            throw .malformed("Signature-Input cannot be written as it was read")
        }
    }

    /// Several signatures would leave open which of them counts.
    private static func only(
        _ field: String, _ name: String
    ) throws(SignatureError) -> (label: String, member: ItemOrInnerList) {
        guard field.utf8.count <= fieldBytesMax else {
            throw .malformed("\(name) is longer than \(fieldBytesMax) bytes")
        }
        var parser = StructuredFieldValueParser(Array(field.utf8))
        guard let dictionary = try? parser.parseDictionaryFieldValue() else {
            throw .malformed("\(name) is no dictionary of structured fields (RFC 8941)")
        }
        guard dictionary.count == 1, let (label, member) = dictionary.first else {
            throw .malformed("\(name) must have exactly one signature")
        }
        return (label, member)
    }

    private static func integer(_ name: String, _ item: RFC9651BareItem?) throws(SignatureError) -> Int64 {
        guard case .integer(let value) = item else {
            throw .malformed("\(name) must be there, as whole seconds since 1970")
        }
        return value
    }

    private static func string(_ name: String, _ item: RFC9651BareItem?) throws(SignatureError) -> String {
        guard case .string(let value) = item else { throw .malformed("\(name) must be there, as a string") }
        return value
    }
}
