# What the suite consists of and how it is compiled: sourced, in the suite's folder, by the recipe and, for
# the system that ours is compared with, by tests/posix/peer.sh. $CC compiles, $jobs at a time.

SUITE_FLAGS='-O1 -std=gnu99 -D_POSIX_C_SOURCE=200112L -D_GNU_SOURCE -Iinclude -w -Wno-int-conversion
    -Wno-error=implicit-function-declaration -Wno-error=implicit-int
    -Wno-error=incompatible-function-pointer-types'
SUITE_TIMEOUT_S=60 # Of one test.

# The executable tests as the suite's own locate-test chooses them: N-M.c and N-M.sh, and what the scripts
# run (N-buildonly.c and the like).
suite_tests()
{
    find conformance/interfaces -type f \( -name '[0-9]*-*.c' -o -name '[0-9]*-[0-9]*.sh' \) | LC_ALL=C sort
}

# Each test is X.test beside X.c. One that does not compile or link stands in the file not-built.
suite_compile()
{
    export SUITE_FLAGS
    # shellcheck disable=SC2016  # The inner shell's own words.
    suite_tests | sed -n 's/\.c$//p' | xargs -P "$jobs" -n 8 sh -c '
        for test; do
            [ -e "$test.o" ] || $CC $SUITE_FLAGS -c "$test.c" -o "$test.o" 2>"$test.why" || continue
            [ -e "$test.test" ] || $CC "$test.o" -lpthread -lrt -Wl,-s -o "$test.test" 2>"$test.why" || rm -f "$test.test"
        done' test
    suite_tests | sed -n 's/\.c$//p' | while read -r test; do
        [ -e "$test.test" ] || echo "$(suite_name "$test"): $(sed -n 's/.*error: //p' "$test.why" | head -n 1)"
    done >not-built
}

# The files of conformance/definitions, which are there to be compiled: a line each in the file definitions.
suite_define()
{
    export SUITE_FLAGS
    # shellcheck disable=SC2016  # The inner shell's own words.
    find conformance/definitions -name '*.c' | LC_ALL=C sort | xargs -P "$jobs" -n 8 sh -c '
        for file; do
            name=${file#conformance/definitions/}
            if $CC $SUITE_FLAGS -fsyntax-only "$file" 2>"$file.why"; then
                echo "pass definitions.${name%.c}"
            else
                echo "fail definitions.${name%.c} $(sed -n "s/.*error: //p" "$file.why" | head -n 1)"
            fi
        done' define | LC_ALL=C sort >definitions
}

# suite_name FILE_WITHOUT_ENDING: what a test is called.
suite_name()
{
    echo "${1#conformance/interfaces/}" | tr / .
}

# suite_install FOLDER: the tests in the folders that their scripts expect, and a list of those to be run:
# name, kind (program or script), file, seconds. What was not built is in it, and fails.
suite_install()
{
    suite_tests | while read -r file; do
        test=${file%.*}
        mkdir -p "$1/${test%/*}"
        case $file in
        *.sh) cp "$file" "$1/$test.test" ;;
        *) [ ! -e "$test.test" ] || cp "$test.test" "$1/$test.test" ;;
        esac
    done
    suite_tests | grep -v buildonly | while read -r file; do
        kind=program
        [ "${file%.sh}" = "$file" ] || kind=script
        echo "$(suite_name "${file%.*}") $kind ${file%.*}.test $SUITE_TIMEOUT_S"
    done >"$1/list"
    cp not-built definitions "$1/"
}
