"""What is in the guest: busybox, the tests with their libraries, the launcher, the probe, profiles, Python, and the
programs that change users."""

import os
import subprocess

from initramfs import Initramfs, shared_libraries

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = "clawrunnerPackageTests.xctest"
# The guest's files are below this, see init.sh.
ROOT = "/payload"
# The user of the rounds without root.
USER, ID, SUBORDINATE = "claw", 1000, "100000:65536"
# Large folders of Python's library that no test imports.
UNUSED_PYTHON = ("test", "idlelib", "lib2to3", "ensurepip", "distutils", "pydoc_data", "tkinter", "turtledemo", "config-")


class Guest:
    """Everything but the settings of one round."""

    def __init__(self, package, products, work):
        self._package = package
        self._products = products
        self._work = work
        self._files = Initramfs()
        self._busybox()
        self._accounts()
        self._python()
        self._files.file("/usr/lib/os-release", ROOT + "/usr/lib/os-release")
        # The real shell and cat: busybox's shell executes no program where it can do the work itself.
        for program in (
                "/usr/bin/setpriv", "/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/su", "/bin/sh", "/usr/bin/cat"):
            self._program(program, program)
        for name in (TESTS, "SandboxProbe", "claw-launcher"):
            path = os.path.join(products, name)
            self._program(path, self._stripped(path))
        for name in ("profiles", "runtimes"):
            self._files.tree(os.path.join(package, name), ROOT + os.path.join(package, name))

    def write(self, path, settings):
        """Writes the initramfs with these settings, which init.sh reads as a shell script."""
        settings = dict(settings, tests=os.path.join(self._products, TESTS))
        text = "".join(f"{name}='{value}'\n" for name, value in settings.items())
        self._files.bytes(ROOT + "/vm/settings", text.encode())
        with open(path, "wb") as output:
            self._files.write(output)

    def _busybox(self):
        for folder in ("", ROOT + "/usr"):
            self._files.file("/usr/bin/busybox", folder + "/bin/busybox", 0o755)
        for name in ("sh", "mount", "chroot"):
            self._files.link("/bin/" + name, "busybox")
        listed = subprocess.run(["/usr/bin/busybox", "--list"], capture_output=True, text=True, check=True)
        for name in listed.stdout.split():
            if name != "busybox":
                self._files.link(f"{ROOT}/usr/bin/{name}", "busybox")
        for folder in ("bin", "sbin", "lib", "lib64"):
            self._files.directory(f"{ROOT}/usr/{folder}")
            self._files.link(f"{ROOT}/{folder}", "usr/" + folder)
        for folder in ("proc", "sys", "dev", "tmp", "root", "srv", "etc"):
            self._files.directory(f"{ROOT}/{folder}")
        for path in ("/init", ROOT + "/init"):
            self._files.file(os.path.join(HERE, "init.sh"), path, 0o755)

    def _accounts(self):
        for name, text in {
            "passwd": f"root:x:0:0::/root:/bin/sh\n{USER}:x:{ID}:{ID}::/tmp:/bin/sh\n",
            "group": f"root:x:0:\n{USER}:x:{ID}:\n",
            "subuid": f"{USER}:{SUBORDINATE}\n",
            "subgid": f"{USER}:{SUBORDINATE}\n",
        }.items():
            self._files.bytes(f"{ROOT}/etc/{name}", text.encode())

    def _python(self):
        """Debian's Python and what programs of the tests import of it."""
        program = os.path.realpath("/usr/bin/python3")
        self._program(program, program)
        self._files.link(f"{ROOT}/usr/bin/python3", os.path.basename(program))
        library = "/usr/lib/" + os.path.basename(program)
        self._files.tree(library, ROOT + library, without=UNUSED_PYTHON)
        for module in sorted(os.listdir(library + "/lib-dynload")):
            for needed in shared_libraries(f"{library}/lib-dynload/{module}"):
                self._files.file(needed, ROOT + _merged(needed))

    def _program(self, path, source):
        """The program `source` at `path`, and each library that its loader would take where it lies here."""
        mode = os.stat(path).st_mode & 0o7777
        self._files.file(source, ROOT + _merged(path), mode)
        for library in shared_libraries(source):
            self._files.file(library, ROOT + _merged(library))

    def _stripped(self, path):
        """Without what only a debugger reads, which is most of it."""
        output = os.path.join(self._work, os.path.basename(path))
        subprocess.run(["strip", "--strip-debug", "-o", output, path], check=True)
        return output


def _merged(path):
    """/lib and its like lead into /usr in the guest."""
    return "/usr" + path if path.split("/")[1] in ("bin", "sbin", "lib", "lib64") else path
