import CLinux
import Glibc

/// Fixed descriptor numbers.
enum Descriptor {
    /// The socket to the daemon, in keeper and worker.
    static let daemon: Int32 = 3
    /// In a sandbox's pid 1: the socket to the worker, and the tree to be shown at /skill.
    static let control: Int32 = 3
    static let skillTree: Int32 = 4
    /// There as well: what an interpreter that is started ahead gets, as its descriptor 3.
    static let order: Int32 = 4
    static let interpreterOrder: Int32 = 3
}

/// One line on standard error, which the daemon shares with us.
func note(_ text: String) {
    var line = "claw-launcher: " + text + "\n"
    line.withUTF8 { bytes in _ = unsafe write(2, bytes.baseAddress, bytes.count) }
}

func isLauncherSocket(_ fd: Int32) -> Bool {
    var type: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 else { return false }
    return type == Int32(SOCK_SEQPACKET.rawValue)
}
