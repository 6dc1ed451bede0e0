#!/bin/sh
# Unpacks ClamAV, which some tests run, below a directory of this checkout, once: clamav.sh DIRECTORY. It is not installed,
# because its package starts a service that downloads signatures; what the host has installed is used as it is.
set -eu

directory=${1:?usage: clamav.sh DIRECTORY}
for program in /usr/local/bin/clamscan /usr/bin/clamscan "$directory/usr/bin/clamscan"; do
    if [ -x "$program" ]; then exit 0; fi
done
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg >/dev/null 2>&1; then
    echo "clamav: this is not Debian or Ubuntu; install clamscan for the tests that run it, which are left out without it."
    exit 0
fi

new="$directory.new"
trap 'rm -rf "$new"' EXIT
rm -rf "$directory" "$new"
mkdir -p "$new/packages"
# All that installing would bring; the C library is the host's, which the programs of a sandbox have in common.
plan=$(apt-get --simulate --no-install-recommends install clamav) || {
    echo "clamav: apt knows no clamav; run \`apt-get update\`, and add Debian's main archive if it is missing." >&2
    exit 1
}
packages=$(echo "$plan" | awk '/^Inst / && $2 != "libc6" { print $2 }')
echo "clamav: unpacking it below $directory for the tests."
# shellcheck disable=SC2086
(cd "$new/packages" && apt-get -q -q download $packages)
for package in "$new"/packages/*.deb; do dpkg -x "$package" "$new"; done
rm -rf "$new/packages"
# In place only when it is whole.
mv "$new" "$directory"
