import CLinux
import Glibc

/// The three pipes of a run. Owns its descriptors until they are closed one by one; belongs to one place at a time, as
/// the ``ActiveRun`` does that it is for.
struct RunPipes: Sendable {
    enum Stream: UInt64 {
        case input = 0
        case output, error
    }

    /// Ours; -1 once closed.
    private var ours: [Int32] = []
    /// The sandbox's.
    private(set) var childEnds: [Int32] = []

    init() throws(SandboxError) {
        for stream in 0..<3 {
            var pair: [Int32] = [-1, -1]
            guard unsafe clw_pipe(&pair) == 0 else {
                let error = clw_errno()
                close()
                throw SandboxError(code: .request, detail: "no pipe for the run: \(describe(error))")
            }
            let (own, child) = stream == 0 ? (pair[1], pair[0]) : (pair[0], pair[1])
            ours.append(own)
            childEnds.append(child)
            _ = clw_fcntl(own, F_SETFL, Int(O_NONBLOCK))
            // The program has another uid, and may open /dev/stdout by name.
            fchmod(child, 0o666)
        }
    }

    func descriptor(_ stream: Stream) -> Int32 { ours[Int(stream.rawValue)] }

    /// All of the sandbox's ends but the first, which keeps a write from meeting a pipe that nobody reads.
    mutating func closeChildOutputs() {
        for fd in childEnds.dropFirst() { Glibc.close(fd) }
        childEnds = Array(childEnds.prefix(1))
    }

    mutating func closeChildEnds() {
        for fd in childEnds { Glibc.close(fd) }
        childEnds = []
    }

    mutating func close(_ stream: Stream) {
        let fd = descriptor(stream)
        if fd >= 0 { Glibc.close(fd) }
        ours[Int(stream.rawValue)] = -1
    }

    mutating func close() {
        for fd in ours + childEnds where fd >= 0 { Glibc.close(fd) }
        ours = [-1, -1, -1]
        childEnds = []
    }
}
