import Glibc
internal import SandboxProtocol

/// Turns a profile into the file tree and the rules that the launcher builds. Nothing of the host is in it but
/// programs, libraries and the few files of /etc that programs need.
enum TemplateBuilder {
    /// - Parameter interpreter: for one that is started before the skill's files are there.
    static func template(
        _ profile: Profile, layers: LayerSet, runtimesDirectory: String?, interpreter: Bool = false
    ) -> Template {
        Template(
            layers: layers, hostname: "sandbox",
            entries: programs(profile) + etc(profile) + devices() + own(profile) + runtimes(runtimesDirectory)
                + mounts(profile),
            landlock: rules(profile, interpreter: interpreter), refusal: profile.syscalls.refusal,
            killOnDenial: profile.syscalls.kills, filtersEarly: allowsDispatch(profile.syscalls))
    }

    /// Whether the filter lets through what a sealed sandbox does between the moment that its run is known and the
    /// moment that its program is executed.
    private static func allowsDispatch(_ policy: SyscallPolicy) -> Bool {
        ["recvmsg", "fchdir", "landlock_add_rule", "landlock_restrict_self"].allSatisfy {
            policy.calls[$0]?.isWhole == true && SyscallNarrowing.treatment(of: $0, network: false) == .whole
        }
    }

    /// /usr, and beside it the top-level directories that the host has, in the form that it has them (most link into
    /// /usr today); or all that a rootfs has there and that is not the sandbox's own.
    private static func programs(_ profile: Profile) -> [RootEntry] {
        let own = [RootEntry(.directory, "/var")]
        guard let rootfs = profile.rootfs else {
            let top = ProfileDecoder.programPaths.filter { $0 != "/usr" }.compactMap { shown($0, at: $0) }
            return own + [RootEntry(.bind, "/usr", source: "/usr")] + top
        }
        return own + shown(rootfs, below: "", except: ProfileDecoder.ownPaths)
            + shown(rootfs, below: "/var", except: ["/var/tmp", "/var/run", "/var/lock"])
    }

    /// The files and directories of one directory, but those that the sandbox makes itself.
    private static func shown(_ root: String, below path: String, except own: [String]) -> [RootEntry] {
        // Where a rootfs has a link instead, it leads into the host's own tree.
        var kind = stat()
        guard unsafe path.isEmpty || lstat(root + path, &kind) == 0 && kind.st_mode & S_IFMT == S_IFDIR else {
            return []
        }
        return children(of: root + path).map { "\(path)/\($0)" }.filter { !own.contains($0) }
            .compactMap { shown(root + $0, at: $0) }
    }

    /// A link as a link, all else as it is; nothing for what is not there.
    private static func shown(_ source: String, at path: String) -> RootEntry? {
        var kind = stat()
        guard unsafe lstat(source, &kind) == 0 else { return nil }
        return switch kind.st_mode & S_IFMT {
        case S_IFLNK: RootEntry(.symlink, path, source: readLink(source))
        case S_IFDIR, S_IFREG: RootEntry(.bind, path, source: source)
        default: nil
        }
    }

    /// In alphabetical order.
    private static func children(of directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream), names.count < Template.entriesMax {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The profile's own mounts, with the directories above them.
    private static func mounts(_ profile: Profile) -> [RootEntry] {
        var made: Set<String> = []
        return profile.mounts.map(\.value).flatMap { mount -> [RootEntry] in
            let parts = mount.path.split(separator: "/").dropLast()
            let above = parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
            let missing = above.filter { path in
                profile.rootfs.map { !children(of: $0).contains(String(path.dropFirst())) } ?? true
                    && made.insert(path).inserted
            }
            return missing.map { RootEntry(.directory, $0) } + [
                RootEntry(
                    .bind, mount.path, source: mount.source, optional: mount.optional, noExec: mount.noExec)
            ]
        }
    }

    /// What of the host, or of the rootfs, is shown at a path, in words; nil when nothing is. Mounts and what the sandbox
    /// makes are not looked at.
    static func hostSource(of path: String, _ profile: Profile) -> String? {
        for entry in etc(profile) + programs(profile) where entry.kind != .directory && isBelow(path, entry.path) {
            return switch entry.kind {
            case .file: "a file of the sandbox's own"
            case .symlink: "a link to \(entry.source)"
            default:
                access(entry.source + path.dropFirst(entry.path.count))
                    ? (profile.rootfs == nil ? "the host's \(path), read-only" : "\(entry.source), read-only") : nil
            }
        }
        return ["/etc", "/var", "/"].contains(path) ? "a directory of the sandbox's own" : nil
    }

    private static func access(_ path: String) -> Bool { unsafe Glibc.access(path, F_OK) == 0 }

    private static func readLink(_ path: String) -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = unsafe max(0, readlink(path, base, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func etc(_ profile: Profile) -> [RootEntry] {
        let files = [
            ("passwd", "root:x:0:0:root:/:/bin/false\nskill:x:1000:1000:skill:/tmp:/bin/false\n"),
            ("group", "root:x:0:\nskill:x:1000:\n"),
            ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
            ("hostname", "sandbox\n"),
        ]
        let own = files.map { RootEntry(.file, "/etc/\($0.0)", content: Array($0.1.utf8)) }
        if let rootfs = profile.rootfs {
            return [RootEntry(.directory, "/etc")] + own + shown(rootfs, below: "/etc", except: own.map(\.path))
        }
        let host = ["/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/localtime"]
        return [RootEntry(.directory, "/etc"), RootEntry(.directory, "/etc/ssl")] + own
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
            RootEntry(.directory, "/proc"), RootEntry(.directory, "/skill"),
            RootEntry(.symlink, "/var/tmp", source: "/tmp"),
        ]
    }

    private static func runtimes(_ directory: String?) -> [RootEntry] {
        directory.map { [RootEntry(.bind, "/runtime", source: $0)] } ?? []
    }

    /// Whether a sandbox can be sealed before the skill's files are in it: no rule is about a part of them.
    static func canSeal(_ profile: Profile) -> Bool {
        let lists = landlock(profile)
        return !(lists.read + lists.execute + lists.write).contains { $0.hasPrefix("/skill/") }
    }

    /// Whether an interpreter can be started before the skill's files are there: it is held to the whole tree then,
    /// which is no more than what is in it where the profile has no lists of its own.
    static func canStartInterpreter(_ profile: Profile) -> Bool {
        profile.landlock.read == nil && profile.landlock.execute == nil
    }

    /// The profile's lists where it has them, the default ones elsewhere.
    static func landlock(_ profile: Profile) -> (read: [String], execute: [String], write: [String]) {
        let mounts = profile.mounts.map(\.value)
        let top =
            profile.rootfs.map { shown($0, below: "", except: ProfileDecoder.ownPaths).map(\.path) }
            ?? ProfileDecoder.programPaths
        let programs = top + ["/skill", "/runtime"]
        return (
            profile.landlock.read ?? programs + ["/etc", "/var", "/proc", "/dev", "/tmp"] + mounts.map(\.path),
            profile.landlock.execute ?? programs + (profile.tmpExecutable ? ["/tmp"] : [])
                + mounts.filter { !$0.noExec }.map(\.path),
            profile.landlock.write ?? ["/dev", "/tmp"]
        )
    }

    /// A rule does not hold for what is mounted in its place later, but for what is mounted below it.
    private static func rules(_ profile: Profile, interpreter: Bool) -> [LandlockRule] {
        var lists = landlock(profile)
        if interpreter { (lists.read, lists.execute) = (["/"], ["/"]) }
        var rules: [LandlockRule] = []
        for (paths, access) in [
            (lists.read, LandlockRule.Access.read), (lists.execute, .execute), (lists.write, .write),
        ] {
            for path in paths {
                if let index = rules.firstIndex(where: { $0.path == path }) {
                    rules[index].access.formUnion(access)
                } else {
                    rules.append(LandlockRule(path, access))
                }
            }
        }
        return rules
    }
}
