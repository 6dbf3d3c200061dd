# The host's part of login.scn: types at the terminal as people do. $CONSOLE is a FIFO to type into, $SERIAL_LOG
# what the guest has said.

DELAY_MS=1900 # A refusal takes two seconds of the guest's.

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
key() { printf "\\$1" >"$CONSOLE"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }
password_of() { said | sed -n "s/^password of $1 until the next boot: //p"; }

claims=0
claim() # NAME: what the last command answered
{
    [ $? -eq 0 ] && echo "@@test pass $1" || echo "@@test fail $1 the log has it not"
    claims=$((claims + 1))
}

logins=0
refusals=0
# log_in NAME SECRET: to the next question for a name, and the one for a secret.
log_in()
{
    logins=$((logins + 1))
    await '^login: ' $logins || return 1
    type "$1"
    await '^password: ' $logins || return 1
    type "$2"
}

# refused NAME SECRET: not at once.
refused()
{
    log_in "$1" "$2" || return 1
    begun=$(now_ms)
    refusals=$((refusals + 1))
    await '^not so' $refusals && [ $(($(now_ms) - begun)) -ge $DELAY_MS ]
}

# Commands of user/tests/posix/session.c, answered before the next prompt.
commands=0
session()
{
    commands=$((commands + 1))
    await '^session> ' $commands && type "$1"
}

await '^login: ' 1
[ -n "$(password_of anna)" ] && [ "$(password_of anna)" != "$(password_of oskar)" ]
claim login.passwords_are_made

refused anna wrong
claim login.wrong_secret_is_refused_late
refused nobody wrong
claim login.unknown_name_is_refused_as_late
refused anna "$(password_of oskar)"
claim login.secrets_are_not_shared

log_in anna "$(password_of anna)" && session session
await '^user anna home /tmp leads terminal /dev/console$' 1
claim login.session_leads_its_terminal

session handles && await '^5 handles$' 1
said | sed -n 's/^handle //p' >"$SERIAL_LOG.handles"
cat <<'EOF_HANDLES' | cmp -s - "$SERIAL_LOG.handles"
root kind 7 rights 0x9f
clock:read kind 23 rights 0x91
entropy:read kind 24 rights 0x91
session kind 11 rights 0x100d0
terminal kind 20 rights 0xd3
EOF_HANDLES
claim login.handles_are_exactly_those_of_the_role

session root && await '^name tmp$' 1
[ "$(said | sed -n 's/^name //p' | sort | tr '\n' ' ')" = 'bin dev etc tmp ' ]
claim login.root_has_exactly_its_trees

session run && await '^running$' 1 && key 003 && await '^.*ended by 2$' 1
claim login.interrupt_ends_what_runs
session run && await '^running$' 2 && key 032 && await '^.*stopped by 20$' 1
claim login.suspend_stops_what_runs

session leave && await '^left$' 1 && session exit && await '^bye$' 1
claim login.session_ends

log_in greta "$(password_of greta)"
await '^no session can be begun now$' 1
claim login.role_cannot_have_what_nobody_gave

log_in oskar "$(password_of oskar)" && await 'operator console; help' 1
claim login.operator_has_his_console
type ps
await '^ *[0-9]* login ' 1 && await '^ *[0-9]* .*session' 1
claim login.operator_sees_the_processes
! said | sed '1,/operator console/d' | grep -q 'anna'
claim login.nothing_of_a_session_is_left
type 'kill httpd'
await 'ipc:call:control' 1
claim login.operator_lacks_what_his_role_lacks

echo "@@test done $claims"
type 'power off'
