# ./swos bench: figures, never failures on a time. Parts (bench_parts.sh) are repeated, in turn with the same
# part of a Linux guest when --against linux asks for it, and become one table of medians. The deterministic counts
# (bench_counts.sh) have a table of their own, beside their budgets.

bench_usage()
{
    cat <<END
usage: ./swos bench [OPTION...] [PART...]

Measures and prints a table: each figure's median, how far its samples lie apart, and what it is held to
(tests/bench/targets.tab). Nothing passes or fails on a time. Without a PART, all:
$(printf '%s\n' $BENCH_PARTS counts | sed 's/^/  /')

  --against linux   the same of a small Linux guest (tools/peer), in turn with ours, and the ratios
  --rounds N        how often each part is repeated
  --only NAME,...   these lines of the part posix alone
  --cpus N          with how many CPUs (1)
  --net user|tap    the network of the parts network, http and scaling: QEMU's user-mode one, which is the bottleneck
                    itself, or a tap device in a network of its own (tap when that is allowed)
  --realtime        run QEMU before everything else of the host (chrt -r 1): the times of an idle machine on
                    a busy one. Needs the right to do so
  --json            one JSON object instead of the table
  --plot            pictures as well, SVG and PNG, in build/bench
END
}

bench_options()
{
    against='' json='' net='' plot='' rounds='' parts='' BENCH_WRAP='' BENCH_TAP='' BENCH_NAMES=''
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h)
            bench_usage
            exit 0
            ;;
        --against)
            [ "${2-}" = linux ] || usage_error bench "--against takes linux"
            against=linux
            shift
            ;;
        --rounds | --cpus)
            number_between "${2-}" 1 99 || usage_error bench "$1 takes a number, not '${2-}'"
            [ "$1" = --rounds ] && rounds=$2 || CPUS=$2
            shift
            ;;
        --only)
            BENCH_NAMES=${2-}
            bench_names_check
            shift
            ;;
        --net)
            case ${2-} in
            user | tap) net=$2 ;;
            *) usage_error bench "--net takes user or tap, not '${2-}'" ;;
            esac
            shift
            ;;
        --realtime) BENCH_WRAP='chrt -r 1' ;;
        --json) json=1 ;;
        --plot) plot=1 ;;
        -*) usage_error bench "there is no option '$1'" ;;
        *)
            case " $BENCH_PARTS counts " in
            *" $1 "*) parts="$parts $1" ;;
            *) usage_error bench "there is no part '$1'" ;;
            esac
            ;;
        esac
        shift
    done
    parts=${parts:-${BENCH_NAMES:+posix}}
    parts=${parts:-$BENCH_PARTS counts}
}

# Of --only: each is a line of posixbench, and so has a row in the table of targets.
bench_names_check()
{
    known=$(sed -n 's/^posix\.\([a-z0-9_]*\) .*/\1/p' tests/bench/targets.tab)
    [ -n "$BENCH_NAMES" ] || usage_error bench "--only takes names: $(echo $known)"
    for name in $(echo "$BENCH_NAMES" | tr ',' ' '); do
        echo "$known" | grep -qx -- "$name" || usage_error bench "posixbench has no line '$name'; it has: $(echo $known)"
    done
}

command_bench()
{
    machine_defaults
    bench_options "$@"
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_QEMU $PACKAGES_BENCH ${against:+$PACKAGES_PEER} ${plot:+$PACKAGES_PLOT}
    [ -z "$BENCH_WRAP" ] || $BENCH_WRAP true || die "--realtime: chrt may not do that here"
    [ -n "$net" ] || { [ -w /dev/net/tun ] && unshare -n true 2>/dev/null && net=tap || net=user; }
    rm -rf build/bench
    mkdir -p build/bench
    : >build/bench/samples
    export BENCH_WRAP
    bench_make
    for part in $parts; do
        [ "$part" = counts ] || bench_part "$part"
    done
    awk -f tools/bench/median.awk build/bench/samples >build/bench/figures
    case " $parts " in
    *' counts '*) bench_counts build/bench || die "counts did not come to their end: build/logs/counts-1.log" ;;
    esac
    bench_show
}

# Everything that the parts boot.
bench_make()
{
    [ "$parts" != " counts" ] || return 0
    BENCH_SECONDS=0.15 BENCH_LOAD_SECONDS=2
    bench_site_make
    build "building the system to measure" all tools \
        "build/$PROFILE/kernel_tests.img" "build/$PROFILE/bench.img" "build/$PROFILE/posixbench.img"
    "clang-19" -O2 -o build/bench/bulk tests/bench/bulk.c
    [ -z "$against" ] || bench_peer_make
}

# One part: its rounds, with the sides in turn.
bench_part()
{
    count=${rounds:-$(bench_rounds "$1")}
    for round in $(seq "$count"); do
        for side in swos $against; do
            step "$1 of $side, round $round of $count"
            "bench_part_$1" "$side" </dev/null | sed "s/^/$side /" >>build/bench/samples
        done
    done
}

bench_show()
{
    if [ -n "$json" ]; then
        touch build/bench/counts
        awk -v peer="$against" -f tools/bench/figures.awk -f tools/bench/json.awk tests/bench/targets.tab build/bench/figures build/bench/counts
    else
        [ ! -s build/bench/figures ] ||
            awk -v peer="$against" -f tools/bench/figures.awk -f tools/bench/table.awk tests/bench/targets.tab build/bench/figures
        [ ! -s build/bench/counts ] || counts_table build/bench/counts
    fi
    [ -z "$plot" ] || bench_plot
}

. tools/sh/bench_counts.sh
. tools/sh/bench_guests.sh
. tools/sh/bench_parts.sh
. tools/sh/bench_plot.sh
