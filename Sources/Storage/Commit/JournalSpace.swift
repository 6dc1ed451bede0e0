import Glibc
import MarketCore

/// Disk space that SQLite's write-ahead log has before it is written to. A commit into space that is there syncs its
/// bytes alone; one that lengthens the file also syncs the file system's own books, which takes about as long again.
enum JournalSpace {
    /// The log begins anew after each checkpoint; up to then it does not outgrow this.
    static let bytes = (checkpointPages + 400) * (pageBytes + frameHeaderBytes)
    static let checkpointPages = 4000
    private static let pageBytes = 4096
    private static let frameHeaderBytes = 24

    /// Lengthens the log beside the file at `path` with zeros, durably. SQLite reads a log up to the first frame whose
    /// checksum is wrong, so what follows its frames means nothing to it (sqlite.org/fileformat2.html, section 4.2).
    static func reserve(besides path: String) throws(StoreError) {
        let log = path + "-wal"
        let descriptor = open(log, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", log) }
        defer { close(descriptor) }
        var end = Int(lseek(descriptor, 0, SEEK_END))
        guard end >= 0 else { throw failure("seek in", log) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        while end < bytes {
            let count = pwrite(descriptor, zeros, min(zeros.count, bytes - end), off_t(end))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("lengthen", log) }
            end += count
        }
        guard fsync(descriptor) == 0 else { throw failure("sync", log) }
    }

    private static func failure(_ action: String, _ log: String) -> StoreError {
        .unavailable("cannot \(action) \(log): \(String(cString: strerror(errno)))")
    }
}
