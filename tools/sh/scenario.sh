# Scenario files, tests/system/NAME.scn and tests/bench/NAME.scn: `key = value` lines. Sourced.
#
#   image    the base image: build/PROFILE/IMAGE.img (base)
#   profile  release or debug (release)
#   test     what the guest is told to run, swos.test=TEST (the scenario's name)
#   cpus     with how many CPUs, one run each (1 2)
#   memory   MiB (256)
#   cpu      the CPU's model (cortex-a72)
#   floor    the fewest results of a run; floor_full with the full counts
#   deadline seconds for a run (60); deadline_full with the full counts
#   forward  ports of the guest that the host's part needs; it finds its own end in $HOST_PORT_80
#   cable    wire: the guest's network ends in the sockets $WIRE_OWN and $WIRE_GUEST of the host's part, for
#            tools/wire, and not in QEMU's user-mode network
#   host     the host's part, a command for sh, run when the guest says @@ready; also has $CONSOLE (a FIFO
#            to type into) and $SERIAL_LOG (all that the guest said), and reports as the guest does
#   tier     full: with the full counts only, for what takes too long to build or to run (landing)
#   append   more words for the kernel's command line
#   qemu     more words for QEMU
#   netdev   more options of QEMU's user network, with commas

scenario_read()
{
    image=base profile=release test=$(basename "$1" .scn) cpus='1 2' memory=256 cpu=cortex-a72 floor='' floor_full=''
    deadline=60 deadline_full='' forward='' cable='' host='' append='' qemu='' netdev='' tier=landing
    while read -r key equals value; do
        case $key in
        '' | '#'*) continue ;;
        image | profile | test | cpus | memory | cpu | floor | floor_full | deadline | deadline_full | forward | cable | host | append | qemu | netdev | tier) ;;
        *) die "$1: no key is called '$key'" ;;
        esac
        [ "$equals" = = ] || die "$1: '$key' is not followed by ' = '"
        eval "$key=\$value"
    done <"$1"
    case $cable in
    '' | wire) ;;
    *) die "$1: cable is wire, if it is anything" ;;
    esac
    case $tier in
    landing | full) ;;
    *) die "$1: tier is landing or full" ;;
    esac
    case $profile in
    release | debug) ;;
    *) [ -n "${SWOS_RIG:-}" ] || die "$1: profile is release or debug" ;;
    esac
    number_between "$floor" 1 999999999 || die "$1: floor says how many results must come, at least 1"
    [ -z "${SWOS_FULL:-}" ] || floor=${floor_full:-$floor} deadline=${deadline_full:-$deadline}
    number_between "$deadline" 1 999999999 || die "$1: deadline is a number of seconds"
}
