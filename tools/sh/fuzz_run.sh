#!/bin/sh
# fuzz_run.sh FOLDER SECONDS PROGRAM: one fuzz target over its corpus, then SECONDS of search from a
# fixed seed. Its result goes to FOLDER/NAME.txt; an input that fails is kept in build/fuzz/found/NAME.
set -u
. tools/sh/stamps.sh
. tools/sh/fuzz_name.sh

folder=$1 seconds=$2 program=$3
name=$(fuzz_name "$program")
corpus=tests/corpus/$name
results=$folder/$name.txt
log=build/logs/fuzz-$name.log

fail()
{
    echo "fail $name: $1" >"$results"
    tail -n 40 "$log" 2>/dev/null
    echo "  FUZZ     $name: $1"
    exit 1
}

stamp_restore "fuzz/$name" "$results" && exit 0
mkdir -p build/logs "build/fuzz/found/$name" "build/fuzz/corpus/$name"
: >"$log"
[ -n "$(ls "$corpus" 2>/dev/null)" ] || fail "$corpus has no seed"

set -- -timeout=10 -rss_limit_mb=2048 "-artifact_prefix=build/fuzz/found/$name/"
"$program" "$@" -runs=0 "$corpus" >"$log" 2>&1 || fail "an input of $corpus fails"
"$program" "$@" -seed=1 -max_total_time="$seconds" -print_final_stats=1 \
    "build/fuzz/corpus/$name" "$corpus" >"$log" 2>&1 || fail "found an input (build/fuzz/found/$name)"
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
[ "${runs:-0}" -gt 0 ] || fail "the fuzzer ran nothing"
echo "pass $name: $runs inputs in $seconds s" >"$results"
echo "  FUZZ     $name: $runs inputs in $seconds s"
stamp_keep "fuzz/$name" "$results"
