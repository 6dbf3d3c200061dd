# The two systems that ./swos bench boots: this one and, when there is something to compare with, a small Linux (tools/peer).
# Both run in the same QEMU with the same flags. Sourced.
#
# bench_guest SIDE WHAT WATCH...: boot one, watched by tools/stopwatch with the options WATCH. WHAT is
#   line        a first process that says a line, and ends
#   site        the product and its web server: files 1k and 1m, plain TCP at port 5201
#   scale       tests/bench/scale.c
#   pairs       native calls between pairs of processes, as many pairs as there are CPUs; ours alone
#   posix WORDS the micro-benchmark, with its words parted by commas
# CPUS says how many CPUs; with BENCH_TAP the cable ends in a tap device, with BENCH_WIRE at tools/wire, and not in QEMU's user-mode network. Output: lines `MILLISECONDS TEXT`.

BENCH_SITE=build/bench-site

# The pages of both servers.
bench_site_make()
{
    mkdir -p $BENCH_SITE
    head -c 1024 /dev/zero | tr '\0' k >$BENCH_SITE/1k
    head -c 1048576 /dev/zero | tr '\0' m >$BENCH_SITE/1m
}

bench_peer_make()
{
    step "the peer's kernel (a quarter of an hour, if it is not in the cache)"
    PEER_KERNEL=${SWOS_PEER_KERNEL:-$(sh tools/peer/kernel.sh)} || die "there is no peer to compare with"
    step "the peer's programs"
    sh tools/peer/programs.sh build/peer $BENCH_SITE || die "there is no peer to compare with"
}

bench_guest()
{
    side=$1 what=$2
    shift 2
    words=''
    if [ "$what" = posix ]; then
        words=$1
        shift
    fi
    "bench_guest_$side" "$@"
}

bench_guest_swos()
{
    KERNEL_IMAGE='' INITRD=''
    case $what in
    line) bench_boot kernel_tests 'init=/bin/hello log=console' "$@" ;;
    site) bench_boot bench 'swos.report=console' "$@" ;;
    posix) bench_boot posixbench "swos.test=posixbench swos.report=console posixbench=$words" "$@" ;;
    scale) bench_boot bench 'swos.test=scale swos.report=console' "$@" ;;
    pairs) bench_boot kernel_tests "init=/bin/ipc_pairs pairs=$CPUS" "$@" ;;
    esac
}

bench_guest_linux()
{
    KERNEL_IMAGE=$PEER_KERNEL INITRD=build/peer/bench.cpio
    quiet='console=ttyAMA0 quiet'
    case $what in
    line) bench_boot - "$quiet bench=memory" "$@" ;;
    site)
        INITRD=build/peer/site.cpio
        bench_boot - "$quiet bench=site${BENCH_TAP:+ address=10.0.2.2}${BENCH_WIRE:+ address=10.0.2.2}" "$@"
        ;;
    posix) bench_boot - "$quiet bench=posix words=$words" "$@" ;;
    scale) bench_boot - "$quiet bench=scale" "$@" ;;
    esac
}

# bench_boot IMAGE COMMAND_LINE WATCH...
bench_boot()
{
    BASE_IMAGE=build/$PROFILE/$1.img
    line=$2
    shift 2
    set -- build/tools/stopwatch "$@" --
    if [ -n "$BENCH_TAP" ]; then
        set -- sh tools/sh/in_network.sh "$@"
        NETDEV=tap,id=net0,ifname=tap0,script=no,downscript=no BENCH_FORWARDS=''
    fi
    [ -z "${BENCH_WIRE:-}" ] ||
        NETDEV=dgram,id=net0,local.type=unix,local.path=$WIRE_GUEST,remote.type=unix,remote.path=$WIRE_OWN
    # shellcheck disable=SC2086  # BENCH_WRAP is words.
    qemu_start "$line" "${BENCH_FORWARDS:-}" "$@" $BENCH_WRAP
}
