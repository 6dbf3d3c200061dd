# ./swos check: the rules of the tree, one script of tools/check each. A check prints what it found as
# `path:line: why` or `path: why` and ends with 1; it looks at the tracked files of the folder it is
# run in, so that tools/check/test/run.sh can show on small bad trees that each check can fail.

CHECKS='format headers layers golden stubs outside foreign symbols make links scripts ports'

check_usage()
{
    cat <<END
usage: ./swos check [--json] [CHECK...]

  format    C sources are as clang-format 19 leaves them
  headers   each header compiles alone
  layers    who sees what, from the compiler's dependency files (tools/check/layers.tab)
  golden    the contract is the one committed in abi/abi.golden
  stubs     the generated stubs and entries compile for the target, one svc a stub
  outside   nothing but .ci/run names a folder outside the repository
  foreign   nothing binary, large or of other people is tracked
  symbols   the kernel links neither the network stack nor its driver
  make      the build logic stays under 800 lines
  links     links between documents lead somewhere
  scripts   shell scripts parse
  ports     the table of ports/README.md is up to date
END
}

command_check()
{
    json='' checks=''
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h)
            check_usage
            return
            ;;
        --json) json=1 ;;
        *)
            [ -f "tools/check/$1.sh" ] || usage_error check "there is no check or option '$1'"
            checks="$checks $1"
            ;;
        esac
        shift
    done
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_HOST $PACKAGES_CHECK
    mkdir -p build/results
    [ -z "$checks" ] || CHECKS=$checks
    check_run build/results/check.txt >&2
    failed=$(grep -c '^fail ' build/results/check.txt || true)
    if [ -n "$json" ]; then
        printf '{"passed": %d, "failed": %d, "failures": [' \
            "$(grep -c '^pass ' build/results/check.txt || true)" "$failed"
        sed -n 's/^fail //p' build/results/check.txt | json_lines
        printf ']}\n'
    fi
    [ "$failed" -eq 0 ]
}

# check_run RESULTS: run CHECKS; a line for each, and in RESULTS its result.
check_run()
{
    build "building what the checks read" all programs unit-programs fuzzers
    PROFILE=debug build "building the debug profile" all
    step "checks"
    mkdir -p build/logs
    : >"$1"
    for check in $CHECKS; do
        if sh "tools/check/$check.sh" >"build/logs/check-$check.log" 2>&1; then
            echo "  CHECK    $check"
            echo "pass check: $check" >>"$1"
        else
            echo "  CHECK    $check: failed"
            head -n 40 "build/logs/check-$check.log"
            echo "fail check: $check: $(head -n 1 "build/logs/check-$check.log")" >>"$1"
        fi
    done
    check_the_checks "$1"
}

# Bad trees: does each check find what it is for?
check_the_checks()
{
    sh tools/check/test/run.sh >build/logs/check-test.log 2>&1 || true
    grep '^fail ' build/logs/check-test.log || true
    grep -E '^(pass|fail) ' build/logs/check-test.log >>"$1" ||
        echo "fail check: the test of the checks said nothing" >>"$1"
}
