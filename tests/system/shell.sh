# The host's part of shell.scn: types at the machine's terminal, as anna, whose program is the shell.
. tests/system/terminal.sh

# Each command is typed when the shell has asked for it: before that the terminal may be another program's.
prompts=0
prompted()
{
    prompts=$((prompts + 1))
    await '^\$ ' $prompts
}
command() { prompted && type "$1"; }

# asks LINE ANSWER: typed, and a line with that answer is said once more than before.
asks()
{
    prompted || return 1
    before=$(said | grep -c -- "$2")
    type "$1"
    await "$2" $((before + 1))
}

await '^password of anna until' 1 && log_in anna "$(password_of anna)" && await '^\$ ' 1
claim shell.login_gives_a_shell
asks 'echo I am $USER in $(pwd)' '^I am anna in /'
claim shell.environment_is_the_principals
asks id '^uid=1001(anna) gid=1003(user)' && asks 'whoami; echo $HOME $LOGNAME' '^/tmp anna$' && await '^anna$' 1
claim shell.id_is_the_principals
asks 'echo x >/tmp/own; ls -ld /tmp/own /bin /tmp | tr -s " " | cut -d " " -f 3,4,9' '^anna user /tmp/own$' &&
    await '^anna user /tmp$' 1 && await '^system system /bin$' 1
claim shell.files_are_of_who_made_them
asks 'chmod 0 /tmp/own; cat /tmp/own || chmod 600 /tmp/own; cat /tmp/own; chown system /tmp/own; cat /tmp/own; rm -f /tmp/own' \
    "^cat: can't open '/tmp/own': Permission denied" && await "^cat: can't open '/tmp/own': Permission denied" 2 && await '^x$' 1
claim shell.mode_counts_by_whose_the_file_is
asks "grep ^anna: /etc/passwd" '^anna:\*:1001:'
asks "grep -c ^user: /etc/group" '^1$'
claim shell.accounts_are_views_of_the_principals
asks 'echo c b a | tr " " "\n" | sort | tr "\n" -; echo' '^a-b-c-$'
claim shell.pipes
asks 'cd /tmp; echo one >f; echo two >>f; wc -l <f; ls nothing 2>e || wc -l <e' '^2$' && await '^1$' 2
claim shell.redirection
prompted && printf 'echo abX\177cd\r' >"$CONSOLE" && await '^abcd$' 1
claim shell.erasing_while_typing

command cat && await '^\$ cat$' 1 && type 'to cat' && await '^to cat$' 2 && key 004 && asks 'echo $?, done' '^0, done$'
claim shell.end_of_input
# Typed signals are for what runs, so it must.
command '(echo up; exec sleep 1000)' && await '^up$' 1 && key 003 && asks 'echo $?' '^130$'
claim shell.interrupt
command '(echo up; exec sleep 1001)' && await '^up$' 2 && key 032 && await 'Stopped' 1 && asks jobs '^.1. + Stopped'
claim shell.suspend
command fg && await 'sleep 1001)*$' 4 && key 003 && asks 'echo $?.' '^130\.$'
claim shell.continue_in_the_foreground
command 'sleep 1002 & sleep 1003 &' && asks jobs 'Running  *sleep 1003' && await 'Running  *sleep 1002' 1
claim shell.background
asks 'ps | grep -c sleep' '^2$'
claim shell.ps_shows_what_runs
asks 'kill %1; kill -9 %2; wait; ps | grep -c sleep' '^0$'
claim shell.kill
asks 'top 1 | head -n 1' 'processes; q ends$' && command top && await 'processes; q ends$' 2 && key 161 &&
    command top && await 'processes; q ends$' 3 && key 003 && asks 'stty -a | grep -c " icanon"' '^1$'
claim shell.top
change_password_here()
{
    command passwd && await '^old password: ' 1 && type "$(password_of anna)" && await '^new password: ' 1 &&
        type 'a longer one' && await '^once more: ' 1 && type 'a longer one' && await '^changed, until the next boot' 1
}
change_password_here
claim shell.passwd_holds_until_the_next_boot

# From afar, with what the console has shown.
print=$(timeout 30 ssh-keyscan -t ed25519 -p "$HOST_PORT_22" 127.0.0.1 2>/dev/null | ssh-keygen -lf - | cut -d ' ' -f 2)
[ -n "$print" ] && [ "$print" = "$(said | sed -n 's/^SSH host key until the next boot: //p')" ]
claim shell.fingerprint_of_a_new_host_key_is_shown
[ "$(SSHPASS='a longer one' timeout 40 sshpass -e ssh -F none -o UserKnownHostsFile=/dev/null \
    -o StrictHostKeyChecking=no -o LogLevel=ERROR -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
    -p "$HOST_PORT_22" anna@127.0.0.1 'echo $USER from afar')" = 'anna from afar' ]
claim shell.login_from_afar_with_the_new_password

asks 'wget -q -O - http://127.0.0.1:22/' '^wget: .*Permission denied'
claim shell.role_without_network_reaches_nobody
command 'sleep 1004 &' && prompted && key 004 && await '^login: ' 2
claim shell.logout
log_in bert "$(password_of bert)" && asks id '^uid=1004(bert) gid=1003(user)' && asks 'ls /tmp | wc -l' '^0$' && prompted &&
    key 004 && await '^login: ' 3
claim shell.another_principal_has_an_id_of_his_own
log_in otto "$(password_of otto)" && await 'operator console; help' 1 && type ps && await '^ *[0-9]* login ' 1
! said | sed '1,/operator console/d' | grep -q 'sleep\|anna'
claim shell.operator_console_is_a_thing_of_its_own
echo "@@test done $claims"
type 'power off'
