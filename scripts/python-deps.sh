#!/bin/sh
# Installs the Python packages of some tests below a directory of this checkout, once: python-deps.sh TESTS DIRECTORY, where
# Tests/TESTS/requirements.txt names them with their hashes. Works offline from then on.
set -eu

requirements="$(dirname "$0")/../Tests/${1:?usage: python-deps.sh TESTS DIRECTORY}/requirements.txt"
directory=${2:?usage: python-deps.sh TESTS DIRECTORY}
if cmp -s "$requirements" "$directory/requirements.txt"; then exit 0; fi

rm -rf "$directory"
"${PYTHON:-/usr/bin/python3}" -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --target "$directory" -r "$requirements"
cp "$requirements" "$directory/requirements.txt"
