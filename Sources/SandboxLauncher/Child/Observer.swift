import CLinux
import Glibc
import SandboxProtocol

/// Pid 1's list of what an observed run does.
///
/// An observed program has two filters: one that asks about every call, and the profile's own, whose refusals are the
/// kernel's and come first. So whatever is asked about is allowed by the profile, and to let it go on weakens nothing.
struct Observer {
    private var counts = [UInt32](repeating: 0, count: Observation.callsMax)
    private var paths: [String: Observation.Path.Access] = [:]
    private var pathsBytes = 0
    private var pathsCut = false
    private var buffer = [UInt8](repeating: 0, count: Observation.pathBytesMax)

    /// Asks about every call but the few that every profile has (they need no learning) and what pid 2 does until its
    /// program runs, for pid 1 waits for it and could not answer: it installs the profile's filter, which refuses just
    /// that to the program, and executes the string at `program`. Source: seccomp(2), struct seccomp_data.
    static func filter(program: UInt64) -> [UInt8] {
        let passed = [
            CLW_NR_SENDMSG, CLW_NR_SECCOMP, CLW_NR_WRITE, CLW_NR_EXIT, CLW_NR_EXIT_GROUP, CLW_NR_RT_SIGRETURN,
        ].map { UInt32($0) }
        typealias Field = FilterInstruction.Field
        typealias Action = FilterInstruction.Action
        // Jumps count the instructions to leave out: five and one follow the list before "allow".
        let list = passed.enumerated().map { index, number in
            FilterInstruction.ifEqual(number, UInt8(passed.count - index + 5), else: 0)
        }
        let begin: [FilterInstruction] = [.load(Field.number)]
        let end: [FilterInstruction] = [
            .ifEqual(UInt32(CLW_NR_EXECVE), 0, else: 4), .load(Field.firstArgument),
            .ifEqual(UInt32(truncatingIfNeeded: program), 0, else: 2),
            .load(Field.firstArgument + 4), .ifEqual(UInt32(program >> 32), 1, else: 0), .give(Action.ask),
            .give(Action.allow),
        ]
        return (begin + list + end).encoded
    }

    mutating func note(_ call: clw_denial) {
        guard counts.indices.contains(Int(call.number)) else { return }
        counts[Int(call.number)] &+= 1
        if let form = unsafe clw_path_call_of(call.number) { unsafe notePath(call, form.pointee) }
    }

    var observation: Observation {
        Observation(
            calls: counts.indices.filter { counts[$0] > 0 }.map {
                Observation.Call(number: Int32($0), count: counts[$0])
            },
            paths: paths.map { Observation.Path(path: $0.key, access: $0.value) }, pathsCut: pathsCut)
    }

    private mutating func notePath(_ call: clw_denial, _ form: clw_path_call) {
        let arguments = [
            call.arguments.0, call.arguments.1, call.arguments.2, call.arguments.3, call.arguments.4,
            call.arguments.5,
        ]
        let pid = pid_t(call.pid)
        let length = unsafe clw_read_memory(pid, arguments[Int(form.path)], &buffer, buffer.count)
        guard length > 0 else { return }
        guard let end = buffer.prefix(length).firstIndex(of: 0) else {
            pathsCut = true
            return
        }
        // Empty: the descriptor itself is meant.
        guard end > 0 else { return }
        var path = String(decoding: buffer.prefix(end), as: UTF8.self)
        if !path.hasPrefix("/") {
            let descriptor = form.directory < 0 ? AT_FDCWD : Int32(truncatingIfNeeded: arguments[Int(form.directory)])
            path = Self.directory(of: pid, descriptor) + "/" + path
        }
        let access: Observation.Path.Access =
            switch UInt8(bitPattern: form.kind) {
            case UInt8(ascii: "x"): .executed
            case UInt8(ascii: "w"): .written
            case UInt8(ascii: "r"): .read
            case UInt8(ascii: "o"): Self.access(opening: arguments[Int(form.path) + 1])
            default: .looked
            }
        add(path, access)
    }

    private mutating func add(_ path: String, _ access: Observation.Path.Access) {
        if paths[path]?.formUnion(access) != nil { return }
        guard paths.count < Observation.pathsMax, pathsBytes + path.utf8.count <= Observation.pathsBytesMax else {
            pathsCut = true
            return
        }
        paths[path] = access
        pathsBytes += path.utf8.count
    }

    private static func access(opening flags: UInt64) -> Observation.Path.Access {
        let flags = Int32(truncatingIfNeeded: flags)
        if flags & Int32(CLW_O_PATH) != 0 { return .looked }
        switch flags & O_ACCMODE {
        case O_RDONLY: return flags & O_CREAT == 0 ? .read : [.read, .written]
        case O_WRONLY: return .written
        default: return [.read, .written]
        }
    }

    /// The directory behind a descriptor of the program; empty when it cannot be found.
    private static func directory(of pid: pid_t, _ descriptor: Int32) -> String {
        let link = descriptor == AT_FDCWD ? "/proc/\(pid)/cwd" : "/proc/\(pid)/fd/\(descriptor)"
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Observation.pathBytesMax) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = unsafe max(0, readlink(link, base, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
