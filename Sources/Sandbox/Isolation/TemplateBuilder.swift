import Glibc
internal import SandboxProtocol

/// Turns a profile into the file tree and the rules that the launcher builds. Nothing of the host is in it but
/// programs, libraries and the few files of /etc that programs need.
enum TemplateBuilder {
    static func template(_ profile: Profile, layers: LayerSet, runtimesDirectory: String?) -> Template {
        Template(
            layers: layers, hostname: "sandbox",
            entries: programs() + etc() + devices() + own(profile) + runtimes(runtimesDirectory),
            landlock: rules(profile), refusal: profile.syscalls.refusal, killOnDenial: profile.syscalls.kills)
    }

    /// /usr, and beside it the top-level directories that the host has, in the form that it has them (most link into
    /// /usr today).
    private static func programs() -> [RootEntry] {
        let top = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].compactMap { path -> RootEntry? in
            var kind = stat()
            guard unsafe lstat(path, &kind) == 0 else { return nil }
            guard kind.st_mode & S_IFMT == S_IFLNK else { return RootEntry(.bind, path, source: path) }
            return RootEntry(.symlink, path, source: readLink(path))
        }
        return [RootEntry(.bind, "/usr", source: "/usr")] + top
    }

    private static func readLink(_ path: String) -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = unsafe max(0, readlink(path, base, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func etc() -> [RootEntry] {
        let files = [
            ("passwd", "root:x:0:0:root:/:/bin/false\nskill:x:1000:1000:skill:/tmp:/bin/false\n"),
            ("group", "root:x:0:\nskill:x:1000:\n"),
            ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
            ("hostname", "sandbox\n"),
        ]
        let host = ["/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/localtime"]
        return [RootEntry(.directory, "/etc"), RootEntry(.directory, "/etc/ssl")]
            + files.map { RootEntry(.file, "/etc/\($0.0)", content: Array($0.1.utf8)) }
            + host.map { RootEntry(.bind, $0, source: $0, optional: true, noExec: true) }
    }

    private static func devices() -> [RootEntry] {
        [RootEntry(.directory, "/dev")]
            + ["null", "zero", "full", "random", "urandom"].map {
                RootEntry(.device, "/dev/\($0)", source: "/dev/\($0)", noExec: true)
            }
            + [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")].map {
                RootEntry(.symlink, "/dev/\($0.0)", source: "/proc/self/fd\($0.1)")
            }
    }

    private static func own(_ profile: Profile) -> [RootEntry] {
        [
            RootEntry(.scratch, "/dev/shm", noExec: true, inodesMax: 1024),
            RootEntry(.scratch, "/tmp", noExec: !profile.tmpExecutable, inodesMax: 16_384),
            RootEntry(.directory, "/proc"), RootEntry(.directory, "/skill"), RootEntry(.directory, "/var"),
            RootEntry(.symlink, "/var/tmp", source: "/tmp"),
        ]
    }

    private static func runtimes(_ directory: String?) -> [RootEntry] {
        directory.map { [RootEntry(.bind, "/runtime", source: $0)] } ?? []
    }

    private static func rules(_ profile: Profile) -> [LandlockRule] {
        let programs = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/skill", "/runtime"]
        let scratch: LandlockRule.Access = profile.tmpExecutable ? [.read, .write, .execute] : [.read, .write]
        return programs.map { LandlockRule($0, [.read, .execute]) } + [
            LandlockRule("/etc", .read), LandlockRule("/proc", .read), LandlockRule("/dev", [.read, .write]),
            LandlockRule("/tmp", scratch),
        ]
    }
}
