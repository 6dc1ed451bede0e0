import Foundation
import GRDB

@testable import Storage

/// A file as a version of before wrote it, in a directory of its own, which goes with it.
final class FormerFile {
    let path: String
    private let directory: URL

    /// - Parameter step: the last migration of that version.
    init(upTo step: String, _ fill: (Database) throws -> Void) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "former-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.appending(path: "market.db").path
        let queue = try DatabaseQueue(path: path)
        try Migrations.migrator().migrate(queue, upTo: step)
        try queue.write(fill)
        try queue.close()
    }

    deinit { try? FileManager.default.removeItem(at: directory) }
}
