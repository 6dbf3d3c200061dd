# ./swos trace: what a running guest does, as tables and as a file for the Perfetto UI.

trace_usage()
{
    cat <<END
usage: ./swos trace [OPTION...]

Records switches, calls, faults, interrupts, IPC, disk and network of the guest that ./swos run --headless
has booted here, or boots one for it; prints where the time went, and writes trace events that
https://ui.perfetto.dev and chrome://tracing open.

  --seconds N            for how long; with a command, at most (2)
  --run-command TEXT     for sh on this machine, from when recording has begun; when it ends, so
                         does the recording. \$WEB_PORT is the port that leads to the guest's web port
  -o FILE                where the events go (build/trace.json)
  --keep FILE            the recording as it came, too; build/tools/trace --input FILE reads it again
  --rows N               lines of the table of calls (30)
  --connect HOST:PORT    another machine, where the service \`tracer\` is started and reached there
of the guest that it boots:
$MACHINE_HELP
END
}

command_trace()
{
    machine_defaults
    seconds=2 run_command='' output=build/trace.json keep='' rows=30 connect=''
    while [ $# -gt 0 ]; do
        case $1 in
        --*=*)
            option=$1
            shift
            set -- "${option%%=*}" "${option#*=}" "$@"
            continue
            ;;
        --help | -h)
            trace_usage
            return
            ;;
        --seconds)
            number_between "${2-}" 1 600 || usage_error trace "--seconds takes 1 to 600, not '${2-}'"
            seconds=$2
            ;;
        --run-command) run_command=${2-} ;;
        -o) output=${2:?} ;;
        --keep) keep=${2:?} ;;
        --rows)
            is_number "${2-}" || usage_error trace "--rows takes a number, not '${2-}'"
            rows=$2
            ;;
        --connect) connect=${2-} ;;
        *) machine_option trace "$1" "${2-}" || usage_error trace "there is no option '$1'" ;;
        esac
        [ $# -ge 2 ] || usage_error trace "$1 takes a value"
        shift 2
    done
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_QEMU
    build "building the tracer's reader" build/tools/trace
    if [ -n "$connect" ]; then
        trace_record --host "${connect%:*}" --port "${connect##*:}"
        return
    fi
    [ -p build/run/console ] || trace_boot
    # The operator's console starts it; where that asks for a name first, log in and start it there.
    printf 'start tracer\r' >build/run/console
    WEB_PORT=$(cat build/run/web.port)
    export WEB_PORT
    trace_record --port "$(cat build/run/trace.port)"
}

# A guest of its own, until this shell ends.
trace_boot()
{
    web_port=$(port_free 18080)
    FORWARDS="$FORWARDS $web_port:80"
    image_build
    mkdir -p build/logs
    step "booting a guest to record"
    run_headless >build/logs/trace_guest.log 2>&1 &
    trace_guest=$!
    trap 'kill "$trace_guest" 2>/dev/null; wait "$trace_guest" 2>/dev/null || true' EXIT
    trap 'exit 1' INT TERM HUP
    until grep -q '^serving on' build/logs/trace_guest.log; do
        kill -0 "$trace_guest" 2>/dev/null || die "the guest did not come up: see build/logs/trace_guest.log"
        sleep 0.1 # Between two looks at what it says.
    done
}

# trace_record WHERE...: options of build/tools/trace that say where.
trace_record()
{
    set -- "$@" --seconds "$seconds" --rows "$rows" -o "$output"
    [ -z "$run_command" ] || set -- "$@" --command "$run_command"
    [ -z "$keep" ] || set -- "$@" --keep "$keep"
    step "recording for ${run_command:+at most }$seconds s"
    status=0
    build/tools/trace "$@" || status=$?
    [ ! -s "$output" ] || step "$output: open it with https://ui.perfetto.dev"
    return $status
}

. tools/sh/run.sh
