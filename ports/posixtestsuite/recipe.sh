# The Open POSIX Test Suite: the tests of conformance/interfaces, each a program of its own, in the folders
# that their scripts expect, and the plan that runs them all. A test that does not compile or link is a
# program that says so and fails.
runs='dash'
programs='linked'

# The executable tests as the suite's own locate-test chooses them: N-M.c and N-M.sh, and what the scripts
# run (N-buildonly.c and the like).
tests_list()
{
    find conformance/interfaces -type f \( -name '[0-9]*-*.c' -o -name '[0-9]*-[0-9]*.sh' \) | LC_ALL=C sort
}

port_make()
{
    export FLAGS='-O1 -std=gnu99 -D_POSIX_C_SOURCE=200112L -D_GNU_SOURCE -Iinclude -w -Wno-int-conversion
        -Wno-error=implicit-function-declaration -Wno-error=implicit-int
        -Wno-error=incompatible-function-pointer-types'
    # shellcheck disable=SC2016  # The inner shell's own words.
    tests_list | sed -n 's/\.c$//p' | xargs -P "$jobs" -n 1 sh -c '
        [ -e "$1.o" ] || $CC $FLAGS -c "$1.c" -o "$1.o" 2>"$1.why" || exit 0
        $CC "$1.o" -lpthread -lrt -Wl,-s -o "$1.test" 2>"$1.why" || rm -f "$1.test"' test
    tests_list | sed -n 's/\.c$//p' | while read -r test; do
        [ -e "$test.test" ] || echo "not built: $test: $(grep -m 1 error "$test.why")"
    done | tee not-built
    : >linked
}

port_install()
{
    for folder in conformance/interfaces/*/ conformance/interfaces/*/speculative/; do
        mkdir -p "$out/tests/$folder"
    done
    tests_list | while read -r file; do
        test=${file%.*}
        case $file in
        *.sh) cp "$file" "$out/tests/$test.test" ;;
        *) [ ! -e "$test.test" ] || cp "$test.test" "$out/tests/$test.test" ;;
        esac
    done
    tests_list | grep -v buildonly | while read -r file; do
        test=${file%.*}
        name=$(echo "${test#conformance/interfaces/}" | tr / .)
        printf 'test %s 60\n' "$name"
        case $file in
        *.sh) echo "run /bin/sh -c \"cd /tests/posixtestsuite && exec /bin/sh ./$test.test\"" ;;
        *) echo "run /tests/posixtestsuite/$test.test" ;;
        esac
    done >"$out/tests/plan"
    cp not-built "$out/tests/not-built"
}
