/// One instruction of a seccomp filter, as daemon and launcher write it: struct sock_filter of linux/filter.h.
public struct FilterInstruction: Sendable {
    /// Of the encoded form.
    public static let bytes = 8

    /// What a filter gives for a call (seccomp(2), "SECCOMP_RET_").
    public enum Action {
        public static let allow: UInt32 = 0x7fff_0000
        public static let killProcess: UInt32 = 0x8000_0000
        /// The listener decides.
        public static let ask: UInt32 = 0x7fc0_0000
        public static func errno(_ value: Int32) -> UInt32 { 0x0005_0000 | UInt32(value) & 0xffff }
    }

    /// Offsets in struct seccomp_data.
    public enum Field {
        public static let number: UInt32 = 0
        public static let arch: UInt32 = 4
        /// The lower half of the first argument, on machines that store it first; the upper half follows.
        public static let firstArgument: UInt32 = 16
    }

    private let code: UInt16
    private let yes: UInt8
    private let no: UInt8
    private let operand: UInt32

    public static func load(_ field: UInt32) -> FilterInstruction {
        FilterInstruction(code: 0x20, yes: 0, no: 0, operand: field)
    }

    public static func give(_ action: UInt32) -> FilterInstruction {
        FilterInstruction(code: 0x06, yes: 0, no: 0, operand: action)
    }

    /// Leaves out `yes` or `no` instructions by whether what was loaded is `value`.
    public static func ifEqual(_ value: UInt32, _ yes: UInt8, else no: UInt8) -> FilterInstruction {
        FilterInstruction(code: 0x15, yes: yes, no: no, operand: value)
    }

    /// Leaves out `yes` or `no` instructions by whether what was loaded is at least `value`.
    public static func ifAtLeast(_ value: UInt32, _ yes: UInt8, else no: UInt8) -> FilterInstruction {
        FilterInstruction(code: 0x35, yes: yes, no: no, operand: value)
    }

    /// Little-endian, as every machine is for which there is a filter.
    public var encoded: [UInt8] {
        [UInt8(code), 0, yes, no] + (0..<4).map { UInt8(truncatingIfNeeded: operand >> ($0 * 8)) }
    }
}

extension Sequence<FilterInstruction> {
    public var encoded: [UInt8] { flatMap(\.encoded) }
}
