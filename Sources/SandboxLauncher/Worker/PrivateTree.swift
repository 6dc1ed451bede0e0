import CLinux
import Glibc
import SandboxProtocol

/// The launcher's own file tree: a tmpfs as root, the host's tree below it at /host, templates at /t. Nothing that is
/// mounted here is seen by the host.
enum PrivateTree {
    static let host = "/host"
    static let templates = "/t"
    /// Where a sandbox puts its own copy of a template before it enters it.
    static let newRoot = "/new"

    /// A path of ours, or a sentence with one, as the host's people know it.
    static func hostPath(_ text: String) -> String {
        var text = Substring(text)
        var result = ""
        while let slash = text.firstIndex(of: "/") {
            result += text[..<slash]
            text = text[slash...]
            if text.hasPrefix(host + "/") { text = text.dropFirst(host.count) }
            result += "/"
            text = text.dropFirst()
        }
        return result + text
    }

    static func enter() throws(LaunchError) {
        let recursive = UInt(CLW_MS_REC)
        // Later mounts of the host appear at /host; nothing goes the other way.
        try check(unsafe clw_mount("none", "/", "", recursive | UInt(CLW_MS_SLAVE), ""), .tree, "/")
        // Any directory that always exists will do; what is in it comes back into sight below /host.
        let base = "/tmp"
        try check(unsafe clw_mount("tmpfs", base, "tmpfs", 0, "size=16m,mode=755"), .tree, base)
        try check(unsafe clw_mount("none", base, "", UInt(CLW_MS_PRIVATE), ""), .tree, base)
        for name in [host, templates, newRoot] { try check(unsafe mkdir(base + name, 0o755), .tree, name) }
        try check(unsafe chdir(base), .tree, base)
        try check(unsafe clw_pivot_root(".", "." + host), .pivot, base)
        try check(unsafe chdir("/"), .tree, "/")
    }
}
