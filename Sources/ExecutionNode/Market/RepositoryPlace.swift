package import Fields
import Foundation

/// Which git repository is to be packed, and what of it.
public struct RepositoryPlace: Sendable, Hashable {
    public enum Scheme: String, Sendable, CaseIterable {
        case https, http, file
    }

    static let urlBytesMax = 2048

    public let url: String
    public let scheme: Scheme
    /// Empty for a directory of the node.
    public let host: String
    public let port: UInt16
    /// Behind the host, or the directory.
    public let path: String
    /// A branch, a tag or a whole commit; nil for what the repository has as its default.
    public let ref: String?

    /// - Parameter code: names the fields in errors.
    package init(_ url: String, ref: String?, _ code: FieldReader) throws(FieldError) {
        guard let separator = url.range(of: "://"), let scheme = Scheme(rawValue: String(url[..<separator.lowerBound]))
        else {
            throw code.error("repoUrl", "must begin with https://, http:// or file://, not \(quoted(url))")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\\\"'`".utf8.contains($0) }) else {
            throw code.error("repoUrl", "must be printable ASCII without blanks, quotes and backslashes")
        }
        let rest = url[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        guard path.count > 1, !path.contains("?"), !path.contains("#") else {
            throw code.error("repoUrl", "must name a repository, without a query")
        }
        guard !authority.contains("@") else {
            throw code.error("repoUrl", "must not carry a user or a password; only public repositories are fetched")
        }
        if scheme == .file {
            guard authority.isEmpty, !path.split(separator: "/").contains("..") else {
                throw code.error("repoUrl", "must be file:/// and an absolute path without ..")
            }
            host = ""
            port = 0
        } else {
            let standard = scheme == .https ? "443" : "80"
            let text = authority.contains(":") ? authority.lowercased() : "\(authority.lowercased()):\(standard)"
            guard let destination = NetworkDestination(text) else {
                throw code.error("repoUrl", "must name a host, and a port where it is not \(standard)")
            }
            host = destination.host
            port = destination.port
        }
        self.url = url
        self.scheme = scheme
        self.ref = try ref.map { ref throws(FieldError) in
            guard Self.isRef(ref) else {
                throw code.error("ref", "must be a branch, a tag or a commit, not \(quoted(ref))")
            }
            return ref
        }
    }

    /// What git takes as the name of a reference (git-check-ref-format(1)), and a little less.
    private static func isRef(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first), !text.hasSuffix("/"), !text.hasSuffix(".lock"),
            !text.contains(".."), !text.contains("//"), !text.contains("/.")
        else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "._-/+".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") < 10
    }
}
