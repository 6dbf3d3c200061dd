# The host's part of with.scn: logs in as the user and types commands. $CONSOLE is a FIFO to type into, $SERIAL_LOG what
# the guest has said.

said() { tr -d '\r' <"$SERIAL_LOG"; }

# await TEXT COUNT: until so many lines of the log have the text. At most 30 seconds.
await()
{
    tries=600
    until [ "$(said | grep -c -- "$1")" -ge "$2" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

type() { printf '%s\r' "$1" >"$CONSOLE"; }
password_of() { said | sed -n "s/^password of $1 until the next boot: //p"; }

claims=0
claim() # NAME: what the last command answered
{
    if [ $? -eq 0 ]; then echo "@@test pass with.$1"; else echo "@@test fail with.$1 the log has it not"; fi
    claims=$((claims + 1))
}

# log_in NAME: at the question that is the COUNTth.
log_in()
{
    await '^login: ' "$2" && type "$1" && await '^password: ' "$2" && type "$(password_of "$1")"
}

log_in user 1 && type 'echo $((6 * 7)) "of $USER"' && await '42 of user$' 1
claim shell_answers
type "lua -e 'print((\"x\"):rep(3), _VERSION)' | tr x y" && await "^yyy	Lua 5.4$" 1
claim program_runs_in_a_pipe
type 'ls /bin | grep -c -x -e lua -e awk; echo a b c | awk "{ print \$3 }" >/tmp/f; cat /tmp/f' &&
    await '^2$' 1 && await '^c$' 1
claim tools_are_there
type 'exit 0' && log_in admin 2 && await '^swctl> ' 1 && type 'services' && await '^session ' 1
claim operator_has_the_console

echo "@@test done $claims"
type 'power off'
