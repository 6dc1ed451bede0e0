import Fields
import Foundation
import MarketCore
import Metering

/// The place where a page of a list ends: the sort keys of its last row, opaque to clients. A list goes on after those
/// keys, so rows that are added or removed meanwhile neither repeat nor hide others.
struct Cursor: Hashable {
    /// The list and order that it belongs to.
    let list: String
    let key: String
    let id: UUID?

    init(list: String, key: String, id: UUID? = nil) {
        self.list = list
        self.key = key
        self.id = id
    }

    /// Reads the cursor of a request; nil when there is none.
    static func parse(_ text: String?, list: String) throws(StoreError) -> Cursor? {
        guard let text else { return nil }
        guard text.utf8.count <= 1024, let bytes = Base64URL.decode(text),
            let plain = String(validating: bytes, as: UTF8.self)
        else { throw .invalidCursor }
        let parts = plain.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == list else { throw .invalidCursor }
        let id = UUID(uuidString: parts[1])
        guard parts[1].isEmpty || id != nil else { throw .invalidCursor }
        return Cursor(list: list, key: parts[2], id: id)
    }

    var text: String {
        Base64URL.encode(Array("\(list)\n\(id?.uuidString ?? "")\n\(key)".utf8))
    }

    /// The key as a number, with the identifier; throws when it has none.
    func numbered() throws(StoreError) -> (key: Int64, id: UUID) {
        guard let number = Int64(key), let id else { throw .invalidCursor }
        return (number, id)
    }

    /// The key as a real number, with the identifier; throws when it has none.
    func measured() throws(StoreError) -> (key: Double, id: UUID) {
        guard let bits = UInt64(key), let id else { throw .invalidCursor }
        return (Double(bitPattern: bits), id)
    }
}
