#!/bin/sh
# posix_guest.sh FOLDER PART PARTS: one part of the POSIX test suite's tests (every PARTSth of its list, from
# PART on) in a machine of its own. Leaves FOLDER/PART.results, a line each, `pass NAME` or `fail NAME WHY`. When the
# machine dies, the test that ran has failed, and another machine goes on behind it.
set -eu
. tools/sh/common.sh
. tools/sh/machine.sh
. tools/sh/qemu.sh

folder=$1 part=$2 parts=$3
deaths_max=40
list=build/ports/posixtestsuite/tests/list
results=$folder/$part.results

machine_defaults
MEMORY_MIB=512
BASE_IMAGE=build/$PROFILE/port_posixtestsuite.img
awk -v part="$part" -v parts="$parts" '(NR - 1) % parts == part { print $1 }' "$list" >"$folder/$part.names"
: >"$results"
mkdir -p build/logs
deaths=0
while done=$(grep -c . "$results" || true) && [ "$done" -lt "$(grep -c . "$folder/$part.names")" ]; do
    log=build/logs/posix-$part-$done.log
    qemu_start "init=/bin/port_run log=console swos.report=console ports.part=$part/$parts ports.skip=$done" '' \
        build/tools/qemurun test --name "posix-$part" --log "$log" --results "$folder/$part.new" \
        --deadline "${POSIX_DEADLINE_S:-3600}" -- >/dev/null 2>&1 || true
    grep -E '^(pass|fail) [^ ]+\.[^ ]+' "$folder/$part.new" >>"$results" || true
    ! grep -q '^@@test done ' "$log" || break
    deaths=$((deaths + 1))
    [ $deaths -le $deaths_max ] || break
    done=$(grep -c . "$results" || true)
    name=$(sed -n "$((done + 1))p" "$folder/$part.names")
    [ -z "$name" ] || echo "fail $name the machine died ($log)" >>"$results"
done
rm -f "$folder/$part.new"
