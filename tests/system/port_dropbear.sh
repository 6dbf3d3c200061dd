# The host's part of dropbear.scn: Debian's ssh client as anna, by her key and by her password, and as sara, who has the
# password that the console shows.
. tests/system/terminal.sh
keys=${CONSOLE%/tmp/*}/release/image
port=$HOST_PORT_22
here=$CONSOLE.ssh
rm -rf "$here" && mkdir "$here"
echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$keys/test_host_key.pub")" >"$here/known"
cp "$keys/test_login_key" "$here/key" && chmod 600 "$here/key"
ssh-keygen -q -t ed25519 -N '' -f "$here/other"

# The client's own settings count for nothing here.
options="-F none -o UserKnownHostsFile=$here/known -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes \
-o ConnectTimeout=20 -o LogLevel=ERROR"
by_key="-o BatchMode=yes -i $here/key"
by_password='-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1'

run() # COMMAND: as anna
{
    # shellcheck disable=SC2086
    timeout 40 ssh $options $by_key -p "$port" anna@127.0.0.1 "$@"
}
with_password() # USER PASSWORD COMMAND
{
    # shellcheck disable=SC2086
    SSHPASS=$2 timeout 40 sshpass -e ssh $options $by_password -p "$port" "$1@127.0.0.1" "$3"
}

await '^SSH host key of the image: ' 1
[ "$(said | sed -n 's/^SSH host key of the image: //p')" = "$(ssh-keygen -lf "$keys/test_host_key.pub" | cut -d ' ' -f 2)" ]
claim dropbear.fingerprint_of_the_image_is_shown

[ "$(run 'echo hello $USER')" = 'hello anna' ]
claim dropbear.key_gives_a_session
! timeout 40 ssh $options -o BatchMode=yes -i "$here/other" -p "$port" anna@127.0.0.1 true 2>"$here/error" &&
    grep -q 'Permission denied' "$here/error"
claim dropbear.other_key_is_refused
# shellcheck disable=SC2086
! timeout 40 ssh $options $by_key -p "$port" sara@127.0.0.1 true 2>"$here/error" && grep -q 'Permission denied' "$here/error"
claim dropbear.key_is_good_for_its_principal_alone

[ "$(with_password anna 'correct horse' 'echo $USER')" = anna ]
claim dropbear.password_of_the_image_gives_a_session
begun=$(now_ms)
! with_password anna 'wrong horse' true 2>"$here/error" && grep -q 'Permission denied' "$here/error" &&
    [ $(($(now_ms) - begun)) -ge $DELAY_MS ]
claim dropbear.wrong_password_is_refused_late
begun=$(now_ms)
! with_password nobody 'wrong horse' true 2>"$here/error" && grep -q 'Permission denied' "$here/error" &&
    [ $(($(now_ms) - begun)) -ge $DELAY_MS ]
claim dropbear.unknown_name_is_refused_as_late

run 'exit 7'
[ $? -eq 7 ]
claim dropbear.exit_status_arrives
run 'kill -TERM $$' 2>/dev/null
[ $? -eq 255 ]
claim dropbear.end_by_a_signal_arrives
run 'echo out; echo error >&2' >"$here/out" 2>"$here/err"
[ "$(cat "$here/out")" = out ] && [ "$(cat "$here/err")" = error ]
claim dropbear.output_and_errors_are_apart
head -c 1000000 /dev/urandom >"$here/data"
run cat <"$here/data" | cmp -s - "$here/data"
claim dropbear.bytes_go_both_ways

# The scratch of a session goes with it. So what scp has sent is summed up, and what it fetches is made, by the command that
# it runs at the other end, in which this program puts something before scp and behind it.
cat >"$here/around" <<'EOF_AROUND'
#!/bin/sh
for last; do :; done
set -- "$@" "$BEFORE$last$BEHIND"
count=$(($# - 2))
while [ $count -gt 0 ]; do
    set -- "$@" "$1"
    shift
    count=$((count - 1))
done
shift
command=$1
shift
exec ssh "$@" "$command"
EOF_AROUND
chmod +x "$here/around"
copy() # FROM TO
{
    # shellcheck disable=SC2086
    BEFORE=$before BEHIND=$behind timeout 100 scp -O -q -S "$here/around" $options $by_key -P "$port" "$1" "$2" 2>"$here/error"
}
sum_of() { sha256sum "$1" | cut -d ' ' -f 1; }
head -c 5000000 /dev/urandom >"$here/big"
before='' behind='; sha256sum /tmp/big >&2' copy "$here/big" anna@127.0.0.1:/tmp/big &&
    grep -q "^$(sum_of "$here/big") " "$here/error"
claim dropbear.scp_sends_what_it_was_given
before='head -c 5000000 /dev/urandom >/tmp/big; sha256sum /tmp/big >&2; ' behind='' copy anna@127.0.0.1:/tmp/big "$here/came" &&
    grep -q "^$(sum_of "$here/came") " "$here/error" && [ "$(wc -c <"$here/came")" -eq 5000000 ]
claim dropbear.scp_fetches_what_is_there
before='' behind='' copy anna@127.0.0.1:/bin/busybox "$here/busybox" && cmp -s "$here/busybox" build/ports/busybox/root/bin/busybox
claim dropbear.scp_fetches_programs

printf 'handles\nroot\nexit\n' | with_password sara "$(password_of sara)" '' >"$here/sara" 2>/dev/null
sed -n 's/^\(session> \)*handle //p' "$here/sara" | sed 's/ rights.*//' >"$here/handles"
cat <<'EOF_HANDLES' | cmp -s - "$here/handles"
root kind 7
clock:read kind 23
entropy:read kind 24
session kind 11
cell kind 3
stdin kind 8
stdout kind 8
stderr kind 8
EOF_HANDLES
claim dropbear.handles_are_exactly_those_of_the_role
[ "$(sed -n 's/^\(session> \)*name //p' "$here/sara" | sort | tr '\n' ' ')" = 'bin dev etc tmp ' ]
claim dropbear.root_has_exactly_its_trees

# The operator's console from afar, which without a terminal takes one command.
with_password otto "$(password_of otto)" 'ps' >"$here/ps" 2>/dev/null && grep -q ' session.otto  *running' "$here/ps" &&
    ! grep -q "$(printf '\r')" "$here/ps"
claim dropbear.operator_asks_one_thing
with_password otto "$(password_of otto)" 'nonsense' >"$here/nonsense" 2>/dev/null
[ $? -eq 2 ] && with_password otto "$(password_of otto)" '' </dev/null 2>/dev/null | grep -q '^swctl: a command or a terminal is wanted'
claim dropbear.operator_hears_what_is_wrong

# A shell with a terminal: what is typed goes into a FIFO, what it says to a file, and between the two is a terminal of
# this machine, as people have it.
mkfifo "$here/keys"
TERM=vt220 timeout 100 script -q -e -f -c "tty >$here/tty; stty rows 31 cols 101; exec ssh $options $by_key -p $port anna@127.0.0.1" \
    "$here/terminal" <"$here/keys" >"$here/script" 2>&1 &
client=$!
exec 9>"$here/keys"
shown() { tr -d '\r' <"$here/terminal"; }
await_shown() { await_of shown 400 "$1" "$2"; } # TEXT COUNT
write() { printf "$1" >&9; }

write 'echo $TERM in $((6*7)) of $USER\r'
await_shown 'vt220 in 42 of anna$' 1
claim dropbear.shell_has_a_terminal
write 'stty size; tty\r'
await_shown '^31 101$' 1 && await_shown '^/dev/pts/' 1
claim dropbear.stty_knows_the_terminal
write 'sh -c '\''trap "stty size; exit" WINCH; echo wide awake; while :; do sleep 0.1; done'\''\r'
await_shown '^wide awake$' 1 && stty -F "$(cat "$here/tty")" rows 44 cols 77 && await_shown '^44 77$' 1
claim dropbear.window_changes_are_told
write '(echo up; exec sleep 1000)\r'
await_shown '^up$' 1
write '\003echo interrupted $((1+1))\r'
await_shown 'interrupted 2$' 1
claim dropbear.interrupt_ends_what_runs
write '(echo up; exec sleep 2000)\r'
await_shown '^up$' 2
write '\032'
await_shown 'Stopped' 1
write 'jobs; kill %%1; fg; echo job over\r'
await_shown '^job over$' 1
claim dropbear.suspended_job_is_continued_and_killed
write '\004'
wait $client
[ $? -eq 0 ]
claim dropbear.end_of_input_ends_the_shell

# The signals that a client asks for are the session's.
told=$(timeout 40 build/tools/sshsignal 127.0.0.1 "$port" anna "$here/key" \
    'trap "echo first" USR1; trap "echo last; exit 9" TERM; echo ready; while :; do sleep 0.1; done' USR1 TERM 2>"$here/error")
[ $? -eq 9 ] && [ "$(echo "$told" | paste -sd ' ')" = 'ready first last' ]
claim dropbear.signals_arrive
timeout 40 build/tools/sshsignal 127.0.0.1 "$port" anna "$here/key" 'echo ready; exec sleep 1000' KILL >"$here/out" 2>"$here/error"
[ $? -eq 128 ] && grep -q ready "$here/out"
claim dropbear.kill_ends_a_session

# Who is cut off loses his session, with a terminal and without.
# shellcheck disable=SC2086
ssh $options $by_key -p "$port" anna@127.0.0.1 'trap "exit 42" HUP; (trap "" HUP; sleep 1001) & echo began
while :; do sleep 0.1; done' >"$here/cut" 2>&1 &
client=$!
tries=400
until grep -q began "$here/cut" || [ $tries -eq 0 ]; do
    tries=$((tries - 1))
    sleep 0.05
done
kill -9 $client
log_in otto "$(password_of otto)" && await 'operator console; help' 1 && await '^swctl> ' 1
answer() # COMMAND: what the operator's console says to it
{
    asked=$(said | grep -c '^swctl> ')
    type "$1" && await '^swctl> ' $((asked + 1)) || return 1
    (said && echo) | tac | sed '1d; /^swctl> /q' | tac
}
until_so() # TEST...: until it is so, for some seconds
{
    tries=100
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}
gone() { ! answer ps | grep -q -e sleep -e anna; }
until_so gone
claim dropbear.nothing_of_a_session_is_left
answer log | grep -q 'session [0-9]* has ended, code 42'
claim dropbear.who_is_cut_off_is_hung_up

# What is charged after sessions of all kinds, and after twenty more.
charged() { answer accounts | grep -E '^(session|ssh|login) ' | sed 's/ segments.*//'; }
charged >"$here/before" # The console's own memory grows with what it is asked first.
charged >"$here/before"
count=0
until [ $count -eq 20 ]; do
    count=$((count + 1))
    [ "$(run "echo session $count; sleep 1000 & exit 0")" = "session $count" ] || break
done
[ $count -eq 20 ]
claim dropbear.twenty_sessions_after_one_another
as_before() { charged | cmp -s - "$here/before"; }
[ "$(wc -l <"$here/before")" -eq 3 ] && until_so as_before || charged | diff "$here/before" -
claim dropbear.twenty_sessions_leave_no_charge
echo "@@test done $claims"
type 'power off'
