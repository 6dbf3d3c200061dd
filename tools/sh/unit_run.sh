#!/bin/sh
# unit_run.sh FOLDER PROGRAM...: run unit-test programs, as many at a time as there are CPUs.
# Each program's output goes to FOLDER/<program>.log and its results to FOLDER/<program>.txt as lines
# `pass NAME`, `fail NAME WHY`, `notrun NAME WHY` (for want of data that is not in the tree) and
# `thinned NAME DID of FULL`. Quiet but for failures; ends with 1 when a
# test failed. A program that ends badly without a failed test, or without any test, has failed itself.
set -u

# One program, for the xargs below.
if [ "$1" = --one ]; then
    folder=$2 program=$3
    name=${program#*/host/}
    base=$folder/$(printf '%s' "$name" | tr / .)
    "$program" >"$base.log" 2>&1
    status=$?
    sed -n "s|^pass |pass $name: |p; s|^FAIL \([^:]*\): |fail $name: \1 |p; s|^thinned |&$name: |p; s|^not run: |notrun $name: |p" \
        "$base.log" >"$base.txt"
    if ! grep -q "^fail " "$base.txt"; then
        if [ $status -ne 0 ]; then
            echo "fail $name: (program) ended with $status" >>"$base.txt"
        elif ! grep -qE "^(pass|notrun) " "$base.txt"; then
            echo "fail $name: (program) ran no test" >>"$base.txt"
        fi
    fi
    if grep -q "^fail " "$base.txt"; then
        cat "$base.log"
        grep "^fail .*(program)" "$base.txt"
        exit 1
    fi
    not_run=$(grep -c '^notrun ' "$base.txt")
    [ "$not_run" -eq 0 ] && not_run='' || not_run=", $not_run not run"
    echo "  TEST     $name: $(grep -c '^pass ' "$base.txt") passed$not_run"
    exit 0
fi

folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"
[ $# -gt 0 ] || exit 0
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh "$0" --one "$folder"
