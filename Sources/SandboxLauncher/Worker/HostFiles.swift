import CLinux
import Glibc

/// Small files of the host (proc, cgroup): read and written whole.
enum HostFiles {
    /// What an open file holds, at most 64 KiB; nil when it cannot be read.
    static func read(_ path: String, in directory: Int32 = AT_FDCWD) -> String? {
        let fd = unsafe openat(directory, path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        return read(fd)
    }

    /// What `fd` holds from its beginning.
    static func read(_ fd: Int32) -> String? {
        var bytes: [UInt8] = []
        var offset: off_t = 0
        while bytes.count < 64 * 1024 {
            let part = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = unsafe max(0, pread(fd, buffer.baseAddress, buffer.count, offset))
            }
            if part.isEmpty { break }
            bytes += part
            offset += off_t(part.count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes in one call, as control files want it; 0, or the errno.
    static func write(_ text: String, to path: String, in directory: Int32 = AT_FDCWD) -> Int32 {
        let fd = unsafe openat(directory, path, O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { return clw_errno() }
        defer { close(fd) }
        return write(text, to: fd)
    }

    static func write(_ text: String, to fd: Int32) -> Int32 {
        var text = text
        let written = text.withUTF8 { bytes in unsafe CLinux.write(fd, bytes.baseAddress, bytes.count) }
        return written == text.utf8.count ? 0 : written < 0 ? clw_errno() : EIO
    }

    /// The number in a file that holds one; 0 when it cannot be read.
    static func number(_ path: String, in directory: Int32) -> UInt64 {
        number(in: read(path, in: directory) ?? "")
    }

    /// The number behind `key` in a file of `key value` lines.
    static func number(_ key: String, of path: String, in directory: Int32) -> UInt64 {
        number(key, in: read(path, in: directory) ?? "")
    }

    static func number(in text: String) -> UInt64 { UInt64(text.filter(\.isNumber)) ?? 0 }

    static func number(_ key: String, in text: String) -> UInt64 {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[0] == key { return UInt64(parts[1]) ?? 0 }
        }
        return 0
    }

    /// What an open control file gives at once: counters are short.
    static func counter(_ fd: Int32) -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = unsafe max(0, pread(fd, buffer.baseAddress, buffer.count, 0))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
