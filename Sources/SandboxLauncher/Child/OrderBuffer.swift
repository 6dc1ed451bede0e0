import CLinux
import Glibc
import SandboxProtocol

/// Room for an ``Order``, made before the filter is installed: nothing is allocated when it comes.
@safe final class OrderBuffer {
    private let bytes: UnsafeMutablePointer<CChar>
    /// Two lists, each ended by nil.
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private static let pointersMax = 2 * Launch.stringsMax + 2

    init() {
        // The kernel gives pages when they are touched.
        unsafe bytes = .allocate(capacity: Order.bytesMax)
        unsafe pointers = .allocate(capacity: Self.pointersMax)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe pointers.deallocate()
    }

    @safe struct Command {
        let program: UnsafePointer<CChar>
        let arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        let environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    }

    /// Waits for the order and the skill's files, a mount in its place already; -1 for none. The order's length, or 0
    /// when the worker is gone.
    func receive(_ control: Int32, _ skill: inout Int32) -> Int {
        unsafe clw_await_order(control, bytes, Order.bytesMax, &skill)
    }

    /// Nil for bytes that are no order.
    func command(_ length: Int) -> Command? {
        var at = 0
        guard unsafe bytes[length - 1] == 0, let argumentCount = number(&at, end: UInt8(ascii: " ")),
            let variableCount = number(&at, end: 0), argumentCount <= Launch.stringsMax,
            variableCount <= Launch.stringsMax, at < length
        else { return nil }
        let program = unsafe UnsafePointer(bytes + at)
        skip(&at)
        var next = 0
        for list in 0..<2 {
            let count = list == 0 ? argumentCount : variableCount
            for _ in 0..<count {
                guard at < length else { return nil }
                unsafe pointers[next] = bytes + at
                next += 1
                skip(&at)
            }
            unsafe pointers[next] = nil
            next += 1
        }
        return unsafe Command(
            program: program, arguments: pointers, environment: pointers + argumentCount + 1)
    }

    /// Past the next NUL; there is one at the end.
    private func skip(_ at: inout Int) {
        while unsafe bytes[at] != 0 { at += 1 }
        at += 1
    }

    /// Digits and what ends them.
    private func number(_ at: inout Int, end: UInt8) -> Int? {
        var value = 0
        while true {
            let byte = unsafe UInt8(bitPattern: bytes[at])
            at += 1
            if byte == end { return value }
            guard byte &- UInt8(ascii: "0") < 10, value <= Launch.stringsMax else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
    }
}
