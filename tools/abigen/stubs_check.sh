#!/bin/sh
# stubs_check.sh OBJDUMP HEADER COMPILER...: compile the stubs of HEADER (a generated
# <swos/syscalls.h>) for the target, each emitted although nobody calls it, and see that each is
# exactly one svc.
set -eu
objdump=$1
header=$2
shift 2
object=$(mktemp)
trap 'rm -f "$object"' EXIT
printf '#include "%s"\n' "$header" | "$@" '-Dinline=__attribute__((used))' -x c -c - -o "$object"
"$objdump" -d "$object" | awk -v header="$header" '
    /^[0-9a-f]+ <sys_.*>:$/ { stubs++; name = $2; calls[name] = 0 }
    $3 == "svc" { calls[name]++ }
    END {
        for (name in calls)
            if (calls[name] != 1) {
                printf "%s: %s has %d svc\n", header, name, calls[name]
                bad = 1
            }
        if (stubs == 0) {
            printf "%s: no stubs\n", header
            bad = 1
        }
        if (!bad)
            printf "%s: %d stubs, one svc each\n", header, stubs
        exit bad
    }'
