# Processes: pipelines, background jobs, wait, exit codes, signals and traps, redirections, files.
cd /tmp || exit
mkdir swos-dash-$$ && cd swos-dash-$$ || exit
echo a | cat | cat | tr a b
printf 'c\na\nb\n' | sort | head -n 2 | tail -n 1
yes | head -n 3 | wc -l | tr -d ' '
true | false; echo "last of a pipe $?"; false | true; echo "last of a pipe $?"
sh -c 'exit 42'; echo $?; sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -9 $$' ; echo $?
(exit 3) & wait $!; echo "waited $?"
sh -c 'exit 5' & first=$!; sh -c 'exit 6' & second=$!; wait $second; echo $?; wait $first; echo $?
sleep 0 & wait; echo all $?
nothing-of-that-name 2>/dev/null; echo $?; echo x >file; ./file 2>/dev/null; echo $?
echo one >out; echo two >>out; cat out; cat <out >copy; cmp out copy && echo same
{ echo out; echo err >&2; } >both 2>&1; sort both; exec 4<out; read -r l <&4; echo "$l"; read -r l <&4; echo "$l"; exec 4<&-
cat <<END | tr a-z A-Z
through a pipe
END
big=$(i=0; while [ $i -lt 2000 ]; do echo "line $i of many"; i=$((i + 1)); done); echo "$big" | wc -l | tr -d ' '; echo ${#big}
trap 'echo got USR1' USR1; kill -USR1 $$; echo after; trap '' USR1; kill -USR1 $$; echo ignored; trap - USR1
sh -c 'trap "echo cleanup; exit 9" TERM; kill -TERM $$; echo never'; echo $?
(trap 'echo child end' EXIT; exit 4); echo $?
sh -c 'sleep 10 & p=$!; kill $p; wait $p; echo $?' 2>/dev/null
set -- *; echo $#: "$@"; echo f*; echo [bc]*; echo none*; touch .hidden; echo .h*; echo */ 
mkdir -p d/e; touch d/e/f; echo d/*/*; rm -r d; test -e d || echo removed
[ -f out ] && [ ! -d out ] && [ -d . ] && [ -s out ] && [ -r out ] && [ ! -e nope ] && echo tests
touch -t 202001010000 old; [ out -nt old ] && [ old -ot out ] && echo newer
x=1; (x=2; echo $x); echo $x; x=3 sh -c 'echo $x'; echo $x; export x; sh -c 'echo $x'; env -i A=b sh -c 'echo $A'
i=0; while [ $i -lt 40 ]; do (exit $i) || :; i=$((i + 1)); done; echo forty children
i=0; while [ $i -lt 10 ]; do echo $i & i=$((i + 1)); done | sort | tr '\n' ' '; wait; echo
mkfifo pipe && { echo by fifo >pipe & cat pipe; wait; }
ln -s out link && cat link | head -n 1; readlink link; ln out hard && cmp out hard && echo hard link; mv hard moved; ls | tr '\n' ' '; echo
set -C; echo x >out 2>/dev/null || echo noclobber; echo y >|out; cat out; set +C
find . -name 'o*' | sort; echo 'a b' | xargs -n 1 echo arg; seq 5 | awk '{ s += $1 } END { print s }'; seq 3 | sed 's/^/n/'
exec 5>five; echo five >&5; exec 5>&-; cat five; pwd | sed 's/.*swos-dash-[0-9]*/HERE/'; cd ..; OLD=$OLDPWD; cd - >/dev/null; [ "$PWD" = "$OLD" ] && echo back
cd /; rm -rf /tmp/swos-dash-$$; echo end
exit 17
