import Foundation

/// A client that can do what well-behaved ones do not.
final class HTTPRawSocket: Sendable {
    struct Failure: Error {
        let what: String
        let code: Int32
    }

    private let descriptor: Int32

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect", code: errno) }
    }

    deinit { Foundation.close(descriptor) }

    /// Whether all of it was taken; false once the other side has closed.
    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            == bytes.count
    }

    /// Says that nothing more will be sent.
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Goes away without a word.
    func vanish() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Everything up to the end of the connection, up to `expected`, or up to `seconds`.
    func receive(seconds: Double, until expected: String? = nil) async -> (text: String, closed: Bool) {
        let end = ContinuousClock.now + .seconds(seconds)
        var bytes: [UInt8] = []
        while ContinuousClock.now < end {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                bytes += chunk.prefix(count)
                let text = String(decoding: bytes, as: UTF8.self)
                if let expected, text.contains(expected) { return (text, false) }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                return (String(decoding: bytes, as: UTF8.self), true)
            } else {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        return (String(decoding: bytes, as: UTF8.self), false)
    }
}
