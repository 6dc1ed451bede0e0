import Glibc

/// Why there is no report.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A system call that failed just now.
    static func system(_ what: String, _ code: Int32 = errno) -> BenchFailure {
        BenchFailure("\(what): \(reason(code))")
    }

    static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
