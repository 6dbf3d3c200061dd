# Deterministic counts: scenarios of tests/bench, whose lines `@@count NAME VALUE` do not depend on the host's load.
# tests/budgets.tab holds them: lines `NAME LIMIT TARGET [SLACK]`, the limit at most SLACK (3) hundredths above what is
# measured, the target that of the project or `-`. Sourced.

COUNTS_ROUNDS=3

# bench_run NAME FOLDER: one measurement, with 1 CPU; its figures are added to FOLDER/counts.
bench_run()
{
    scenario_read "tests/bench/$1.scn"
    PROFILE=$profile
    build "building the system to measure" all "build/$PROFILE/$image.img"
    step "measuring: $1"
    mkdir -p "$2"
    left=$COUNTS_ROUNDS
    while [ "$left" -gt 0 ]; do
        sh tools/sh/system_run.sh "$2" "tests/bench/$1.scn" 1 >&2 || return 1
        sed -n "s/^count $1-1: //p" "$2/$1-1.txt" >>"$2/rounds"
        left=$((left - 1))
    done
    bench_least "$2/rounds" >>"$2/counts"
    rm "$2/rounds"
    if [ "$1" = counts ]; then
        echo "tracepoint_off.instructions $(tracepoint_longest "build/$PROFILE/kernel.elf")" >>"$2/counts"
        echo "image.kernel_bytes $(wc -c <"build/$PROFILE/kernel.img")" >>"$2/counts"
        echo "image.base_bytes $(wc -c <"build/$PROFILE/base.img")" >>"$2/counts"
    fi
}

# The instructions of the longest tracepoint while nobody records: each notes its own in a section that is not loaded
# (kernel/arch/include/arch/tracepoint.h).
tracepoint_longest()
{
    llvm-objcopy-19 --dump-section .trace_sites=build/tmp/trace_sites "$1" /dev/null
    od -An -v -tu4 -w4 build/tmp/trace_sites | sort -n | tail -n 1 | tr -d ' '
}

# The least of each figure, in the order of the first round. What differs from round to round are interrupts, of the
# timer and of a disk that is slower than the guest: they only add to a passage that they fall into.
bench_least()
{
    awk '
        !($1 in least) { name[++count] = $1; least[$1] = $2 }
        $2 < least[$1] { least[$1] = $2 }
        END { for (i = 1; i <= count; i++) print name[i], least[name[i]] }' "$1"
}

# Figures beside budgets and targets.
counts_table()
{
    { cat tests/budgets.tab 2>/dev/null || true; echo '='; cat "$1"; } | awk '
        { sub(/#.*/, "") }
        $1 == "=" { counts = 1; printf "%-36s %14s %14s %14s\n", "count", "measured", "budget", "target"; next }
        NF < 2 { next }
        !counts { limit[$1] = $2; target[$1] = $3; next }
        { printf "%-36s %14s %14s %14s\n", $1, $2, $1 in limit ? limit[$1] : "-", $1 in target ? target[$1] : "-" }'
}

bench_counts()
{
    if [ ! -f tests/bench/counts.scn ]; then
        echo "fail budget: tests/bench/counts.scn is missing" >"$1/none.txt"
        return 1
    fi
    bench_run counts "$1" && bench_run http_counts "$1"
}

# budget_compare COUNTS BUDGETS: a result line for each budget. A budget without a figure fails, as
# does one that is further above it than its slack, because such a budget no longer guards anything.
budget_compare()
{
    awk '
        { sub(/#.*/, "") }
        NF < 2 { next }
        FNR == NR { measured[$1] = $2; next }
        !($1 in measured) { print "fail budget: " $1 " was not measured"; next }
        {
            value = measured[$1]
            slack = NF > 3 ? $4 : 3
            if (value > $2)
                print "fail budget: " $1 " is " value ", above its budget of " $2
            else if ($2 > value * (1 + slack / 100))
                print "fail budget: " $1 " is " value ": its budget of " $2 " is more than " slack " % above, lower it"
            else
                print "pass budget: " $1 " is " value " of " $2
        }' "$1" "$2"
}

. tools/sh/scenario.sh
. tools/sh/stamps.sh
