"""An initramfs in cpio's "newc" format, written without cpio(1): a header of 110 bytes for each file, name and content
padded to four bytes (initramfs-buffer-format of the kernel's documentation)."""

import os
import re
import stat
import subprocess


class Initramfs:
    """Collects files below their paths in the guest and writes them as one archive."""

    def __init__(self):
        self._entries = {}

    def directory(self, path, mode=0o755):
        if path in ("/", ""):
            return
        self.directory(os.path.dirname(path))
        self._entries.setdefault(path, (stat.S_IFDIR | mode, b"", 0))

    def bytes(self, path, content, mode=0o644, modified=0):
        self.directory(os.path.dirname(path))
        self._entries[path] = (stat.S_IFREG | mode, content, modified)

    def link(self, path, target):
        self.directory(os.path.dirname(path))
        self._entries[path] = (stat.S_IFLNK | 0o777, target.encode(), 0)

    def file(self, source, path=None, mode=None):
        """Copies a file of this machine, symbolic links followed."""
        with open(source, "rb") as opened:
            status = os.fstat(opened.fileno())
            mode = stat.S_IMODE(status.st_mode) if mode is None else mode
            self.bytes(path or source, opened.read(), mode, int(status.st_mtime))

    def tree(self, source, path, without=()):
        """Copies a folder, but not what is in folders of it whose names begin so."""
        for folder, folders, names in os.walk(source):
            folders[:] = [name for name in folders if not name.startswith(tuple(without))]
            for name in names:
                inside = os.path.relpath(os.path.join(folder, name), source)
                self.file(os.path.join(folder, name), os.path.join(path, inside))

    def write(self, output):
        """Returns the number of bytes written."""
        written = 0
        entries = sorted(self._entries.items())
        for number, (path, (mode, content, modified)) in enumerate(entries + [("/TRAILER!!!", (0, b"", 0))], start=1):
            name = path[1:].encode() + b"\0"
            links = 2 if stat.S_ISDIR(mode) else 1
            fields = (number, mode, 0, 0, links, modified, len(content), 0, 0, 0, 0, len(name), 0)
            head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
            for part in (head, content):
                written += output.write(part + b"\0" * (-len(part) % 4))
        return written


def shared_libraries(program):
    """The paths that ldd(1) names; none for a static program. A library that is not found is an error."""
    result = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    if "not found" in result.stdout:
        raise RuntimeError(f"{program} lacks a library:\n{result.stdout}")
    return re.findall(r"(/\S+) \(0x", result.stdout)
