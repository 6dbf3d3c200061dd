#!/bin/sh
# scripts: each shell script parses.
set -u
found=0
for path in $(git ls-files swos .ci/run '*.sh'); do
    case $(head -n 1 "$path") in
    *bash) shell="bash" ;;
    *) shell="sh" ;;
    esac
    $shell -n "$path" || found=1
done
exit $found
