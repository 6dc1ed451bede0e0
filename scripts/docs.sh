#!/bin/sh
# Writes the DocC reference of the library products: docs.sh DIRECTORY. Works offline.
set -eu
cd "$(dirname "$0")/.."
output=${1:?usage: docs.sh DIRECTORY}
swift=${SWIFT:-swift}
docc=$(dirname "$(command -v "$swift")")/docc
modules="ExecutionNode Sandbox MarketCore LicenseCheck Metering Storage"

if [ ! -x "$docc" ]; then
    echo "docs: there is no docc beside $swift; it comes with the Swift toolchain" >&2
    exit 1
fi
rm -rf "$output"
"$swift" package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
for module in $modules; do
    symbols=$output/symbols/$module
    mkdir -p "$symbols"
    find .build/ -path '*symbolgraph*' \( -name "$module.symbols.json" -o -name "$module@*.symbols.json" \) \
        -exec cp {} "$symbols/" \;
    "$docc" convert --fallback-display-name "$module" --fallback-bundle-identifier "clawrunner.$module" \
        --fallback-default-module-kind Framework --additional-symbol-graph-dir "$symbols" \
        --output-path "$output/$module"
    echo "docs: $output/$module"
done
