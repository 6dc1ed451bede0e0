"""Compares two ways to a clean cgroup after a run: to remove its directories and make others, and to reset what they
counted. Run it as root: `python3 Benchmarks/cgroups/recycling.py`. docs/architecture.md draws the conclusion.

The run reads some libraries and ends, as a skill does, so that the kernel charges page cache and its own structures.
"""

import os
import statistics
import subprocess
import time

ROUNDS = 60
PROGRAM = ["/bin/sh", "-c", "cat /usr/lib/*/*.so* >/dev/null 2>&1; true"]


def parents():
    """A directory of ours in each tree of a limited controller, and whether that is version 1."""
    root = "/sys/fs/cgroup"
    if os.path.exists(f"{root}/cgroup.controllers"):
        with open(f"{root}/cgroup.subtree_control", "w") as file:
            file.write("+memory +pids +cpu")
        directories, version1 = [f"{root}/clawrunner-measure"], False
    else:
        mounts = {os.path.realpath(f"{root}/{name}") for name in ("memory", "pids", "cpu", "cpuacct")}
        directories, version1 = [f"{mount}/clawrunner-measure" for mount in sorted(mounts)], True
    for directory in directories:
        os.makedirs(directory, exist_ok=True)
        if not version1:
            with open(f"{directory}/cgroup.subtree_control", "w") as file:
                file.write("+memory +pids +cpu")
    return directories, version1


def run_in(directories, version1):
    def join():
        for directory in directories:
            with open(f"{directory}/{'tasks' if version1 else 'cgroup.procs'}", "w") as file:
                file.write("0")

    subprocess.run(PROGRAM, preexec_fn=join, check=True)


def charged(directories, version1):
    memory = next(d for d in directories if not version1 or "memory" in d)
    with open(f"{memory}/memory.{'usage_in_bytes' if version1 else 'current'}") as file:
        return int(file.read())


def reset(directories, version1):
    """What can be reset: version 2 has nothing for its processor time, and none for its peak before Linux 6.12."""
    memory = next(d for d in directories if not version1 or "memory" in d)
    if not version1:
        try:
            with open(f"{memory}/memory.reclaim", "w") as file:
                file.write("1G")
        except OSError:
            pass  # EAGAIN: less could be reclaimed than was asked for.
        return
    for name, directory in [("memory.force_empty", memory), ("memory.max_usage_in_bytes", memory)]:
        with open(f"{directory}/{name}", "w") as file:
            file.write("0")
    for directory in directories:
        if "cpuacct" in directory:
            with open(f"{directory}/cpuacct.usage", "w") as file:
                file.write("0")


def main():
    bases, version1 = parents()
    fresh, recycled, left_after_run, left_after_reset = [], [], [], []
    try:
        for index in range(ROUNDS):
            directories = [f"{base}/run{index}" for base in bases]
            start = time.perf_counter()
            for directory in directories:
                os.mkdir(directory)
            made = time.perf_counter() - start
            run_in(directories, version1)
            left_after_run.append(charged(directories, version1))
            start = time.perf_counter()
            for directory in directories:
                os.rmdir(directory)
            fresh.append(made + time.perf_counter() - start)
        directories = [f"{base}/again" for base in bases]
        for directory in directories:
            os.mkdir(directory)
        for _ in range(ROUNDS):
            run_in(directories, version1)
            start = time.perf_counter()
            reset(directories, version1)
            recycled.append(time.perf_counter() - start)
            left_after_reset.append(charged(directories, version1))
        for directory in directories:
            os.rmdir(directory)
    finally:
        for base in bases:
            os.rmdir(base)
    print(f"cgroup version {1 if version1 else 2}, {ROUNDS} rounds")
    print(f"made and removed   p50 {statistics.median(fresh) * 1e6:6.0f} us")
    print(f"reset              p50 {statistics.median(recycled) * 1e6:6.0f} us")
    print(f"charged after the run   p50 {statistics.median(left_after_run) / 1024:6.0f} KiB")
    print(f"charged after the reset p50 {statistics.median(left_after_reset) / 1024:6.0f} KiB, "
          f"most {max(left_after_reset) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
