#!/bin/sh
# ports: the table of ports/README.md is the one that the recipes, the lists of what does not pass and the results make.
set -u
tools=${0%/check/*}/sh
# shellcheck source=tools/sh/ports.sh
. "$tools/ports.sh"
[ -f "$PORTS_PAGE" ] || exit 0
made=$(mktemp)
trap 'rm -f "$made"' EXIT
ports_page >"$made"
cmp -s "$made" "$PORTS_PAGE" && exit 0
echo "$PORTS_PAGE: its table is not what would be made; \`sh tools/check/ports.sh --write\` makes it anew"
diff "$PORTS_PAGE" "$made"
[ "${1:-}" != --write ] || cp "$made" "$PORTS_PAGE"
exit 1
