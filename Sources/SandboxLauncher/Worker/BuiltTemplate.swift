import CLinux
import Glibc
import SandboxProtocol

/// A profile's file tree, built once in the launcher's private mount namespace; every sandbox gets a copy of the
/// mounts (not of the files, which are read-only).
final class BuiltTemplate {
    let template: Template
    /// Where the tree is mounted.
    let path: String
    /// The compiled seccomp filter: instructions of 8 bytes.
    let filter: [UInt8]
    /// The same, with refusals that ask pid 1.
    let askingFilter: [UInt8]
    /// What every run mounts anew.
    let scratches: [RootEntry]
    let tree: CStrings
    let hostname: CStrings
    let landlock: LandlockPlan

    /// null, zero, full, random and urandom (Documentation/admin-guide/devices.txt of the kernel): no message gives a
    /// sandbox another device, whatever its name.
    private static let devices: Set<dev_t> = [0x103, 0x105, 0x107, 0x108, 0x109]

    init(
        _ template: Template, filterDescriptor: Int32, at path: String, host: Int32, landlockABI: Int32
    ) throws(LaunchError) {
        self.template = template
        self.path = path
        // Without it a sandbox would rearrange the launcher's own tree.
        guard template.layers.contains(.mountNamespace) else {
            throw LaunchError(stage: .template, errno: EINVAL, subject: "mountNamespace")
        }
        let marked = try Self.readFilter(filterDescriptor)
        let refusal = Action.errno(Template.refusalMarker)
        // Where nobody is asked, the kernel ends what the profile wants ended.
        filter = Self.replacing(
            [refusal], in: marked, with: template.killOnDenial ? Action.killProcess : Action.errno(template.refusal))
        // A call of another architecture's table is killed otherwise.
        askingFilter = Self.replacing([refusal, Action.killProcess], in: marked, with: Action.ask)
        scratches = template.entries.filter { $0.kind == .scratch }
        tree = CStrings([path])
        hostname = CStrings([template.hostname])
        landlock = LandlockPlan(rules: template.landlock, abi: landlockABI)
        try check(unsafe mkdir(path, 0o755), .template, path)
        do {
            try check(unsafe clw_mount("tmpfs", path, "tmpfs", 0, "size=1m,nr_inodes=2048,mode=755"), .tree, path)
            try check(unsafe clw_mount("none", path, "", UInt(CLW_MS_PRIVATE), ""), .tree, path)
            let root = try check(unsafe open(path, Int32(CLW_O_PATH) | O_DIRECTORY | O_CLOEXEC), .tree, path)
            defer { close(root) }
            for entry in template.entries { try build(entry, root, host) }
            try check(
                unsafe clw_mount_setattr(AT_FDCWD, path, 0, UInt64(CLW_ATTR_RDONLY | CLW_ATTR_NOSUID)), .tree, path)
        } catch {
            discard()
            throw error
        }
    }

    /// How a scratch is mounted.
    static func scratchFlags(_ entry: RootEntry) -> UInt {
        UInt(CLW_MS_NOSUID | CLW_MS_NODEV | (entry.noExec ? CLW_MS_NOEXEC : 0))
    }

    func discard() {
        _ = unsafe clw_umount2(path, Int32(CLW_MNT_DETACH))
        _ = unsafe rmdir(path)
    }

    /// Every step starts from the parent directory's descriptor, found without following any symbolic link: an entry
    /// that is a link must not lead a later one out of the tree.
    private func build(_ entry: RootEntry, _ root: Int32, _ host: Int32) throws(LaunchError) {
        let slash = entry.path.lastIndex(of: "/") ?? entry.path.startIndex
        let name = String(entry.path[entry.path.index(after: slash)...])
        let parent = unsafe clw_openat2(
            root, "." + entry.path[..<slash], UInt64(Int32(CLW_O_PATH) | O_DIRECTORY | O_CLOEXEC),
            UInt64(CLW_RESOLVE_BENEATH | CLW_RESOLVE_NO_SYMLINKS))
        try check(parent, .tree, entry.path)
        defer { close(parent) }
        switch entry.kind {
        case .directory, .scratch: try makeDirectory(entry, name, parent)
        case .symlink: try check(unsafe symlinkat(entry.source, parent, name), .tree, entry.path)
        case .file: try makeFile(entry, name, parent)
        case .bind, .device: try bind(entry, name, parent, host)
        }
    }

    private func makeDirectory(_ entry: RootEntry, _ name: String, _ parent: Int32) throws(LaunchError) {
        try check(unsafe mkdirat(parent, name, 0o755), .tree, entry.path)
    }

    private func makeFile(_ entry: RootEntry, _ name: String, _ parent: Int32) throws(LaunchError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let fd = try check(unsafe openat(parent, name, flags, 0o644), .tree, entry.path)
        defer { close(fd) }
        let written = unsafe entry.content.withUnsafeBytes { bytes in
            unsafe CLinux.write(fd, bytes.baseAddress, bytes.count)
        }
        guard written == entry.content.count else {
            throw LaunchError(stage: .tree, errno: ENOSPC, subject: entry.path)
        }
    }

    private func bind(_ entry: RootEntry, _ name: String, _ parent: Int32, _ host: Int32) throws(LaunchError) {
        // In the host's tree as the host sees it: absolute symbolic links there must not lead into ours.
        let source = unsafe clw_openat2(
            host, entry.source, UInt64(Int32(CLW_O_PATH) | O_CLOEXEC),
            UInt64(CLW_RESOLVE_IN_ROOT | CLW_RESOLVE_NO_MAGICLINKS))
        if source < 0, entry.optional, errno == ENOENT || errno == ENOTDIR { return }
        try check(source, .tree, entry.source)
        defer { close(source) }
        var kind = stat()
        try check(unsafe fstat(source, &kind), .tree, entry.source)
        if entry.kind == .device, kind.st_mode & S_IFMT != S_IFCHR || !Self.devices.contains(kind.st_rdev) {
            throw LaunchError(stage: .tree, errno: ENODEV, subject: entry.source)
        }
        if kind.st_mode & S_IFMT == S_IFDIR {
            try makeDirectory(entry, name, parent)
        } else {
            try makeFile(entry, name, parent)
        }
        let tree = try check(
            unsafe clw_open_tree(
                source, "",
                UInt32(CLW_AT_EMPTY_PATH | CLW_AT_RECURSIVE) | UInt32(CLW_OPEN_TREE_CLONE) | UInt32(O_CLOEXEC)),
            .tree, entry.source)
        defer { close(tree) }
        // A device's node is read-only, too: its times and mode are the host's. That does not keep from writing to it.
        var attributes = UInt64(CLW_ATTR_RDONLY | CLW_ATTR_NOSUID)
        if entry.kind == .bind { attributes |= UInt64(CLW_ATTR_NODEV) }
        if entry.noExec { attributes |= UInt64(CLW_ATTR_NOEXEC) }
        try check(
            unsafe clw_mount_setattr(tree, "", UInt32(CLW_AT_EMPTY_PATH | CLW_AT_RECURSIVE), attributes), .tree,
            entry.source)
        try check(
            unsafe clw_move_mount(tree, "", parent, name, UInt32(CLW_MOVE_MOUNT_FROM_FD)), .tree, entry.path)
    }

    private typealias Action = FilterInstruction.Action

    /// Puts an action in the place of others.
    private static func replacing(_ actions: [UInt32], in filter: [UInt8], with action: UInt32) -> [UInt8] {
        let replaced = actions.map { FilterInstruction.give($0).encoded }
        var filter = filter
        for start in stride(from: 0, to: filter.count, by: FilterInstruction.bytes) {
            let instruction = start..<start + FilterInstruction.bytes
            if replaced.contains(Array(filter[instruction])) {
                filter.replaceSubrange(instruction, with: FilterInstruction.give(action).encoded)
            }
        }
        return filter
    }

    private static func readFilter(_ fd: Int32) throws(LaunchError) -> [UInt8] {
        var kind = stat()
        try check(unsafe fstat(fd, &kind), .template, "seccomp filter")
        let size = Int(kind.st_size)
        let instruction = FilterInstruction.bytes
        guard size > 0, size % instruction == 0, size / instruction <= Template.filterInstructionsMax else {
            throw LaunchError(stage: .template, errno: EINVAL, subject: "seccomp filter")
        }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe max(0, pread(fd, buffer.baseAddress, size, 0))
        }
        guard bytes.count == size else { throw LaunchError(stage: .template, errno: EIO, subject: "seccomp filter") }
        return bytes
    }
}
