import LicenseCheck
import Metering
import Synchronization

/// A switch for a store that cannot work: while it is on, nothing can be booked.
package final class StoreOutage: Sendable {
    private let state = Mutex(false)

    package init() {}

    package var isOn: Bool { state.withLock { $0 } }

    package func set(_ isOn: Bool) { state.withLock { $0 = isOn } }
}

/// Signs receipts except during an outage. A store that cannot sign books nothing, and says so as it does of a full or
/// failing disk.
struct OutageSigner: ReceiptSigner {
    struct Outage: Error {}

    let key: SigningKey
    let outage: StoreOutage

    var keyID: String { key.keyID }

    func signature(over bytes: [UInt8]) throws -> [UInt8] {
        if outage.isOn { throw Outage() }
        return try key.signature(over: bytes)
    }
}
