import Foundation
package import MarketCore

/// The unpacked, read-only trees of packages: `DIRECTORY/<digest>`, each complete or not there.
package final class PackageStore: Sendable {
    /// Names of trees that are being written start with this.
    private static let draftPrefix = ".draft-"

    private let root: String

    /// Creates the directory with mode 0700, and removes what an interrupted write left behind.
    package init(directory: String) throws(NodeError) {
        root = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where name.hasPrefix(Self.draftPrefix) {
                PackageFiles.remove("\(directory)/\(name)")
            }
        } catch {
            throw Self.unavailable("\(directory) cannot be used: \(error.localizedDescription)")
        }
    }

    /// Where the tree of a package lies.
    package func directory(of digest: PackageDigest) -> String { "\(root)/\(digest.hex)" }

    package func contains(_ digest: PackageDigest) -> Bool { PackageFiles.isDirectory(directory(of: digest)) }

    /// Writes the tree; when this returns it is complete and durable. A package that is there already stays.
    package func add(_ package: SkillPackage) async throws(NodeError) {
        let digest = package.digest
        guard !contains(digest) else { return }
        let draft = "\(root)/\(Self.draftPrefix)\(UUID().uuidString)"
        let target = directory(of: digest)
        let root = root
        do {
            try await offloaded {
                do {
                    try package.write(to: draft)
                    // The rename is what makes it exist; somebody else's equal tree may have come first.
                    guard rename(draft, target) == 0 || PackageFiles.isDirectory(target), PackageFiles.flush(root)
                    else { throw Self.unavailable("\(target): \(PackageFiles.reason(errno))") }
                } catch {
                    PackageFiles.remove(draft)
                    throw error
                }
                PackageFiles.remove(draft)
            }
        } catch {
            throw error as? NodeError ?? Self.unavailable("\(error)")
        }
    }

    private static func unavailable(_ cause: String) -> NodeError {
        NodeError(
            status: 503, code: "package_store_unavailable",
            detail: "The package could not be stored: \(cause).", retryable: true)
    }
}
