# Redirection: every operator on files and numbers, here-documents, order, errors, of commands, functions and groups.
cd "${TMPDIR:-/tmp}" && mkdir redirect.$$ && cd redirect.$$ || exit 1
echo one >a; echo two >>a; echo three 1>>a; cat <a; cat 0<a | tail -n 1; cat - <a | head -n 1
echo in the middle >b words; cat b; >empty; [ -f empty ] && [ ! -s empty ] && echo empty; >c echo before; cat c
{ echo out; echo err >&2; } >o 2>e; cat o e; { echo out; echo err >&2; } >both 2>&1; sort both
{ echo out; echo err >&2; } 2>&1 >only | sed 's/^/piped /'; cat only; { echo a >&3; } 3>&1; { { echo swapped >&2; } 3>&1 1>&2 2>&3; } 2>/dev/null
exec 3>three 4<a; echo to three >&3; read -r l <&4; read -r m <&4; echo "$l $m"; exec 3>&- 4<&-; cat three
(echo x >&3) 2>/dev/null || echo closed; (read -r x <&4) 2>/dev/null || echo closed too; echo y 2>/dev/null >&9 || echo never open
exec 5<>rw; echo written >&5; exec 5>&-; cat rw; printf 'abcdef' >rw; exec 5<>rw; printf XY >&5; exec 5<&-; cat rw; echo
exec 6>&1; exec >moved; echo into the file; exec >&6 6>&-; cat moved
f() { echo from f; echo f err >&2; }; f >ff 2>&1; cat ff; for i in 1 2; do echo "loop $i"; done >loop; cat loop
while read -r w rest; do echo "$w-$rest"; done <<END
first line here
second	tab
END
if true; then echo in if; fi >iff; cat iff; case x in x) echo in case;; esac >cs; cat cs; (echo sub; exit 3) >sub; echo $?; cat sub
cat <<A; cat <<B
from A
A
from B
B
cat <<END | tr a-z A-Z; cat <<'END'
value ${l} $(echo command) `echo tick` $((2 + 3)) \$not "quoted" \
joined
END
value ${l} $(echo command) \
END
cat <<-END
	tabs $l
		are gone
	END
cat <<"E O F"
$quoted word
E O F
g() { cat <<END
argument $1
END
}
g one; g two; x=$(cat <<END
inside a substitution
END
); echo "$x"; cat <<END
$(cat <<IN
nested
IN
)
END
cat <<EMPTY
EMPTY
i=0; { while [ $i -lt 3000 ]; do echo "a line of some length, number $i"; i=$((i + 1)); done; } >big; wc -l <big | tr -d ' '; cat big big big | wc -c | tr -d ' '
cat <<END | wc -c | tr -d ' '
$(cat big)
END
cat <missing 2>/dev/null || echo no file; echo x >/nonexistent/file 2>/dev/null || echo no folder; (echo x >.) 2>/dev/null || echo a folder
(: <missing; echo never) 2>/dev/null; echo "ended $?"; (exec <missing; echo never) 2>/dev/null; echo "ended $?"; cd missing 2>/dev/null || echo cd failed
set -C; (echo x >a) 2>/dev/null || echo kept; echo forced >|a; cat a; echo more >>a; (>new) && echo made; set +C
echo "in quotes" >'a file'; cat 'a file'; n=name; echo by variable >$n; cat "$n"; echo star >'*'; cat '*'; ls | wc -l | tr -d ' '
umask 077; echo private >p; ls -l p | cut -c 1-10; umask 022; echo public >q; ls -l q | cut -c 1-10
printf '%s\n' 3 1 2 | sort | while read -r k; do echo "got $k"; cat </dev/null; done; yes | head -n 2; echo $(yes x | head -n 3)
cat a - b <<END
between
END
command exec 7>seven; echo seven >&7; exec 7>&-; cat seven; cd / && rm -r "${TMPDIR:-/tmp}/redirect.$$"; echo end
