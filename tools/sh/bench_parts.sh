# What ./swos bench measures, a function for each part: bench_part_NAME SIDE takes one sample of each of its figures
# and prints them, `FIGURE VALUE UNIT` a line. Sourced.

BENCH_PARTS='boot size posix ipc network http request scaling'

# How often a part is repeated, unless --rounds says so.
bench_rounds()
{
    case $1 in
    boot) echo 5 ;;
    size | request) echo 1 ;;
    *) echo 3 ;;
    esac
}

# bench_at TEXT: of lines `MILLISECONDS TEXT`, when the first with TEXT came.
bench_at()
{
    awk -v text="$1" 'index($0, text) { print $1; exit }'
}

# bench_one FIGURE UNIT: the number on standard input, if there is one.
bench_one()
{
    read -r number || return 0
    [ -z "$number" ] || echo "$1 $number $2"
}

# --- boot: the same figures from the host for both, and the guest's own levels for the picture ---

bench_part_boot()
{
    case $1 in
    swos) first_line='hello from' ready=@@ready ;;
    linux) first_line='peer: first process' ready='peer: serving' ;;
    esac
    bench_guest "$1" line --until "$first_line" | bench_at "$first_line" | bench_one boot.first_line ms
    BENCH_FORWARDS='{port:80}:80'
    bench_guest "$1" site --knock 80 >build/bench/boot.out
    bench_at "$ready" <build/bench/boot.out | bench_one boot.services_ready ms
    bench_at '@@http 200' <build/bench/boot.out | bench_one boot.first_page ms
    sed -n 's/.*@@cpu_ms \(.*\)/boot.cpu_to_first_page \1 ms/p' build/bench/boot.out
    BENCH_FORWARDS=''
    [ "$1" != swos ] || bench_boot_levels
}

# The kernel's own stamps, which count from the moment when QEMU starts the machine.
bench_boot_levels()
{
    bench_guest swos site --type boot --until other_cpus |
        awk '$NF == "ns" && NF == 4 { printf "boot.level_%s %.3f ms\n", $2, $3 / 1e6 }'
}

# --- size: of files, and of memory that is gone ---

bench_part_size()
{
    case $1 in
    swos)
        wc -c <"build/$PROFILE/kernel.img" | bench_one size.kernel B
        wc -c <"build/$PROFILE/base.img" | bench_one size.base B
        bench_guest swos site --type memory --until slab |
            awk '$2 == "frames" { all = $3 } $2 == "free" { print "size.memory_serving", 262144 - $3 * 4, "KiB" }'
        ;;
    linux)
        wc -c <"$PEER_KERNEL" | bench_one size.kernel B
        BENCH_FORWARDS=''
        bench_guest linux site --until 'MemAvailable' |
            sed -n 's/.*MemAvailable: *\([0-9]*\) kB/\1/p' | awk '{ print "size.memory_serving", 262144 - $1, "KiB" }'
        ;;
    esac
}

# --- posix: tests/bench/posixbench.c ---

bench_part_posix()
{
    bench_guest "$1" posix "-v,-t,$BENCH_SECONDS,-b,5${BENCH_NAMES:+,$BENCH_NAMES}" --deadline 300 | bench_posix_lines
}

bench_posix_lines()
{
    awk '($4 == "ns" || $4 == "MB/s") && $3 + 0 > 0 { print "posix." $2, $3, $4 }'
}

# --- ipc: native calls between two processes; the peer's nearest thing is a pipe ---

bench_part_ipc()
{
    case $1 in
    swos)
        bench_guest swos pairs --deadline 60 |
            awk '$2 == "@@count" && $3 == "ipc_pairs.round_trip_ns" { print "ipc.round_trip", $4, "ns" }'
        ;;
    linux)
        bench_guest linux posix "-v,-t,$BENCH_SECONDS,-b,5,pipe_rt_proc" | bench_posix_lines |
            sed 's/^posix.pipe_rt_proc/ipc.round_trip/'
        ;;
    esac
}

# --- network and http: from the host, through the same network for both ---

BENCH_TRANSFER=100000000 # Bytes of plain TCP.

bench_site_run()
{
    case $1 in
    swos) ready=@@ready ;;
    linux) ready='peer: serving' ;;
    esac
    BENCH_FORWARDS='{port:80}:80 {port:5201}:5201'
    if [ "$net" = tap ]; then
        BENCH_TAP=1
        export HOST_ADDRESS=10.0.2.2
    fi
    bench_guest "$1" site --on "$ready" --deadline 300 --host "$2" | sed -n 's/^[0-9.]* @@count //p'
    BENCH_FORWARDS='' BENCH_TAP='' NETDEV=''
    unset HOST_ADDRESS
}

bench_part_network()
{
    bench_site_run "$1" "sh tools/sh/bench_network.sh $BENCH_TRANSFER"
}

bench_part_http()
{
    bench_site_run "$1" "sh tools/sh/bench_http.sh $BENCH_LOAD_SECONDS"
}

# --- request: instructions of the guest for one request, from two runs that differ in nothing but their number ---

bench_part_request()
{
    few=$(bench_request_total "$1" 200)
    many=$(bench_request_total "$1" 1200)
    [ -z "$few" ] || [ -z "$many" ] || echo "http.request_instructions $(((many - few) / 1000)) n"
}

bench_request_total()
{
    case $1 in
    swos) ready=@@ready ;;
    linux) ready='peer: serving' ;;
    esac
    export WIRE_OWN=build/bench/host.wire WIRE_GUEST=build/bench/guest.wire
    BENCH_WIRE=1 QEMU_EXTRA='-plugin build/tools/qemucount.so,all=end -pidfile build/bench/qemu.pid'
    rm -f "$WIRE_OWN" "$WIRE_GUEST"
    bench_guest "$1" site --on "$ready" --deadline 120 --host "sh tools/sh/bench_request.sh $2" |
        sed -n 's/^[0-9.]* @@count all.instructions //p'
    BENCH_WIRE='' NETDEV='' QEMU_EXTRA=''
}

# --- scaling: independent work of N processes on N CPUs. Where the guest has more CPUs than the host, it never comes before
# everything else of the host: a CPU that waits for another would keep it from running ---

bench_part_scaling()
{
    wrap=$BENCH_WRAP
    for cpus in 1 2 4; do
        [ "$cpus" -le "$(nproc)" ] || BENCH_WRAP=''
        CPUS=$cpus
        bench_scaling_of "$1"
    done
    CPUS=1 BENCH_WRAP=$wrap
}

bench_scaling_of()
{
    bench_guest "$1" scale --until 'scale is done' --deadline 120 |
        awk -v n="$CPUS" '$2 == "scale" && $4 + 0 > 0 && $3 != "workers" { print "scaling." $3 "_at_" n, $4, "/s" }'
    [ "$1" != swos ] || bench_guest swos pairs --deadline 60 |
        awk -v n="$CPUS" '$2 == "@@count" && $3 == "ipc_pairs.per_s" { print "scaling.ipc_at_" n, $4, "/s" }'
    bench_site_run "$1" "sh tools/sh/bench_http.sh $BENCH_LOAD_SECONDS 16 1k" |
        sed -n "s/^http.1k_at_16.rate/scaling.http_at_$CPUS/p"
}
