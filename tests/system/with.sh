# The host's part of with.scn: logs in as the user and types commands. $CONSOLE is a FIFO to type into, $SERIAL_LOG what
# the guest has said.

. tests/system/terminal.sh

await '^login: ' 1 && log_in user "$(password_of user)" &&
    type 'echo $((6 * 7)) "of $USER"' && await '42 of user$' 1
claim with.shell_answers
type "lua -e 'print((\"x\"):rep(3), _VERSION)' | tr x y" && await "^yyy	Lua 5.4$" 1
claim with.program_runs_in_a_pipe
type 'ls /bin | grep -c -x -e lua -e awk; echo a b c | awk "{ print \$3 }" >/tmp/f; cat /tmp/f' &&
    await '^2$' 1 && await '^c$' 1
claim with.tools_are_there
type 'wget -q -O - http://127.0.0.1/ | grep -c "<title>"' && await '^1$' 1
claim with.role_reaches_the_network
type 'exit 0' && await '^login: ' 2 && log_in admin "$(password_of admin)" && await '^swctl> ' 1 &&
    type 'services' && await '^session ' 1
claim with.operator_has_the_console

echo "@@test done $claims"
type 'power off'
