import CLinux
import Glibc
internal import SandboxProtocol

/// Which templates the launcher has.
struct TemplateTable {
    struct Key: Hashable, Sendable {
        let profile: UInt64
        let layers: LayerSet
        /// With the filter of a run that has declared destinations.
        let network: Bool
        /// For interpreters that are started before the skill is known.
        var interpreter = false
    }

    static let countMax = 64

    private var ids: [Key: UInt64] = [:]
    /// Oldest use first.
    private var order: [Key] = []
    private var next: UInt64 = 0

    mutating func use(_ key: Key) -> UInt64? {
        guard let id = ids[key] else { return nil }
        if order.last != key {
            order.removeAll { $0 == key }
            order.append(key)
        }
        return id
    }

    /// The launcher has it still.
    func knows(_ id: UInt64) -> Bool { ids.values.contains(id) }

    /// A new id, and those that must go to make room. Sandboxes of a discarded template are not disturbed.
    mutating func add(_ key: Key) -> (id: UInt64, discarded: [UInt64]) {
        var discarded: [UInt64] = []
        while order.count >= Self.countMax {
            discarded += ids.removeValue(forKey: order.removeFirst()).map { [$0] } ?? []
        }
        next += 1
        ids[key] = next
        order.append(key)
        return (next, discarded)
    }

    /// The launcher lost them. Their ids are not given again: a launch that is under way must not meet another's template.
    mutating func forgetAll() {
        ids = [:]
        order = []
    }

    mutating func forget(_ id: UInt64) {
        guard let key = ids.first(where: { $0.value == id })?.key else { return }
        ids[key] = nil
        order.removeAll { $0 == key }
    }
}

/// A template with its compiled filter.
struct CompiledTemplate: Sendable {
    let template: Template
    let filter: [UInt8]

    /// The filter in a sealed memfd, so that the launcher reads what was meant.
    func filterDescriptor() throws(SandboxError) -> Int32 {
        let fd = unsafe clw_memfd_create("seccomp", UInt32(CLW_MFD_CLOEXEC | CLW_MFD_ALLOW_SEALING))
        let written = unsafe fd < 0 ? -1 : write(fd, filter, filter.count)
        guard written == filter.count, clw_fcntl(fd, Int32(CLW_F_ADD_SEALS), Int(CLW_SEALS_ALL)) == 0 else {
            throw SandboxError(code: .seccomp, detail: "no memfd for the filter: \(describe(clw_errno()))")
        }
        return fd
    }
}
