import Foundation
import Synchronization

/// A TCP server of the host, on 127.0.0.1 and a port of the kernel's choice; each connection has a thread.
final class TestServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let received = Mutex<[UInt8]>([])
    private let accepted = Mutex(0)

    /// - Parameter serve: gets each connection, which is closed when it returns.
    init(_ serve: @escaping @Sendable (_ connection: Int32, _ server: TestServer) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard result else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                self.accepted.withLock { $0 += 1 }
                Thread.detachNewThread {
                    serve(connection, self)
                    close(connection)
                }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var connections: Int { accepted.withLock { $0 } }
    /// What was kept by ``keep(_:)``, as text.
    var text: String { String(decoding: received.withLock { $0 }, as: UTF8.self) }
    var bytes: Int { received.withLock { $0.count } }

    func keep(_ bytes: ArraySlice<UInt8>) { received.withLock { $0 += bytes } }

    /// Sends everything back.
    static func echo() throws -> TestServer {
        try TestServer { connection, server in
            read(connection) { bytes in
                server.keep(bytes)
                return write(connection, Array(bytes))
            }
        }
    }

    /// Reads until the end of file, and then says how many bytes there were.
    static func counting() throws -> TestServer {
        try TestServer { connection, server in
            var count = 0
            read(connection) { bytes in
                count += bytes.count
                if count <= 65_536 { server.keep(bytes) }
                return true
            }
            _ = write(connection, Array("\(count)".utf8))
        }
    }

    /// Until end of file, an error, or false.
    static func read(_ connection: Int32, _ take: (ArraySlice<UInt8>) -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(connection, &buffer, buffer.count)
            if count <= 0 || !take(buffer[..<count]) { return }
        }
    }

    static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
