# ./swos debug: the guest stopped before its first instruction, gdb with the kernel's symbols on it.

debug_usage()
{
    cat <<END
usage: ./swos debug [OPTION...] [-- GDB ARGUMENT...]

Builds the debug profile, boots it stopped and opens gdb-multiarch on it. The guest's console is in
build/logs/run.log, and ./swos console reaches it from another terminal. Leaving gdb ends the guest.

$MACHINE_HELP
END
}

command_debug()
{
    machine_defaults
    PROFILE=debug
    while [ $# -gt 0 ]; do
        case $1 in
        --)
            shift
            break
            ;;
        --*=*)
            option=$1
            shift
            set -- "${option%%=*}" "${option#*=}" "$@"
            continue
            ;;
        --help | -h)
            debug_usage
            return
            ;;
        *)
            machine_option debug "$1" "${2-}" || usage_error debug "there is no option '$1'"
            shift
            ;;
        esac
        shift
    done
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_QEMU gdb-multiarch
    machine_check_ports debug
    image_build

    mkdir -p build/run build/logs
    socket=build/run/gdb
    rm -f $socket
    # The socket is made by QEMU before it stops to wait; `server=on,wait=on` holds the guest until gdb is
    # there, and gdb tries to connect until the socket answers.
    QEMU_EXTRA="-S -chardev socket,path=$socket,server=on,wait=off,id=gdb -gdb chardev:gdb"
    qemu_start '' "$FORWARDS" build/tools/qemurun serve --name debug --log build/logs/run.log \
        --console build/run/console --deadline 1000000000 -- </dev/null &
    guest=$!
    trap 'kill $guest 2>/dev/null || true; wait $guest || true' EXIT
    trap : INT # Ctrl-C is gdb's.
    debug_wait_for_socket $socket $guest
    gdb-multiarch -q -ex "set architecture aarch64" -ex "target remote $socket" "$@" \
        "build/$PROFILE/kernel.elf"
}

# Until the socket is there: QEMU makes it while it starts, and tells nobody.
debug_wait_for_socket()
{
    until [ -S "$1" ]; do
        kill -0 "$2" 2>/dev/null || die "QEMU did not start (build/logs/run.log)"
    done
}

. tools/sh/image.sh
