import Foundation

/// A new directory that only this user may enter, for the daemon's data and for what the other sandboxes need.
struct WorkFolder {
    /// Leaves room for the socket's name within the 107 bytes of a Unix socket address.
    private static let pathBytesMax = 80

    let path: String

    init(in parent: String) throws(BenchFailure) {
        let pattern = "\(parent)/claw-bench-XXXXXX"
        guard pattern.utf8.count <= Self.pathBytesMax else {
            throw BenchFailure("\(parent) is too long a path for a socket in it; choose another with --work.")
        }
        var template = Array(pattern.utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("no directory can be made in \(parent)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// With everything in it; read-only directories, as packages have, included.
    func remove() {
        let manager = FileManager.default
        if let names = manager.enumerator(atPath: path) {
            for case let name as String in names
            where names.fileAttributes?[.type] as? FileAttributeType == .typeDirectory {
                chmod("\(path)/\(name)", 0o700)
            }
        }
        try? manager.removeItem(atPath: path)
    }
}
