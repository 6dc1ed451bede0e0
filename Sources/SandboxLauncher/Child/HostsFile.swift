import CLinux
import Glibc
import SandboxProtocol

/// A run's own /etc/hosts over the template's, which all runs share.
enum HostsFile {
    private static let directory = "/new/etc"
    private static let path = "/new/etc/hosts"

    /// In pid 1, before pivot_root. The file lies in a tmpfs that only its own mount keeps.
    static func mount(_ content: [UInt8]) {
        let hardening = UInt(CLW_MS_NOSUID | CLW_MS_NODEV | CLW_MS_NOEXEC)
        guard unsafe clw_mount("tmpfs", directory, "tmpfs", hardening, "size=64k,nr_inodes=4,mode=755") == 0 else {
            Init.fail(.mountHosts)
        }
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
        guard fd >= 0, unsafe write(fd, content, content.count) == content.count else { Init.fail(.mountHosts) }
        close(fd)
        let file = unsafe clw_open_tree(AT_FDCWD, path, UInt32(CLW_OPEN_TREE_CLONE) | UInt32(O_CLOEXEC))
        let attributes = UInt64(CLW_ATTR_RDONLY | CLW_ATTR_NOSUID | CLW_ATTR_NODEV | CLW_ATTR_NOEXEC)
        guard file >= 0, unsafe clw_umount2(directory, Int32(CLW_MNT_DETACH)) == 0,
            unsafe clw_mount_setattr(file, "", UInt32(CLW_AT_EMPTY_PATH), attributes) == 0,
            unsafe clw_move_mount(file, "", AT_FDCWD, path, UInt32(CLW_MOVE_MOUNT_FROM_FD)) == 0
        else { Init.fail(.mountHosts) }
        close(file)
    }
}
