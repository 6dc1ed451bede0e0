import Foundation

/// A new directory that only this user may enter.
struct TemporaryDirectory: Sendable {
    let path: String

    /// - Parameter pathBytesMax: `TMPDIR` is passed over for `/tmp` where the path would be longer, because a socket's
    ///   path in it is limited to 107 bytes.
    init(_ name: String, pathBytesMax: Int = 80) throws(CommandFailure) {
        let wanted = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let suffix = "/clawrunner-\(name)-XXXXXX"
        let parent = wanted.utf8.count + suffix.utf8.count <= pathBytesMax ? wanted : "/tmp"
        var template = Array((parent + suffix).utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.usage, "No directory can be made in \(parent): \(InputFile.reason(errno)).")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Beside `target`, and so on its file system: what is in it can be moved there at once.
    init(beside target: String) throws(CommandFailure) {
        var template = Array("\(target).draft-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.usage, "No directory can be made beside \(target): \(InputFile.reason(errno)).")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes everything in it; read-only directories, as packages have, included.
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
