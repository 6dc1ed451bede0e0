import Glibc

/// What `Benchmarks/programs` builds.
struct Programs {
    let directory: String

    /// Forks, for the contenders that are programs.
    var starter: String { "\(directory)/starter" }
    /// The measured program itself.
    var answer: String { "\(directory)/answer" }
    /// Where the handlers for interpreters lie.
    let sources: String

    func check() throws(BenchFailure) {
        for path in [starter, answer] where access(path, X_OK) != 0 {
            throw BenchFailure(
                "\(path) is not there; `make bench` builds it, and so does `make -C Benchmarks/programs OUTPUT=DIR`.")
        }
    }

    /// Where a program lies, looked for where packages install them.
    static func installed(_ name: String) -> String? {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
