public import Crypto

/// Checks receipts with nothing but public keys.
public struct ReceiptVerifier: Sendable {
    private let keys: [String: Curve25519.Signing.PublicKey]

    /// `keys` by their `kid`, as the JWKS lists them.
    public init(keys: [String: Curve25519.Signing.PublicKey]) {
        self.keys = keys
    }

    /// Reads a receipt and checks its signature.
    public func verify(_ compact: String) throws(ReceiptError) -> Receipt {
        let receipt = try Receipt(parsing: compact)
        guard let key = keys[receipt.keyID] else { throw .unknownKey(receipt.keyID) }
        guard key.isValidSignature(receipt.signature, for: receipt.signedBytes) else { throw .badSignature }
        return receipt
    }

    /// Checks that `receipts` are one chain from its first receipt on, in order, without a gap or an edit. Returns the
    /// claims; throws the place of the first fault.
    @discardableResult
    public func verify(chain receipts: [String]) throws(ReceiptChainFault) -> [ReceiptClaims] {
        var claims: [ReceiptClaims] = []
        var previous: Receipt?
        for (index, compact) in receipts.enumerated() {
            let receipt: Receipt
            do {
                receipt = try verify(compact)
            } catch {
                throw ReceiptChainFault(index: index, reason: .receipt(error))
            }
            let expected = Int64(index) + 1
            guard receipt.claims.number == expected else {
                throw ReceiptChainFault(
                    index: index, reason: .number(expected: expected, found: receipt.claims.number))
            }
            guard previous == nil || previous?.claims.chain == receipt.claims.chain else {
                throw ReceiptChainFault(index: index, reason: .otherChain)
            }
            guard receipt.claims.previous == previous?.hash else {
                throw ReceiptChainFault(index: index, reason: .brokenLink)
            }
            claims.append(receipt.claims)
            previous = receipt
        }
        return claims
    }
}

/// Where a chain of receipts is broken, and how.
public struct ReceiptChainFault: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case receipt(ReceiptError)
        /// A receipt is missing, repeated or out of order.
        case number(expected: Int64, found: Int64)
        case otherChain
        /// It does not name the receipt before it.
        case brokenLink
    }

    /// The position in the list, from 0.
    public let index: Int
    public let reason: Reason

    public var description: String {
        let place = "Receipt \(index + 1) of the list"
        return switch reason {
        case .receipt(let error): "\(place): \(error)"
        case .number(let expected, let found): "\(place) has number \(found) where \(expected) must follow."
        case .otherChain: "\(place) belongs to another purchase than the one before."
        case .brokenLink: "\(place) does not carry the hash of the one before."
        }
    }
}
