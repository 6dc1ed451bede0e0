#!/bin/sh
# Copies profiles, runtimes and examples to DIRECTORY, readable by everybody and writable by the owner only.
set -eu
cd "$(dirname "$0")/.."
share=${1:?usage: install-share.sh DIRECTORY}

copy() { # copy FROM TO
    (cd "$1" && find . -type f ! -name '*.pyc' ! -name '.*' ! -path '*/__pycache__/*') | while IFS= read -r file; do
        mode=0644
        if [ -x "$1/$file" ]; then mode=0755; fi
        install -D -m "$mode" "$1/$file" "$2/$file"
    done
}

copy profiles "$share/profiles"
copy runtimes "$share/runtimes"
for part in skills misbehaving data; do
    copy "Examples/$part" "$share/examples/$part"
done
install -D -m 0644 LICENSE "$share/LICENSE"
