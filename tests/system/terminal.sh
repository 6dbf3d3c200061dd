# Typing at the terminal as people do, for the host's parts of login*.scn. Sourced. $CONSOLE is a FIFO to type into,
# $SERIAL_LOG what the guest has said.

DELAY_MS=1900 # A refusal takes two seconds of the guest's.

said() { tr -d '\r' <"$SERIAL_LOG"; }

# await_of READER TRIES TEXT COUNT: until so many lines of what the command READER prints have the text, looked at 20 times a second.
await_of()
{
    tries=$2
    until [ "$($1 | grep -c -- "$3")" -ge "$4" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# await TEXT COUNT: of the log. At most 30 seconds.
await() { await_of said 600 "$1" "$2"; }

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

# change_password OLD NEW: as passwd asks.
changes=0
change_password()
{
    changes=$((changes + 1))
    session passwd && await '^old password: ' $changes && type "$1" &&
        await '^new password: ' $changes && type "$2" && await '^once more: ' $changes && type "$2"
}
