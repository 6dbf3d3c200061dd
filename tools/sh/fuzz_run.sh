#!/bin/sh
# fuzz_run.sh FOLDER LIMIT PROGRAM: one fuzz target over its corpus, then a search. LIMIT is a number of
# inputs (`runs=N`), which are the same ones every time, so that a change is judged by itself and not by
# luck; or of seconds (`seconds=N`) from a seed of the day, to find what nobody has found yet. The result
# goes to FOLDER/NAME.txt; an input that fails is kept in build/fuzz/found/NAME.
set -u
. tools/sh/stamps.sh
. tools/sh/fuzz_name.sh

folder=$1 limit=$2 program=$3
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
case $limit in
runs=*)
    # Seeds in the order of their names, and no look at the clock, which is when the folder is read again otherwise.
    found=$(mktemp -d)
    seeds=$(find "$corpus" -type f | LC_ALL=C sort | paste -s -d ,)
    set -- "$@" -seed=1 -reload=0 "-$limit" "-seed_inputs=$seeds" "$found"
    ;;
seconds=*)
    found=''
    set -- "$@" "-max_total_time=${limit#seconds=}" "build/fuzz/corpus/$name" "$corpus"
    ;;
esac
status=0
"$program" -print_final_stats=1 "$@" >"$log" 2>&1 || status=$?
[ -z "$found" ] || rm -r "$found"
[ "$status" -eq 0 ] || fail "found an input (build/fuzz/found/$name)"
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
[ "${runs:-0}" -gt 0 ] || fail "the fuzzer ran nothing"
echo "pass $name: $runs inputs ($limit)" >"$results"
echo "  FUZZ     $name: $runs inputs ($limit)"
stamp_keep "fuzz/$name" "$results"
