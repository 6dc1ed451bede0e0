import CLinux
import Glibc

/// One kept-alive connection to a Unix socket. A client that costs little: an exchange is one write and, as a rule, one
/// read, without threads.
final class HTTPConnection {
    private static let answerBytesMax = 8 << 20
    /// After which a silent daemon counts as broken.
    private static let silenceSecondsMax = 30

    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(socket path: String) throws(BenchFailure) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("no socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw BenchFailure("\(path) is too long a path for a socket.") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw .system("\(path) cannot be connected to") }
        var silence = timeval(tv_sec: Self.silenceSecondsMax, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &silence, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    func exchange(_ request: [UInt8]) throws(BenchFailure) -> HTTPAnswer {
        let begun = clw_monotonic_ns()
        try send(request)
        var filled = 0
        while true {
            filled += try receive(at: filled)
            guard let head = HTTPHead(buffer[..<filled]) else { continue }
            guard let length = head.contentLength, length <= Self.answerBytesMax else {
                throw BenchFailure("the daemon answered \(head.status) without a usable Content-Length")
            }
            while filled < head.bodyStart + length { filled += try receive(at: filled) }
            let nanoseconds = clw_monotonic_ns() - begun
            return HTTPAnswer(
                status: head.status, head: Array(buffer[..<head.bodyStart]),
                body: Array(buffer[head.bodyStart..<head.bodyStart + length]),
                nanoseconds: nanoseconds)
        }
    }

    private func send(_ bytes: [UInt8]) throws(BenchFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try Interrupt.check()
            guard count > 0 else { throw .system("the daemon takes no request") }
            sent += count
        }
    }

    private func receive(at filled: Int) throws(BenchFailure) -> Int {
        if filled == buffer.count {
            guard filled < Self.answerBytesMax else { throw BenchFailure("the daemon's answer is too long") }
            buffer += [UInt8](repeating: 0, count: buffer.count)
        }
        let count = buffer[filled...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        try Interrupt.check()
        guard count > 0 else {
            throw count == 0 ? BenchFailure("the daemon closed the connection") : .system("the daemon does not answer")
        }
        return count
    }
}
