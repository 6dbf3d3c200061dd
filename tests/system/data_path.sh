#!/bin/sh
# The host's part of data_path.scn: what a large download costs in copies, calls and
# switches, by the kernel's own counters, after a first download has filled the page cache. The counts do not
# depend on the host's speed but for how much comes at a time, so the limits leave room for small batches; a
# call or a second copy for each packet is far above them.
set -eu
. tests/system/console.sh

mib=64
bytes=$((mib * 1048576))
calls_limit=500   # System calls of everybody, a MiB; a call a packet would be 718.
switches_limit=500
faults_limit=8    # A MiB is 256 pages of a file.

counter()
{
    awk -v name="$1" '$1 == name { print $2 }' "$2"
}

grown()
{
    echo $(($(counter "$1" "$CONSOLE.after") - $(counter "$1" "$CONSOLE.before")))
}

# below NAME COUNTER LIMIT: a MiB of the download took no more of it than that.
below()
{
    per_mib=$(($(grown "$2") / mib))
    echo "@@count data_path.$1_per_mib $per_mib"
    result "$1_are_few" "$([ "$per_mib" -le "$3" ] || echo "$per_mib a MiB, and $3 are allowed")"
}

download()
{
    build/tools/webload download "$HOST_PORT_80" build/test-large/large.bin --bytes "$bytes"
}

download | sed 's/ download/ first_download/'
console counters >"$CONSOLE.before"
download
console counters >"$CONSOLE.after"

copied=$(($(grown stream_bytes_total) * 1000 / bytes))
echo "@@count data_path.copied_permille $copied"
result payload_is_copied_once "$([ "$copied" -ge 1000 ] && [ "$copied" -le 1010 ] || echo "$copied permille of it")"
below calls syscalls_total "$calls_limit"
below switches context_switches_total "$switches_limit"
below faults page_faults_total "$faults_limit"
result cached_pages_are_not_read_again "$([ "$(grown block_reads_total)" -eq 0 ] || echo "$(grown block_reads_total) reads")"
echo "@@test done $((RESULTS + 2))"
