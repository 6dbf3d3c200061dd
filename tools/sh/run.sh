# ./swos run: build, boot, serve. With a console on this terminal, or headless.

run_usage()
{
    cat <<END
usage: ./swos run [OPTION...]

Builds what is not built, boots it in QEMU and serves a page on http://localhost:8080/. The terminal is
the system's console; Ctrl-A X ends QEMU, Ctrl-A H lists its keys.

$MACHINE_HELP
$WITH_HELP
  --headless             serve without a console until a signal; ./swos console reaches it
  --debug-profile        run the debug build
  --profile NAME         what is in the image without --with: a folder of profiles/ (hosting)
$SECRETS_HELP
END
}

command_run()
{
    machine_defaults
    headless=''
    while [ $# -gt 0 ]; do
        case $1 in
        --*=*)
            option=$1
            shift
            set -- "${option%%=*}" "${option#*=}" "$@"
            continue
            ;;
        --help | -h)
            run_usage
            return
            ;;
        --headless) headless=1 ;;
        --debug-profile) PROFILE=debug ;;
        --with)
            with_option run "${2-}"
            shift
            ;;
        --profile | --password-hash | --ssh-key | --host-key)
            [ $# -gt 1 ] || usage_error run "$1 wants a value"
            secrets_option "$1" "$2"
            shift
            ;;
        *)
            machine_option run "$1" "${2-}" || usage_error run "there is no option '$1'"
            shift
            ;;
        esac
        shift
    done
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_QEMU
    secrets_check
    with_forwards
    machine_check_ports run
    image_build
    if [ -n "$headless" ]; then
        run_headless
    else
        step "booting; it serves on $(machine_urls | paste -sd ' ') once it is up (Ctrl-A X ends it)"
        QEMU_SERIAL=mon:stdio qemu_start '' "$FORWARDS" exec
    fi
}

# qemurun takes our place, so that a signal to this process stops the guest and ends with 0.
run_headless()
{
    mkdir -p build/run build/logs
    trace_port=$(port_free 19110)
    echo "$trace_port" >build/run/trace.port
    machine_web_port >build/run/web.port
    step "booting; ./swos console reaches the console, SIGTERM or Ctrl-C stops it"
    qemu_start swos.report=console "$FORWARDS $trace_port:9110" exec build/tools/qemurun serve --name run \
        --log build/logs/run.log --console build/run/console \
        --ready-text "serving on $(machine_urls | paste -sd ' ')" --
}

. tools/sh/image.sh
