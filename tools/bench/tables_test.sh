#!/bin/sh
# What ./swos bench makes of samples: medians, ratios and verdicts, JSON, pictures, and what counts as within a budget. Prints
# `pass NAME` or `FAIL NAME: why` a line; ends with 1 when one failed.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check() { # NAME ACTUAL EXPECTED
    if [ "$2" = "$3" ]; then
        echo "pass $1"
    else
        echo "FAIL $1: '$2', expected '$3'"
        failed=1
    fi
}

show() { # PROGRAM...: what it makes of the figures
    for program in "$@"; do
        set -- "$@" -f "tools/bench/$program.awk"
        shift
    done
    awk -v peer="$peer" -v host_cpus=2 -f tools/bench/figures.awk "$@" "$work/targets" "$work/figures"
}

cat >"$work/targets" <<END
posix.call    less 0.5 -  # A comment.
posix.rate    more 2   -
boot.line     less -   75
END
cat >"$work/samples" <<END
swos posix.call 30 ns
linux posix.call 100 ns
swos posix.call 10 ns
swos posix.call 20 ns
swos posix.rate 100 MB/s
swos posix.rate 200 MB/s
linux posix.rate 100 MB/s
swos boot.line 80 ms
linux boot.line 400 ms
swos http.1k_at_1.p50 300 us
END
awk -f tools/bench/median.awk "$work/samples" >"$work/figures"

median() { awk -v figure="$1" '$1 == "swos" && $2 == figure { print $4, $5, $6, $7 }' "$work/figures"; }
check median_of_an_odd_number_is_the_middle "$(median posix.call)" "20 10 30 3"
check median_of_an_even_number_lies_between "$(median posix.rate)" "150 100 200 2"

# Lines of the table without the padding.
line() { show table | tr -s ' ' | sed 's/ $//' | grep "^$1 "; }
peer=linux
check table_has_the_ratio_and_that_it_is_met "$(line posix.call)" \
    "posix.call ns 20.00 100% 100.0 0% 0.200 <= 0.5 met"
check table_says_how_far_a_rate_is_short "$(line posix.rate)" \
    "posix.rate MB/s 150.0 67% 100.0 0% 1.500 >= 2 1.33x short"
check table_holds_a_limit_against_the_figure "$(line boot.line)" \
    "boot.line ms 80.00 0% 400.0 0% 0.200 <= 75 1.07x over"
check table_without_the_other_side_has_no_ratio "$(line http.1k_at_1.p50)" "http.1k_at_1.p50 us 300.0 0% - - - -"
check json_has_both_sides_ratio_and_target "$(show json | grep -o '"posix.call": {[^}]*}[^}]*}[^}]*}')" \
    '"posix.call": {"unit": "ns", "swos": {"median": 20, "least": 10, "most": 30, "samples": 3}, "linux": {"median": 100, "least": 100, "most": 100, "samples": 1}, "ratio": 0.2, "better": "less", "ratio_target": 0.5}'
peer=''
check table_alone_has_no_column_for_others "$(line boot.line)" "boot.line ms 80.00 0% <= 75 1.07x over"

# A picture ends, and each of its elements is closed.
for peer in '' linux; do
    for picture in boot latency scaling ratios; do
        [ "$picture" != ratios ] || [ -n "$peer" ] || continue
        show svg "plot_$picture" >"$work/svg"
        wrong=$(sed '1d;$d' "$work/svg" | grep -cvE '/>$|^<text .*</text>$')
        check "picture_${picture}${peer:+_against_$peer}_is_whole" "$(tail -n 1 "$work/svg") $wrong" "</svg> 0"
        check "picture_${picture}${peer:+_against_$peer}_has_no_nonsense" "$(grep -c '[^a-z]nan\|[^a-z]inf' "$work/svg")" 0
    done
done

# budget_compare is a function of the front door.
budget() { # LIMIT [SLACK]: the verdict on a count of 100
    echo "call.instructions 100" >"$work/counts"
    echo "call.instructions $1 - ${2-} # Why." >"$work/budgets"
    (. tools/sh/bench_counts.sh && budget_compare "$work/counts" "$work/budgets") | cut -d ' ' -f 1
}
check budget_that_is_kept_passes "$(budget 103)" pass
check budget_that_is_exceeded_fails "$(budget 99)" fail
check budget_that_guards_nothing_fails "$(budget 104)" fail
check budget_with_slack_may_be_further_above "$(budget 140 40)" pass
check budget_beyond_its_slack_fails "$(budget 141 40)" fail
exit $failed
