# ./swos test: every test, or the parts named. Each part leaves its results under build/results as lines
# `pass NAME`, `fail NAME WHY`, `thinned NAME DID of FULL` and `notrun NAME WHY` (a test that needs data
# which is not in the tree); the sum over the first two is the answer.

TEST_PARTS='unit check fuzz system ports budget'
TEST_PARTS_FULL="$TEST_PARTS posix" # Of --full.
FUZZ_RUNS=50000      # Of the landing tier, for each target: always the same inputs.
FUZZ_SECONDS_FULL=60 # Of --full, for each target: new ones.

test_usage()
{
    cat <<END
usage: ./swos test [OPTION...] [PART...]

Runs all tests, or the parts named: $TEST_PARTS_FULL.
The last line is \`N passed, N failed\`; the exit status is 0 when none failed.

  --full    the full counts, going on where the last --full of the same tree stopped; leaves a dated
            page in build/results
  --write   with --full: the page goes to docs/results, and what passes of the ports to ports/
  --json    one JSON object on standard output instead of the summary

  unit      host unit tests under address and undefined-behaviour sanitizers
  check     the rules of the tree (./swos check)
  fuzz      each fuzz target over its corpus and some thousand inputs more; --full: for a minute
  system    the rig itself, then scenarios in QEMU with 1 and 2 CPUs (tests/system)
  ports     third-party programs, built and tested (tests/system/port_*.scn)
  budget    deterministic counts against tests/budgets.tab
  posix     the POSIX test suite in the guest, against what passes on Linux; with --full, or when named
  --peer    makes that list (tests/posix/linux_passes) afresh, with a Linux guest, and tests nothing
END
}

command_test()
{
    parts='' json='' write='' peer=''
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h)
            test_usage
            return
            ;;
        --full) export SWOS_FULL=1 ;;
        --write) write=1 ;;
        --peer) peer=1 ;;
        --json) json=1 ;;
        unit | check | fuzz | system | ports | budget | posix) parts="$parts $1" ;;
        *) usage_error test "there is no option or part '$1'" ;;
        esac
        shift
    done
    [ -z "$write" ] || [ -n "${SWOS_FULL:-}" ] || usage_error test "--write goes with --full"

    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_HOST $PACKAGES_CHECK $PACKAGES_QEMU $PACKAGES_TEST $PACKAGES_PORTS
    if [ -n "$peer" ]; then
        posix_peer
        return
    fi
    if [ -z "$parts" ]; then
        parts=$TEST_PARTS
        [ -z "${SWOS_FULL:-}" ] || parts=$TEST_PARTS_FULL
    fi
    SWOS_TREE=$(tree_key)
    export SWOS_TREE PROFILE
    rm -rf build/results
    mkdir -p build/results
    [ "$parts" != "$TEST_PARTS" ] || echo "thinned posix: not run" >build/results/thinned.txt
    for part in $parts; do
        started=$(date +%s)
        mkdir -p "build/results/$part"
        # In a shell of its own, so that a build that fails ends the part and not the count.
        ("test_$part" "build/results/$part" >&2 || true; : >"build/results/$part/ended") || true
        [ -e "build/results/$part/ended" ] ||
            echo "fail $part: (part) did not come to its end" >"build/results/$part/broken.txt"
        test_part_sum "$part" $(($(date +%s) - started))
    done
    test_report "$parts"
}

test_unit()
{
    build "building the unit tests" gen unit-programs tools
    step "unit tests"
    if stamp_restore unit "$1/unit.txt"; then
        return
    fi
    # shellcheck disable=SC2046  # Programs are words.
    sh tools/sh/unit_run.sh build/results/unit.run $(cat build/unit-programs) || true
    cat build/results/unit.run/*.txt >"$1/unit.txt"
    rm -r build/results/unit.run
    stamp_keep unit "$1/unit.txt"
}

test_check()
{
    check_run "$1/check.txt"
}

test_fuzz()
{
    build "building the fuzz targets" fuzzers
    count=$(grep -c . build/fuzzers || true)
    [ "$count" -gt 0 ] || return 0
    limit=runs=$FUZZ_RUNS
    if [ -n "${SWOS_FULL:-}" ]; then
        limit=seconds=$FUZZ_SECONDS_FULL
    else
        echo "thinned fuzz: $FUZZ_RUNS inputs, not $FUZZ_SECONDS_FULL s for each target" >"$1/thinned.txt"
    fi
    step "fuzz targets: $count, $limit each, $(nproc) at a time"
    xargs -P "$(nproc)" -n 1 sh tools/sh/fuzz_run.sh "$1" "$limit" <build/fuzzers
}

test_system()
{
    build "building the runner" tools
    step "the rig itself, with guests whose outcome is known"
    sh tests/rig/run.sh >"$1/rig.txt" || echo "fail rig: (program) it broke off" >>"$1/rig.txt"
    grep '^fail ' "$1/rig.txt" || note "$(grep -c '^pass ' "$1/rig.txt") right"

    scenarios=$(find tests/system -name '*.scn' ! -name 'port_*' 2>/dev/null | sort)
    if [ -z "$scenarios" ]; then
        [ ! -f make/kernel.mk ] || echo "fail system: tests/system has no scenario" >"$1/none.txt"
        return
    fi
    test_scenarios "$1" "$scenarios"
}

test_ports()
{
    build "building the runner" tools
    sh tests/ports/build_lock.sh >"$1/build_lock.txt" || echo "fail build_lock: (program) it broke off" >>"$1/build_lock.txt"
    test_scenarios "$1" "$(find tests/system -name 'port_*.scn' | sort)"
    [ -z "$write" ] || ports_write "$1"
    ports_compare "$1" >"$1/as_listed.txt"
}

# test_scenarios FOLDER FILES: what the scenarios need, then all their runs.
test_scenarios()
{
    images='' images_debug=''
    : >build/results/runs
    for file in $2; do
        scenario_read "$file"
        if [ "$tier" = full ] && [ -z "${SWOS_FULL:-}" ]; then
            echo "thinned $(basename "$file" .scn): not run" >>"$1/thinned.txt"
            continue
        fi
        case $profile in
        debug) images_debug="$images_debug build/debug/$image.img" ;;
        *) images="$images build/release/$image.img" ;;
        esac
        for n in $cpus; do
            echo "$file $n" >>build/results/runs
            # What a run that never happens leaves behind.
            echo "fail $(basename "$file" .scn)-$n: (run) it was not run" >"$1/$(basename "$file" .scn)-$n.txt"
        done
    done
    # shellcheck disable=SC2086  # The images are words.
    build "building the system and its test images" all $images
    # shellcheck disable=SC2086
    [ -z "$images_debug" ] || PROFILE=debug build "building the same for debugging" all $images_debug
    step "system tests: $(grep -c . build/results/runs) runs, 2 at a time"
    xargs -P 2 -n 2 sh tools/sh/system_run.sh "$1" <build/results/runs
}

test_budget()
{
    if [ ! -f tests/budgets.tab ]; then
        [ ! -f make/kernel.mk ] || echo "fail budget: tests/budgets.tab is missing" >"$1/none.txt"
        return
    fi
    bench_counts "$1" && budget_compare "$1/counts" tests/budgets.tab >"$1/budget.txt"
}

# test_part_sum PART SECONDS: one line on the part.
test_part_sum()
{
    set -- "$1" "$2" "$(test_count pass "$1")" "$(test_count fail "$1")"
    note "$1: $3 passed, $4 failed ($2 s)"
    echo "seconds $1 $2" >>build/results/seconds
}

# test_count KIND PART...: lines of that kind in the results of the parts.
test_count()
{
    kind=$1
    shift
    (cd build/results && find "$@" -name '*.txt' -exec cat {} +) | grep -c "^$kind " || true
}

test_lines()
{
    (cd build/results && find . -name '*.txt' -exec cat {} +) | sed -n "s/^$1 //p" | sort
}

test_report()
{
    # shellcheck disable=SC2086  # The parts are words.
    passed=$(test_count pass $1) failed=$(test_count fail $1)
    [ -z "${SWOS_FULL:-}" ] || test_page "$1"
    if [ -n "$json" ]; then
        test_json "$1"
    else
        thinned=$(test_lines thinned)
        [ -z "$thinned" ] || printf 'thinned (./swos test --full does all):\n%s\n' "$thinned" | sed '2,$s/^/  /'
        not_run=$(test_lines notrun)
        [ -z "$not_run" ] || printf 'not run:\n%s\n' "$not_run" | sed '2,$s/^/  /'
        [ "$failed" -eq 0 ] || printf 'failed:\n%s\n' "$(test_lines fail)" | sed '2,$s/^/  /'
        echo "$passed passed, $failed failed"
    fi
    # Nothing tested is nothing shown.
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

test_json()
{
    printf '{"passed": %d, "failed": %d, "full": %s, "parts": {' "$passed" "$failed" \
        "$([ -n "${SWOS_FULL:-}" ] && echo true || echo false)"
    separator=''
    for part in $1; do
        printf '%s"%s": {"passed": %d, "failed": %d, "seconds": %d}' "$separator" "$part" \
            "$(test_count pass "$part")" "$(test_count fail "$part")" \
            "$(sed -n "s/^seconds $part //p" build/results/seconds)"
        separator=', '
    done
    printf '}, "failures": ['
    test_lines fail | json_lines
    printf '], "thinned": ['
    test_lines thinned | json_lines
    printf '], "not_run": ['
    test_lines notrun | json_lines
    printf ']}\n'
}

# The dated page of a full run.
test_page()
{
    page=build/results/$(date -u +%Y-%m-%d).md
    {
        echo "# Full test run, $(date -u +%Y-%m-%d)"
        echo
        echo "Tree \`$SWOS_TREE\`, $(nproc) CPUs, $($QEMU --version | head -n 1), $(clang-19 --version | head -n 1)."
        echo
        echo '| part | passed | failed | seconds |'
        echo '|---|---|---|---|'
        for part in $1; do
            echo "| $part | $(test_count pass "$part") | $(test_count fail "$part") | $(sed -n "s/^seconds $part //p" build/results/seconds) |"
        done
        echo
        test_lines fail | sed 's/^/- failed: /'
        test_lines thinned | sed 's/^/- thinned: /'
        test_lines notrun | sed 's/^/- not run: /'
        test_lines count | sed 's/^/- count: /'
        echo
        echo "$passed passed, $failed failed"
    } >"$page"
    if [ -n "$write" ]; then
        mkdir -p docs/results
        cp "$page" docs/results/
        page=docs/results/${page##*/}
    fi
    note "the page of this run: $page"
}

. tools/sh/stamps.sh
. tools/sh/scenario.sh
. tools/sh/ports.sh
. tools/sh/check.sh
. tools/sh/posix.sh
. tools/sh/bench_counts.sh
