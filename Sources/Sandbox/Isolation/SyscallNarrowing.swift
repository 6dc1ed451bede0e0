import CLinux
import Glibc

/// What every profile narrows by arguments: a profile can take these calls away, but not widen them.
///
/// A comparison masks to the bits that the kernel itself looks at, for a comparison of all 64 could be evaded by setting
/// bits that the kernel drops.
enum SyscallNarrowing {
    /// Argument `index`, masked, equals `value`.
    struct Condition: Hashable, Sendable {
        let index: UInt32
        let mask: UInt64
        let value: UInt64
    }

    enum Treatment: Hashable, Sendable {
        /// Allowed where all conditions of one of the rows hold.
        case only([[Condition]])
        /// Allowed with every argument.
        case whole
        /// Not carried out, and said to be done.
        case pretended
        /// As on a kernel without it.
        case absent
    }

    /// - Parameter network: the run has declared destinations.
    static func treatment(of name: String, network: Bool = false) -> Treatment {
        guard let treatment = table[name] else { return pretended.contains(name) ? .pretended : .whole }
        guard network, case .only(let rows) = treatment, let more = tcp[name] else { return treatment }
        return .only(rows + more)
    }

    /// With declared destinations also TCP over IPv4, and its own options (delay, cork, keep-alive, user timeout, quick
    /// acknowledgement). Flags of a socket's type are SOCK_NONBLOCK and SOCK_CLOEXEC.
    private static let tcp: [String: [[Condition]]] = [
        "socket": [0, Int32(IPPROTO_TCP)].map { number in
            [low32(0, AF_INET), Condition(index: 1, mask: 0xfff7_f7ff, value: 1), low32(2, number)]
        },
        "setsockopt": [1, 3, 4, 5, 6, 12, 18].map { [low32(1, Int32(IPPROTO_TCP)), low32(2, $0)] },
    ]

    /// Everything that a program can write lies in memory, so there is nothing to make durable; carried out, these would
    /// flush the host's disk or throw away its page cache, for read-only files too.
    private static let pretended: Set<String> = [
        "fsync", "fdatasync", "sync_file_range", "msync", "fadvise64", "readahead",
    ]

    private static let table: [String: Treatment] = [
        // Its flags lie in memory, where no filter can look; libc falls back to clone.
        "clone3": .absent,
        // CLONE_NEW* of clone(2). (CLONE_NEWTIME shares its bit with the exit signal and needs unshare.)
        "clone": .only([[Condition(index: 0, mask: namespaces, value: 0)]]),
        // Unix sockets only.
        "socket": .only([[low32(0, AF_UNIX)]]),
        "socketpair": .only([[low32(0, AF_UNIX)]]),
        // TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FIOASYNC. TIOCSTI and TIOCLINUX, which put
        // words into a terminal's mouth, are not among them.
        "ioctl": oneOf(1, [0x5401, 0x540f, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451, 0x5452]),
        // Duplicates, flags, locks, owners and seals. Not F_NOTIFY, which tells who reads the host's files, nor leases, nor
        // F_SETPIPE_SZ: what pipes hold is counted for the host's users, and the daemon makes pipes for every run.
        "fcntl": oneOf(1, Array(0...11) + [15, 16] + Array(36...38) + [1030] + Array(1032...1034)),
        // Addresses, buffers, timeouts, credentials. Not SO_ATTACH_FILTER: compiled filters are charged to nobody.
        "setsockopt": .only([2, 6, 7, 8, 9, 13, 15, 16, 20, 21].map { [low32(1, SOL_SOCKET), low32(2, $0)] }),
        // Names, death signal, dumpable, timer slack, subreaper, no_new_privs, huge pages, names of mappings. Not
        // PR_SET_SECCOMP: compiled filters again.
        "prctl": oneOf(0, [1, 2, 3, 4, 7, 15, 16, 21, 23, 29, 30, 36, 37, 38, 39, 40, 41, 42, 0x5356_4d41]),
        // Of itself, and not the size of cores, which says whether the host starts a helper for them.
        "prlimit64": .only(
            [[low32(0, 0), Condition(index: 2, mask: .max, value: 0)]]
                + resources.map { [low32(0, 0), low32(1, $0)] }),
        "setrlimit": .only(resources.map { [low32(0, $0)] }),
        // Huge pages come from a pool that no cgroup counts.
        "mmap": .only([[Condition(index: 3, mask: 0x40000, value: 0)]]),
        "memfd_create": .only([[Condition(index: 1, mask: 0x4, value: 0)]]),
        // MSG_FASTOPEN connects without connect(2), past Landlock's list of ports.
        "sendto": .only([[Condition(index: 3, mask: fastOpen, value: 0)]]),
        "sendmsg": .only([[Condition(index: 2, mask: fastOpen, value: 0)]]),
        "sendmmsg": .only([[Condition(index: 3, mask: fastOpen, value: 0)]]),
        "shmget": .only([[Condition(index: 2, mask: 0o4000, value: 0)]]),
    ]

    private static let fastOpen: UInt64 = 0x2000_0000

    private static let namespaces = UInt64(
        CLW_NEWNS | CLW_NEWCGROUP | CLW_NEWUTS | CLW_NEWIPC | CLW_NEWUSER | CLW_NEWPID | CLW_NEWNET)

    /// RLIMIT_* but RLIMIT_CORE.
    private static let resources = (Int32(0)...15).filter { $0 != Int32(RLIMIT_CORE_ID) }

    /// Why a profile's comparisons and the floor's do not go together.
    struct Conflict: Error {
        let sentence: String
    }

    /// The rows of comparisons under which a call may be carried out: the profile's, within the floor.
    ///
    /// libseccomp compares each argument once in a row, so two comparisons of one argument become one, or the row can
    /// never hold and is left out. Without one the call is refused.
    static func rows(
        of name: String, _ conditions: [SyscallCondition], network: Bool = false
    ) throws(Conflict) -> [[SyscallCondition]] {
        guard case .only(let floor) = treatment(of: name, network: network) else { return [conditions] }
        var rows: [[SyscallCondition]] = []
        for row in floor {
            if let joined = try join(row, conditions, name), !rows.contains(joined) { rows.append(joined) }
        }
        return rows
    }

    /// A rule that can never allow anything, with destinations neither, means something that it cannot have.
    static func check(_ name: String, _ conditions: [SyscallCondition]) throws(Conflict) {
        guard try rows(of: name, conditions, network: true).isEmpty else { return }
        throw Conflict(sentence: "every profile narrows \(name) to other arguments, so that this allows nothing")
    }

    private static func join(
        _ row: [Condition], _ conditions: [SyscallCondition], _ name: String
    ) throws(Conflict) -> [SyscallCondition]? {
        var joined = row.map { SyscallCondition(index: $0.index, op: .maskedEqual, value: $0.value, mask: $0.mask) }
        for condition in conditions {
            guard let index = joined.firstIndex(where: { $0.index == condition.index }) else {
                joined.append(condition)
                continue
            }
            let (mask, value) = (joined[index].mask, joined[index].value)
            switch condition.op {
            case .equal:
                guard condition.value & mask == value else { return nil }
                joined[index] = condition
            case .maskedEqual:
                guard (condition.value ^ value) & mask & condition.mask == 0 else { return nil }
                joined[index].mask |= condition.mask
                joined[index].value |= condition.value
            // What the floor lets through differs from it already.
            case .notEqual where condition.value & mask != value: break
            default:
                throw Conflict(
                    sentence: "every profile narrows argument \(condition.index) of \(name) already; only eq and "
                        + "masked-eq can narrow it further")
            }
        }
        return joined
    }

    private static func low32(_ index: UInt32, _ value: Int32) -> Condition {
        Condition(index: index, mask: 0xffff_ffff, value: UInt64(UInt32(bitPattern: value)))
    }

    private static func oneOf(_ index: UInt32, _ values: [Int32]) -> Treatment {
        .only(values.map { [low32(index, $0)] })
    }
}
