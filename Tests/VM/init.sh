#!/bin/sh
# The guest's first process: makes what an ordinary host with cgroup v2 has, runs one round of the sandbox tests, says on
# the console how it ended, and powers off.

# A sandbox enters its tree by pivot_root(2), which the kernel refuses on the initramfs itself.
if [ "$1" != moved ]; then
    mount --bind /payload /payload
    cd /payload || exit 1
    mount --move . /
    exec chroot . /init moved
fi

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chmod 1777 /tmp
chmod 666 /dev/ttyS0 /dev/ttyS1
ip link set lo up
hostname clawrunner-vm
export PATH=/usr/sbin:/usr/bin CLAWRUNNER_TEST_PATIENCE=5
. /vm/settings
[ -z "$start" ] || export CLAWRUNNER_TEST_START="$start"

say() { echo "clawrunner-vm: $*"; }

# What each thread of a program waits for; threads of the kernel have no command line.
threads() {
    for task in /proc/[0-9]*/task/[0-9]*; do
        [ -n "$(tr -d '\0' < "$task/cmdline")" ] || continue
        say "thread ${task##*/} $(cat "$task/comm"): $(cat "$task/syscall")"
        cat "$task/stack"
    done 2> /dev/null
}

# A machine without these signs of life is one that the emulator left standing; one with them has a test that hangs.
(while sleep 5; do say alive; done) &
(sleep "$seconds_max" && threads) &

# Runs the tests in a cgroup, with these words before them. Their events go to the second serial port.
tests_in() {
    cgroup=$1
    shift
    (
        # This shell's own process id; $$ is its parent's.
        sh -c 'echo $PPID' > /tmp/pid
        cat /tmp/pid > "$cgroup/cgroup.procs"
        exec "$@" "$tests" --testing-library swift-testing --no-parallel --filter "$filter" --skip "$skip" \
            --event-stream-version 0 --event-stream-output-path /dev/ttyS1
    )
}

# A cgroup with controllers.
make_cgroup() {
    for controller in memory pids cpu; do echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control; done
    mkdir "$1"
}

# One that belongs to the user, as cgroups(7) wants it for a delegation.
delegate() {
    make_cgroup "$1"
    chown 1000:1000 "$1" "$1/cgroup.procs" "$1/cgroup.threads" "$1/cgroup.subtree_control"
}

unprivileged="/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps -all"
own=/sys/fs/cgroup/delegated

say "kernel $(uname -r), controllers $(cat /sys/fs/cgroup/cgroup.controllers)"
case $round in
root | waiting)
    tests_in /sys/fs/cgroup env ;;
rootless | waiting-rootless)
    delegate $own
    tests_in $own $unprivileged && [ -d $own/clawrunner-daemon ] ;;
alone)
    rm /etc/subuid /etc/subgid
    delegate $own
    mkdir $own/leaf
    tests_in $own/leaf $unprivileged && [ ! -d $own/clawrunner-daemon ] ;;
service)
    make_cgroup $own
    "$(dirname "$tests")/SandboxProbe" delegated $own
    tests_in $own env && [ -d $own/clawrunner-daemon ] ;;
esac
say "end $round status $?"
poweroff -f
