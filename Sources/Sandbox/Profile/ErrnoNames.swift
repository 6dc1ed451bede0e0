import Glibc

/// The errnos that a profile may give to refused calls, by name.
enum ErrnoNames {
    static let values: [String: Int32] = [
        "EPERM": EPERM, "ENOSYS": ENOSYS, "EACCES": EACCES, "EINVAL": EINVAL, "ENOENT": ENOENT, "EBUSY": EBUSY,
        "ENODEV": ENODEV, "ENOTSUP": ENOTSUP, "EAFNOSUPPORT": EAFNOSUPPORT, "EPROTONOSUPPORT": EPROTONOSUPPORT,
    ]

    static let names = values.keys.sorted()

    static func name(of value: Int32) -> String { values.first { $0.value == value }?.key ?? "errno \(value)" }
}
