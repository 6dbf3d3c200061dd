# The shell's language: expansions, quoting, lists, functions, here-documents, arithmetic. Dash alone.
x=value y='two  words' empty=
echo $x "$y" $y "${x}s" ${none-default} ${empty:-used} ${empty-kept} ${x+set} ${none+unset}. ${#x}
echo ${none:=assigned} $none
path=/a/b/c.tar.gz
echo ${path#*/} ${path##*/} ${path%.*} ${path%%.*} "${path#"/a"}"
echo $((1 + 2 * 3)) $(((1 + 2) * 3)) $((7 / 2)) $((-7 % 3)) $((1 << 4 | 3)) $((x2 = 5)) $((x2 * 2))
i=5; echo $((i += 2)) $((i > 3 ? 10 : 20)) $((0x1f)) $((010)) $((!0)) $((~5)) $((i == 7 && 1))
set -- a 'b c' d; echo $# "$1" "$2" "$*" ; for w in "$@"; do echo "[$w]"; done; for w in $*; do echo "<$w>"; done
shift; echo $1 $#; set --; echo $# "${1-nothing}"
IFS=:; line=a:b::c; set -- $line; echo $#; IFS=', '; set -- 'p, q,r'; set -- $1; echo $# $2; unset IFS
f() { local v=inner; echo "f: $v $1 $#"; return 3; }
v=outer; f one two; echo $? $v
g() { [ $1 -le 1 ] && echo 1 || echo $(($1 * $(g $(($1 - 1))))); }
g 6
case abc in x*) echo no;; a?c) echo pattern;; *) echo star;; esac
case "a b" in 'a b') echo quoted;; esac; case z in [a-m]) echo low;; [!a-m]) echo high;; esac; case -x in -*|+*) echo option;; esac
for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo "i $i"; done
n=0; while [ $n -lt 3 ]; do n=$((n + 1)); done; echo $n; until [ $n -eq 0 ]; do n=$((n - 1)); done; echo $n
while :; do while :; do break 2; done; echo never; done
if false; then echo no; elif true; then echo elif; else echo no; fi
! false && echo negated; true || echo never; false || echo or; { echo group; } ; (exit 7); echo $?
cat() { while IFS= read -r l; do printf '%s\n' "$l"; done; }
cat <<END
here $x $((1 + 1)) \$x \\
END
cat <<'END'
literal $x \n
END
cat <<-END
	tabs gone
	END
a=$(echo sub; echo lines); echo "$a"; echo `echo back \`echo nested\``
echo "quote: \"in\" 'single' \$x \`tick\`" 'back\slash' a\ b "multi
line"
printf '%s|%5d|%-5s|%05.1f|%x|%c|%%|%b\n' str 42 ab 3.14159 255 c 'a\tb'
printf '%s %s\n' 1 2 3; printf '\101\n'; printf '%d\n' 0x10 "'A"
echo ~ | { read -r home; [ -n "$home" ] && echo home; }
unset x; echo ${x-gone}; readonly r=1; (r=2) 2>/dev/null || echo readonly; echo $r
eval 'z=evaluated; echo $z'; set -f; echo *; set +f
trap 'echo on exit' EXIT; (trap - EXIT; echo in subshell)
getopts ab:c o -a -b val rest && echo $o; getopts ab:c o -a -b val rest && echo $o $OPTARG $OPTIND
alias hi='echo aliased'; 
hi there
type cd echo f; command -v f; command echo command; test -n x -a -z '' && echo test; [ 3 -gt 2 ] && [ abc != abd ] && echo compare
echo $- | { read -r flags; case $flags in *i*) echo interactive;; *) echo not interactive;; esac; }
set -u; (echo $undefined_name) 2>/dev/null || echo unset is an error; set +u
set -e; (false; echo never) || echo "in a list it goes on"; set +e
expr_result=$(test 1 = 1; echo $?); echo $expr_result; : ${q:=1} ; echo $q
for i in 1 2; do for j in a b; do echo $i$j; done; done | while read -r k; do echo "read $k"; done
(echo one; echo two >&2) 2>&1 | while read -r l; do echo "got $l"; done
exec 3>&1; echo to three >&3; exec 3>&-; { echo both; echo err >&2; } >/dev/null 2>&1; echo done
echo ${path%/*} "$(echo "inner $(echo deeper "quoted")")" $(echo $(echo $(echo three)))
ulimit -n >/dev/null && echo ulimit; umask 022; umask; times >/dev/null && echo times; hash -r; wait; echo $?
echo end
