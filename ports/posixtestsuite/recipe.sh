# The Open POSIX Test Suite: the tests of conformance/interfaces, each a program of its own, in the folders
# that their scripts expect, and the plan that runs them all (./swos test posix). A program starts in a
# scratch folder, a script in the suite's own.
runs='dash busybox'
programs='linked'

. "$here/suite.sh"

port_make()
{
    [ -e definitions ] || suite_define
    [ -e linked ] || find conformance/interfaces -name '*.test' -exec rm -f {} +
    suite_compile
    $CC -O2 "$here/begin.c" -Wl,-s -o begin
    : >linked
}

port_install()
{
    suite_install "$out/tests"
    cp begin "$out/tests/begin"
    while read -r name kind file seconds; do
        printf 'test %s %s\n' "$name" "$seconds"
        case $kind in
        script) echo "run /tests/posixtestsuite/begin /tests/posixtestsuite /bin/sh ./$file" ;;
        *) echo "run /tests/posixtestsuite/begin /tmp /tests/posixtestsuite/$file" ;;
        esac
    done <"$out/tests/list" >"$out/tests/plan"
}
