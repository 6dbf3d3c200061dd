#!/bin/sh
# layers: who includes what, from the dependency files that the compiler wrote under build/, against
# tools/check/layers.tab. Also: lib/ takes only the freestanding headers from the system, the kernel names
# its architecture as <arch/...>, and every source is built by something.
set -u
rules=$(dirname "$0")/layers.tab
deps=$(mktemp)
trap 'rm -f "$deps"' EXIT
find build -name '*.d' -type f -size +0 -not -path 'build/tmp/*' -not -path 'build/ports/*/work*' >"$deps"
found=0

xargs -r awk '
    function judge(source, path,    rule, i, prefix, refuses, best, allowed) {
        for (rule = 1; rule <= rule_count; rule++)
            if (index(source, rule_source[rule]) == 1)
                break
        if (rule > rule_count || path ~ /^\// || path == source)
            return
        for (i = 2; i <= rule_len[rule]; i++) {
            prefix = rule_word[rule, i]
            refuses = sub(/^!/, "", prefix)
            if (index(path, prefix) == 1 && length(prefix) > best) {
                best = length(prefix)
                allowed = !refuses
            }
        }
        if (!allowed && !((source, path) in told)) {
            told[source, path] = 1
            print source ": must not see " path
            found = 1
        }
    }
    FILENAME == ARGV[1] {
        sub(/#.*/, "")
        if (NF == 0)
            next
        rule_source[++rule_count] = $1
        rule_len[rule_count] = NF
        for (i = 2; i <= NF; i++)
            rule_word[rule_count, i] = $i
        next
    }
    FNR == 1 { source = ""; in_rule = 1; on_host = FILENAME ~ /^build\/(host|fuzz)\// }
    # Only the first rule of a file: the others are the empty ones of -MP.
    in_rule {
        for (i = 1; i <= NF; i++) {
            if ($i ~ /:$/ || $i == "\\" || $i == "/dev/null")
                continue
            if (source == "") {
                source = $i
                if ((getline line <source) < 0) # A source that is gone leaves its file behind.
                    nextfile
                close(source)
            } else if (source !~ /_(test|fuzz)\.c$/ && !(on_host && $i ~ /^tests\/doubles\//))
                judge(source, $i)
        }
        if ($NF != "\\")
            in_rule = 0
    }
    END { exit found }' "$rules" <"$deps" || found=1

git ls-files 'lib/*.[ch]' | grep -v '_\(test\|fuzz\)\.c$' |
    xargs -r grep -nE '^ *# *include *<' /dev/null |
    grep -vE '<(stdarg|stdint|stddef|stdbool|string)\.h>|<abi/[a-z0-9_/]+\.h>' |
    sed 's/^\([^:]*:[0-9]*\):/\1: lib is freestanding, not: /' | grep . && found=1
git ls-files 'kernel/*.[ch]' | xargs -r grep -n '#include "kernel/arch/' /dev/null |
    grep -v '^kernel/arch/' | sed 's/^\([^:]*:[0-9]*\):/\1: name it <arch\/...>, not: /' | grep . && found=1

# The generator is built in one step, before there are dependency files, and what is compiled by the C library's driver has none.
built=$(mktemp)
trap 'rm -f "$deps" "$built"' EXIT
xargs -r cat <"$deps" | tr -d '\\' | tr -s ' ' '\n' | sort -u >"$built"
git ls-files 'lib/*.c' 'kernel/*.c' 'user/*.c' 'tools/*.c' | grep -v -e '^tools/abigen/main\.c$' -e '^user/posix/' -e '^user/tests/posix/' -e '^user/tools/' -e '^user/password_check/' | sort |
    comm -23 - "$built" | sed 's/$/: nothing builds it/' | grep . && found=1
exit $found
