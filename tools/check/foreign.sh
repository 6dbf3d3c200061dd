#!/bin/sh
# foreign: everything tracked is text that we wrote. Seeds of fuzz targets may be binary if they are small.
set -u
found=0
report()
{
    echo "$1: $2"
    found=1
}

is_binary()
{
    [ "$(tr -d '\000' <"$1" | wc -c)" -ne "$(wc -c <"$1")" ]
}

size_limit()
{
    case $1 in
    tests/corpus/*) is_binary "$1" && echo 4096 || echo 65536 ;;
    *) echo 262144 ;;
    esac
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
git ls-files >"$list"
while IFS= read -r path; do
    [ -f "$path" ] || continue
    limit=$(size_limit "$path")
    [ "$(wc -c <"$path")" -le "$limit" ] || report "$path" "larger than $limit bytes"
    case $path in
    tests/corpus/* | LICENSE) continue ;;
    ports/*/patches/*.patch) ;; # Ours, each with its reason in its head.
    *.o | *.a | *.so | *.img | *.elf | *.tar* | *.gz | *.zip | *.deb | *.patch | *.diff)
        report "$path" "built or foreign files are not tracked"
        ;;
    esac
    ! is_binary "$path" || report "$path" "binary"
    if grep -qiE 'copyright [(©]|copyright [12][0-9]{3}|spdx-license-identifier: *(gpl|lgpl|mit|bsd)' "$path"; then
        report "$path" "carries the notice of somebody else"
    fi
done <"$list"
exit $found
