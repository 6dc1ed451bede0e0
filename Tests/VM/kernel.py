"""Debian's cloud kernel: downloaded by apt-get and unpacked, never installed."""

import glob
import os
import re
import shutil
import subprocess

PACKAGE = "linux-image-cloud-amd64"


class KernelError(Exception):
    """Says in a sentence why there is no kernel to boot."""


def find(folder):
    """The path of a kernel image below `folder`, downloaded when there is none yet."""
    images = sorted(glob.glob(os.path.join(folder, "kernel", "boot", "vmlinuz-*")))
    return images[-1] if images else _download(folder)


def _download(folder):
    for program in ("apt-get", "apt-cache", "dpkg"):
        if not shutil.which(program):
            raise KernelError(f"there is no {program} here, so no kernel can be downloaded; use Debian or Ubuntu")
    unpacked, packages = os.path.join(folder, "kernel.new"), os.path.join(folder, "packages")
    for path in (unpacked, packages):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
    # The package without a version depends on the newest one with its version in the name.
    depends = _run(["apt-cache", "depends", PACKAGE])
    name = next(iter(re.findall(r"Depends: (linux-image-\S+-cloud-amd64)", depends)), None)
    if name is None:
        raise KernelError(f"apt knows no {PACKAGE}; run `apt-get update`, and add Debian's main archive if it is missing")
    _run(["apt-get", "-q", "download", name], folder=packages)
    _run(["dpkg", "-x", *glob.glob(os.path.join(packages, "*.deb")), unpacked])
    if not glob.glob(os.path.join(unpacked, "boot", "vmlinuz-*")):
        raise KernelError(f"the package {name} holds no kernel image")
    shutil.rmtree(packages)
    # In place only when it is whole.
    os.rename(unpacked, os.path.join(folder, "kernel"))
    return find(folder)


def _run(command, folder=None):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        reason = (result.stderr or result.stdout).strip()
        raise KernelError(
            f"`{' '.join(command)}` failed; the kernel is downloaded once, which needs the network:\n{reason}")
    return result.stdout
