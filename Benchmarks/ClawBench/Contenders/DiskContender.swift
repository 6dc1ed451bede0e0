import CLinux
import Glibc

/// What the disk asks for one durable write: 4 KiB appended and synced, where the daemon has its data. No execute request
/// can be answered faster.
final class DiskContender: Contender {
    let name = "disk.fdatasync"
    let every = 1
    private let file: Int32
    private let block = [UInt8](repeating: 0x5A, count: 4096)

    init(folder: String) throws(BenchFailure) {
        file = open("\(folder)/disk", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system("no file in \(folder)") }
    }

    deinit {
        close(file)
    }

    func measure() throws(BenchFailure) -> Int64 {
        let begun = clw_monotonic_ns()
        guard write(file, block, block.count) == block.count, fdatasync(file) == 0 else {
            throw .system("the disk took no 4 KiB")
        }
        return clw_monotonic_ns() - begun
    }
}
