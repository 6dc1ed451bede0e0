#!/bin/sh
# Installs the Debian or Ubuntu packages that building, testing and measuring need, and only those that are missing.
#
#   scripts/deps.sh            install what is missing; says so and does nothing when all is there
#   scripts/deps.sh --build    the same, without what only tests need
#   scripts/deps.sh --dry-run  print the commands instead of running them
set -eu

# Needed to build and to test.
required="libseccomp-dev libcap-dev libsqlite3-dev zlib1g-dev libjansson-dev pkg-config gcc libc6-dev make nodejs python3 \
python3-pip curl git uidmap"
# Emulates the machine of `make test-cgroup2`.
emulation="qemu-system-x86 busybox-static binutils"
# What `make bench` measures itself against, and tests compare with; without them those comparisons are left out.
peers="bubblewrap runc firejail"

dry_run=no
for option in "$@"; do
    case "$option" in
    --dry-run) dry_run=yes ;;
    --build) emulation= ;;
    *)
        echo "usage: deps.sh [--build] [--dry-run]" >&2
        exit 2
        ;;
    esac
done
required="$required $emulation"

# A program may come from elsewhere than its Debian package; where it lies counts, because sandboxes see the host's /usr.
program_of() {
    case "$1" in
    pkg-config) echo pkg-config ;;
    gcc) echo cc ;;
    make) echo make ;;
    nodejs) echo node ;;
    python3) echo python3 ;;
    curl) echo curl ;;
    git) echo git ;;
    uidmap) echo newuidmap ;;
    qemu-system-x86) echo qemu-system-x86_64 ;;
    binutils) echo strip ;;
    bubblewrap) echo bwrap ;;
    runc) echo runc ;;
    firejail) echo firejail ;;
    esac
}

is_there() {
    program=$(program_of "$1")
    if [ -n "$program" ]; then
        for folder in /usr/local/bin /usr/bin /bin /usr/local/sbin /usr/sbin /sbin; do
            if [ -x "$folder/$program" ]; then return 0; fi
        done
        return 1
    fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing_of() {
    missing=
    for package in "$@"; do
        if ! is_there "$package"; then missing="$missing $package"; fi
    done
    echo "$missing"
}

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps: this is not Debian or Ubuntu, so nothing is installed."
    echo "deps: to build and test, install what these Debian packages hold: $required"
    echo "deps: for comparisons in tests and benchmarks: $peers"
    exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi

do_as_root() {
    if [ "$dry_run" = yes ]; then
        echo "would run: ${as_root:+$as_root }$*"
    elif [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
        echo "deps: not root and no sudo; run this as root: $*" >&2
        return 1
    else
        $as_root env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# Word splitting is meant: the lists are names of packages.
# shellcheck disable=SC2086
required_missing=$(missing_of $required)
# shellcheck disable=SC2086
peers_missing=$(missing_of $peers)

if [ -z "$required_missing$peers_missing" ]; then
    echo "deps: everything is there."
    exit 0
fi

echo "deps: missing:$required_missing$peers_missing; installing by apt-get."
do_as_root apt-get -q update || echo "deps: apt-get update failed; trying with the lists as they are." >&2
if [ -n "$required_missing" ]; then
    # shellcheck disable=SC2086
    do_as_root apt-get -q -y --no-install-recommends install $required_missing
fi
for package in $peers_missing; do
    do_as_root apt-get -q -y --no-install-recommends install "$package" \
        || echo "deps: $package cannot be installed; comparisons with it are left out." >&2
done
