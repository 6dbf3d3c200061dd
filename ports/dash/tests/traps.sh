# Traps, jobs in the background, wait: without a terminal.
trap 'echo exit $?' EXIT; trap; (echo in a subshell: ; trap); trap - EXIT
for s in HUP INT QUIT USR1 USR2 TERM ALRM; do (trap "echo got $s" $s; kill -$s $(exec sh -c 'echo $PPID'); :); done
sh -c 'trap "echo first" USR1; trap "echo second" USR1; kill -USR1 $$; trap - USR1; echo still; kill -USR1 $$; echo never' 2>/dev/null; echo $?
sh -c 'trap "" TERM; kill -TERM $$; sh -c "kill -TERM \$\$; echo child ignores too"; echo ignored'
sh -c 'trap "echo handler; exit 7" INT; kill -INT $$; echo never'; echo $?; sh -c 'trap "echo at exit" 0; exit 5'; echo $?
sh -c 'trap "echo at exit" EXIT; kill -TERM $$; echo never' 2>/dev/null; echo $?; sh -c 'trap "(exit 9)" USR1; false; kill -USR1 $$; echo $?'
f() { trap 'echo from f' USR1; }; f; kill -USR1 $$; trap - USR1; sh -c 'set -e; trap "echo cleaned" EXIT; false; echo never'; echo $?
for s in 1 2 3 6 9 13 14 15; do sh -c "kill -$s \$\$" 2>/dev/null; echo "$s gives $?"; done; kill -l 15; kill -l $((128 + 9)); kill -0 $$ && echo alive; kill -0 999999 2>/dev/null || echo nobody
sh -c 'exit 300'; echo $?; sh -c 'exit 256'; echo $?; (exit 0377); echo $?; (trap 'echo sub exit' EXIT); { trap 'echo group' USR1; }; kill -USR1 $$; trap - USR1
sh -c 'exit 11' & a=$!; sh -c 'exit 12' & b=$!; sh -c 'exit 13' & c=$!
wait $b; echo $?; wait $a; echo $?; wait $c; echo $?; wait $c 2>/dev/null; echo "again $?"; wait 999999 2>/dev/null; echo $?
sleep 30 & p=$!; kill $p; wait $p 2>/dev/null; echo $?; sleep 30 & kill -9 $!; wait $! 2>/dev/null; echo $?
trap 'echo woken' USR1; (sleep 0.1; kill -USR1 $$; sleep 0.5) & wait; echo "wait gave $?"; wait; trap - USR1
(sleep 0.1; exit 4) & wait $!; echo $?; sleep 20 & kill -HUP $!; wait $! 2>/dev/null; echo $?
{ sleep 0.05; echo last; } & { echo first; } & wait; i=0; while [ $i -lt 30 ]; do (exit $i) & i=$((i + 1)); done; wait; echo all gone
echo one | { read -r x; echo "$x"; exit 3; }; echo $?; { exit 4; } | cat; echo $?; (kill -9 $(exec sh -c 'echo $PPID')) 2>/dev/null; echo $?
(sleep 5; echo never) & k=$!; sleep 0.05; kill $k; wait $k 2>/dev/null; echo $?; sh -c 'sleep 30 & echo $! >/tmp/swos-trap-pid; exit 0'; kill "$(cat /tmp/swos-trap-pid)" && echo orphan; rm /tmp/swos-trap-pid
x=$(trap 'echo in substitution' EXIT); echo "$x"; x=$(sh -c 'echo before; kill -TERM $$; echo never' 2>/dev/null); echo "$x $?"
yes | true; echo $?; (yes; echo "yes gave $?" >&2) 2>/dev/null | head -n 1; trap 'echo pipe' PIPE; trap - PIPE
ulimit -c 0; times | wc -l | tr -d ' '; test -n "$PPID" && echo parent; sh -c 'echo ${0##*/} $1' name argument; echo $((${#$} > 0)); echo end
exit 21
