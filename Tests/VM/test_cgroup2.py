#!/usr/bin/python3
"""Runs the sandbox tests on a host with cgroup v2: in small emulated machines with Debian's kernel, as root and without.

    test_cgroup2.py --products .build/debug [--round NAME]… [--filter REGEX]

Each round is a machine of its own; they run side by side, one for each processor. Exit status 0 when every test of every
round passed.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import threading
import time

import guest
import kernel
from events import Outcome

PACKAGE = os.path.dirname(os.path.dirname(guest.HERE))
# They start no process, so they see nothing of the host.
PURE = "|".join((
    "AddressTests", "HostFixTests", "LauncherWatchTests", "LoweredLimitsTests", "OutboxTests", "ParkStateTests",
    "ParkedPoolTests", "ProfileDifferenceTests",
    "ProfileExplanationTests", "ProfileLintTests", "ProfileSchemaTests", "ProfileTests", "ProfileTextTests",
    "PromiseTests", "ProtocolFuzzTests", "ProtocolTests", "RunStateTests", "SlotPoolTests", "VerdictTests",
))
CONFORMANCE = "^SandboxTests\\.(DenialTests|EscapeTests|LayerTests|LimitTests|TenantTests)"
# What each round runs, what of it it leaves out, and what waits for its runs. Other modules have suites with such names,
# too.
ROUNDS = {
    "root": ("^SandboxTests\\.", PURE, ""),
    # With subordinate ids, in a cgroup as systemd delegates it. Only root can simulate hosts.
    "rootless": ("^SandboxTests\\.", PURE + "|HostTests", ""),
    # With one id for everything, in a leaf of a cgroup that somebody delegated by hand.
    "alone": ("^SandboxTests\\.(EscapeTests|LimitTests)", PURE, ""),
    # Root in a cgroup as systemd delegates it to a service.
    "service": ("^SandboxTests\\.(LimitTests|LauncherTests)", PURE, ""),
    # With sandboxes that are built ahead of every run.
    "waiting": (CONFORMANCE, PURE, "sealed"),
    "waiting-rootless": (CONFORMANCE, PURE, "interpreter"),
}
SECONDS_MAX = 900
# The guest says every five seconds that it lives. Emulators have been seen to stand still; such a machine is started once
# more, and that is printed.
SILENT_SECONDS_MAX = 120
# The tests themselves are about 230 MiB, and one of them takes 600.
MEMORY_MIB = 1536
# As many machines at once as this one has processors.
PLACES = threading.Semaphore(os.cpu_count() or 1)


class Machine(threading.Thread):
    """One round: boots, runs the tests, powers off."""

    def __init__(self, name, image, initrd, work):
        super().__init__()
        self.name = name
        self.seconds = 0.0
        self.hung = False
        self.stood_still = 0
        self._events = os.path.join(work, f"events-{name}.jsonl")
        self._console = os.path.join(work, f"console-{name}.txt")
        # No KVM: it hangs inside some virtual machines, and is not there in others. One thread for both processors: with
        # machines beside each other it is as fast, and the emulator has no races with itself.
        self._command = [
            "qemu-system-x86_64", "-accel", "tcg,thread=single", "-cpu", "max", "-smp", "2", "-m", str(MEMORY_MIB),
            "-nodefaults", "-no-reboot", "-display", "none", "-serial", f"file:{self._console}",
            "-serial", f"file:{self._events}", "-kernel", image, "-initrd", initrd,
            "-append", "console=ttyS0 panic=-1 quiet",
        ]

    def run(self):
        with PLACES:
            while self.stood_still < 2 and self._boot():
                self.stood_still += 1

    def _boot(self):
        """Waits until it is off; true when it had to be stopped because it said nothing any more."""
        for path in (self._console, self._events):
            with open(path, "wb"):
                pass
        self.hung = silent = False
        said, began = 0, time.monotonic()
        heard = began
        with subprocess.Popen(self._command, stdin=subprocess.DEVNULL) as machine:
            while machine.poll() is None and not (self.hung or silent):
                time.sleep(0.2)
                now, size = time.monotonic(), os.path.getsize(self._console)
                if size != said:
                    said, heard = size, now
                self.hung, silent = now - began > SECONDS_MAX, now - heard > SILENT_SECONDS_MAX
            machine.kill()
        self.seconds = time.monotonic() - began
        return silent

    def report(self):
        """Prints what came of it; true when all is well."""
        console = [line for line in _lines(self._console) if line != "clawrunner-vm: alive"]
        outcome = Outcome(_lines(self._events))
        skips = outcome.skipped + [line[len("skipped: "):] for line in console if line.startswith("skipped: ")]
        for line in console:
            if line.startswith("clawrunner-vm: kernel"):
                print(f"{self.name}: {line[len('clawrunner-vm: '):]}")
        if self.stood_still:
            print(f"{self.name}: the emulator stood still (times: {self.stood_still}), no sign of life for "
                  f"{SILENT_SECONDS_MAX} s; it is started twice at most")
        for reason in skips:
            print(f"{self.name}: skipped: {reason}")
        for issue in outcome.issues:
            print(f"{self.name}: FAILED: {issue}")
        for test in outcome.unfinished:
            print(f"{self.name}: FAILED: did not end: {test}")
        finished = f"clawrunner-vm: end {self.name} status 0" in console
        good = finished and outcome.ended and outcome.passed and not (outcome.failed or outcome.unfinished)
        print(
            f"{self.name}: {len(outcome.passed)} passed, {len(outcome.failed) + len(outcome.unfinished)} failed, "
            f"{len(skips)} skipped, {self.seconds:.0f} s", flush=True)
        if not good:
            if self.hung:
                print(f"{self.name}: FAILED: still running after {SECONDS_MAX} s, stopped")
            shown = 250 if self.hung else 25
            print(f"{self.name}: the end of its console ({self._console} has all of it):")
            print("".join(f"    {line}\n" for line in console[-shown:]), flush=True)
        return good


def _lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as opened:
            return [line.rstrip("\r\n") for line in opened]
    except FileNotFoundError:
        return []


def _fail(reason):
    print(f"test-cgroup2: {reason}", file=sys.stderr)
    sys.exit(1)


def _require():
    if platform.machine() != "x86_64":
        _fail(f"the emulated machine runs this build's programs, which must be x86_64, not "
              f"{platform.machine()}; `make test VM=no` leaves this out")
    for program, package in {
        "qemu-system-x86_64": "qemu-system-x86", "/usr/bin/busybox": "busybox-static", "strip": "binutils",
        "/usr/bin/newuidmap": "uidmap", "/usr/bin/setpriv": "util-linux",
    }.items():
        if not shutil.which(program):
            _fail(f"there is no {program}; run `make deps`, or install the package {package}")
    if subprocess.run(["ldd", "/usr/bin/busybox"], capture_output=True, check=False).returncode == 0:
        _fail("/usr/bin/busybox needs libraries; install the package busybox-static in its place")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--products", required=True, help="where `swift build --build-tests` left its products")
    parser.add_argument("--package", default=PACKAGE, help="the checkout, by the path under which it was built")
    parser.add_argument("--round", action="append", choices=list(ROUNDS), help="only this one; may be repeated")
    parser.add_argument("--filter", help="only tests whose name matches this, in every round")
    options = parser.parse_args()
    _require()
    work = os.path.join(PACKAGE, ".build", "vm")
    os.makedirs(work, exist_ok=True)
    try:
        image = kernel.find(work)
    except kernel.KernelError as error:
        _fail(f"{error}\nWithout the network, `make test VM=no` leaves these tests out.")
    contents = guest.Guest(options.package, os.path.realpath(options.products), work)
    machines = []
    for name in options.round or ROUNDS:
        initrd = os.path.join(work, f"initrd-{name}")
        tests, left_out, start = ROUNDS[name]
        settings = {
            "round": name, "filter": options.filter or tests, "skip": f"^SandboxTests\\.({left_out})/", "start": start,
            # Before this program gives up.
            "seconds_max": str(SECONDS_MAX - 60),
        }
        contents.write(initrd, settings)
        machines.append(Machine(name, image, initrd, work))
    print(f"test-cgroup2: {len(machines)} emulated machines with {os.path.basename(image)}", flush=True)
    for machine in machines:
        machine.start()
    good = True
    for machine in machines:
        machine.join()
        good = machine.report() and good
    if not good:
        _fail("not every test passed")
    print("test-cgroup2: all tests passed.")


if __name__ == "__main__":
    main()
