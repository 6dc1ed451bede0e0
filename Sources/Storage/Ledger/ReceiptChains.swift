import Crypto
import Metering

/// The last receipt of each chain: about 100 bytes each.
struct ReceiptChains {
    private struct Last {
        let number: Int64
        let hash: SHA256Digest
    }

    private var last: [RowKey: Last] = [:]

    var count: Int { last.count }

    /// The receipt must be the next of its chain, be what its hash says, and name the one before.
    mutating func add(
        _ receipt: UnsafeRawBufferPointer, number: Int64, hash stored: UnsafeRawBufferPointer, to chain: RowKey
    ) throws {
        let previous = last[chain]
        guard number == (previous?.number ?? 0) &+ 1 else { throw Oddity() }
        var hasher = SHA256()
        hasher.update(bufferPointer: receipt)
        let hash = hasher.finalize()
        guard hash.withUnsafeBytes({ $0.elementsEqual(stored) }) else { throw Oddity() }
        guard ReceiptDraft.claims(receipt, number: number, after: previous.map { Array($0.hash) }) else {
            throw Oddity()
        }
        last[chain] = Last(number: number, hash: hash)
    }
}
