# The host's part of login.scn.
. tests/system/terminal.sh

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
await '^identity 1001:1003 file 1001:1003 image 1000:1000 child the same$' 1
claim login.identity_is_that_of_the_principal

session handles && await '^6 handles$' 1
said | sed -n 's/^handle //p' >"$SERIAL_LOG.handles"
cat <<'EOF_HANDLES' | cmp -s - "$SERIAL_LOG.handles"
root kind 7 rights 0x9f
clock:read kind 23 rights 0x91
entropy:read kind 24 rights 0x91
session kind 11 rights 0x100d0
cell kind 3 rights 0x90
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

session ps && await '^ *[0-9]* anna  *running' 1 && ! said | grep -q '^ *[0-9]* init'
claim login.ps_shows_the_session_alone
session 'top 2' && await '2 processes; q ends$' 2
claim login.top_shows_pictures

change_password wrong 'a new one' && await 'the old password is another' 1
claim login.passwd_wants_the_old_password
change_password "$(password_of anna)" 'a new one' && await '^changed, until the next boot' 1
claim login.passwd_changes_until_the_next_boot

session leave && await '^left$' 1 && session exit && await '^bye$' 1
claim login.session_ends

refused anna "$(password_of anna)"
claim login.the_old_password_is_refused
log_in anna 'a new one' && session exit && await '^bye$' 2
claim login.the_new_password_is_good

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
type exit
log_in oskar "$(password_of oskar)" && await 'operator console; help' 2 && key 004 &&
    log_in oskar "$(password_of oskar)" && await 'operator console; help' 3
claim login.operator_leaves

echo "@@test done $claims"
type 'power off'
