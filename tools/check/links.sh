#!/bin/sh
# links: a link from one document to a file of the tree leads there.
set -u
git ls-files -z '*.md' | xargs -0 -r awk '
    function folder(path) { return path ~ /\// ? substr(path, 1, match(path, /[^\/]*$/) - 1) : "" }
    {
        line = $0
        while (match(line, /\]\([^)#: ]+/)) {
            target = substr(line, RSTART + 2, RLENGTH - 2)
            print FILENAME ":" FNR "\t" target "\t" folder(FILENAME) target
            line = substr(line, RSTART + RLENGTH)
        }
    }' | while IFS="$(printf '\t')" read -r place target path; do
    [ -e "$path" ] || echo "$place: $target is not there"
done | grep . && exit 1
exit 0
