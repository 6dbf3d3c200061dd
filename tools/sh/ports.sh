# What is known of the ports: ports/results.tab, which a full run writes (./swos test --full --write ports), and the table
# of ports/README.md, made from it, from the recipes and from the lists of what does not pass. Sourced.
#
# A line of results.tab: the port's NAME, its tests in the landing tier, those of --full alone, and the cases within tests
# that passed, that failed as ports/NAME/known says, and that their suite skipped itself. A test is a claim
# NAME.* or NAME_* of the scenario port_NAME.

PORTS_RESULTS=ports/results.tab
PORTS_PAGE=ports/README.md

# ports_measured FOLDER: a line `NAME CPUS TESTS FULL PASSED KNOWN SKIPPED` for each run in the results of a folder
# that had no failure.
ports_measured()
{
    find "$1" -name 'port_*.txt' -exec cat {} + |
        sed -n 's/^\(pass\|fail\|count\) port_\([a-z0-9]*\)-\([0-9]*\): /\1 \2 \3 /p' |
        awk '
            { run = $2 " " $3 }
            $1 == "fail" { failed[run] = 1 }
            $4 !~ "^" $2 "[._]" { next }
            $1 == "pass" { tests[run]++ }
            $1 == "count" { figure[run, substr($4, length($2) + 2)] = $5; tests[run] += 0 }
            function of(word) { return figure[run, word] + 0 }
            END { for (run in tests) if (!(run in failed)) print run, tests[run], of("full"), of("passed"), of("known"), of("skipped") }' |
        sort
}

# ports_compare FOLDER: are the results of this run what results.tab says?
ports_compare()
{
    ports_measured "$1" | while read -r name cpus tests full passed known skipped; do
        landing=$(ports_landing "$name" "$tests" "$full")
        [ "$landing" != 0 ] || full=$tests
        found="$name $landing $full $passed $known $skipped"
        if grep -q -x "$found" $PORTS_RESULTS; then
            echo "pass ports: $name-$cpus.is_as_listed"
        else
            echo "fail ports: $name-$cpus.is_as_listed found \`$found\`, $PORTS_RESULTS has \`$(grep "^$name " $PORTS_RESULTS)\`"
        fi
    done
}

# ports_landing NAME TESTS FULL: how many of the tests that ran are of the landing tier.
ports_landing()
{
    if grep -q '^tier = full' "tests/system/port_$1.scn"; then
        echo 0
    elif [ -n "${SWOS_FULL:-}" ]; then
        echo $(($2 - $3))
    else
        echo "$2"
    fi
}

# ports_write FOLDER: the lines of the ports that ran into results.tab, and the table anew.
ports_write()
{
    {
        cat $PORTS_RESULTS
        ports_measured "$1" | while read -r name cpus tests full passed known skipped; do
            landing=$(ports_landing "$name" "$tests" "$full")
            [ "$landing" != 0 ] || full=$tests
            echo "$name $landing $full $passed $known $skipped"
        done
    } | awk '/^#/ { print; next } { line[$1] = $0 } END { for (name in line) print line[name] | "LC_ALL=C sort" }' \
        >build/results/ports.tab
    cp build/results/ports.tab $PORTS_RESULTS
    ports_page >build/results/ports.md
    cp build/results/ports.md $PORTS_PAGE
}

# ports_page: the page with the table made anew, between the lines that mark it.
ports_page()
{
    sed '/^<!-- the table/,$d' $PORTS_PAGE
    echo '<!-- the table: made by ./swos test --full --write ports -->'
    ports_table
    echo '<!-- the end of the table -->'
    sed '1,/^<!-- the end of the table/d' $PORTS_PAGE
}

# ports_table: a row for each port with a recipe, and what does not pass below it.
ports_table()
{
    echo '| program | version | what is changed | tests that pass | that do not |'
    echo '|---|---|---|---|---|'
    for recipe in ports/*/recipe.sh; do
        folder=${recipe%/recipe.sh}
        name=${folder#ports/}
        printf '| %s | %s | %s | %s | %s |\n' "$name" "$(sed -n 's/^version //p' "$folder/port.pin" | head -n 1)" \
            "$(ports_changes "$folder")" "$(ports_passes "$name")" "$(ports_known "$folder" count)"
    done
    for list in ports/*/known; do
        [ -r "$list" ] || continue
        printf '\nOf %s:\n\n' "$(basename "$(dirname "$list")")"
        ports_known "$(dirname "$list")" list
    done
}

ports_changes()
{
    (cd "$1" && ls patches/*.patch 2>/dev/null) | sed 's|.*/||; s/\.patch$//' | paste -sd ' ' | sed 's/^$/nothing/'
}

ports_passes()
{
    recipe=ports/$1/recipe.sh
    # shellcheck disable=SC2046  # The fields are words.
    set -- $(grep "^$1 " $PORTS_RESULTS)
    if [ $# -eq 0 ]; then
        if [ -e "tests/system/port_$name.scn" ]; then
            echo 'tests with `--full`, not counted yet'
        elif grep -q '^ *install_program ' "$recipe"; then
            echo 'it builds; no test yet'
        else
            echo 'it builds, for others to use'
        fi
        return
    fi
    printf '%d tests' $(($2 + $3))
    [ "$3" -eq 0 ] || [ "$2" -eq 0 ] || printf ', %d of them with `--full` alone' "$3"
    [ "$2" -ne 0 ] || printf ', with `--full` alone'
    [ "$4" -eq 0 ] || printf '; %d cases of its own suite' "$4"
    [ "$6" -eq 0 ] || printf ' (which skips %d itself)' "$6"
    echo
}

# ports_known FOLDER count|list: of ports/NAME/known. There an item is a line, the lines with # above it say why, and a
# paragraph of these alone is about the file. Or the reason stands behind the item, after two blanks or more, and on lines
# below that begin with blanks.
ports_known()
{
    if [ ! -r "$1/known" ]; then
        [ "$2" = list ] || echo 'none'
        return
    fi
    awk -v what="$2" '
        /^#/ { if (listed) why = ""; listed = 0; sub(/^# */, ""); why = why (why == "" ? "" : " ") $0; next }
        /^ *$/ { why = ""; listed = 0; next }
        /^ / { sub(/^ +/, ""); reason[last] = reason[last] " " $0; next }
        match($0, /  +/) {
            last = "`" substr($0, 1, RSTART - 1) "`"
            reason[last] = substr($0, RSTART + RLENGTH)
            own[++own_count] = last
            known++
            next
        }
        { listed = 1; if ($1 == "without") { left++; sub(/^without /, "") } else known++
          if (!(why in items)) order[++count] = why
          items[why] = items[why] (items[why] == "" ? "" : "; ") "`" $0 "`" }
        END {
            if (what == "list")
                for (i = 1; i <= count + own_count; i++)
                    print "- " (i <= count ? items[order[i]] ": " order[i] : own[i - count] ": " reason[own[i - count]])
            else
                print known + 0 " known, " left + 0 " left out, below"
        }' "$1/known"
}
