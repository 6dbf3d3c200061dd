# ./swos console: the terminal becomes the console of the system that runs headless or under debug. What
# the guest says is in its log; what is typed goes into a FIFO that qemurun reads.

console_usage()
{
    cat <<END
usage: ./swos console

The console of the system that ./swos run --headless or ./swos debug has booted. Ctrl-] leaves it,
and the system runs on. Without a terminal, standard input is typed and the log is not followed.
END
}

command_console()
{
    case ${1-} in
    '') ;;
    --help | -h)
        console_usage
        return
        ;;
    *) usage_error console "there is no option '$1'" ;;
    esac
    fifo=build/run/console log=build/logs/run.log
    [ -p $fifo ] || die "nothing runs headless here: ./swos run --headless boots it"
    if [ ! -t 0 ]; then
        cat >$fifo
        return
    fi
    step "Ctrl-] leaves the console"
    # Keys go through one by one; only Ctrl-] is a signal, which ends the cat below.
    saved=$(stty -g)
    trap 'kill $follower 2>/dev/null; stty "$saved"; echo' EXIT
    trap 'exit 0' INT TERM HUP
    stty -icanon -echo -icrnl min 1 intr '^]' quit undef susp undef
    tail -n 40 -f $log &
    follower=$!
    cat >$fifo
}
