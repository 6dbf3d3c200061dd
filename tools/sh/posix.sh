# ./swos test posix: Debian's posixtestsuite in the guest, against what passes on Linux with the same C library.
# Sourced by test.sh.
#   tests/posix/linux_passes   the tests that count: those that pass there (./swos test posix --peer makes it)
#   tests/posix/declined       of these, what is not offered here: a pattern of names and the reason
#   tests/posix/failing        what fails: a name and what is known of it, after `race:` if it passes at times

POSIX_FLOOR_PERCENT=95
POSIX_MACHINES=4 # Most tests sleep.

test_posix()
{
    build "building the POSIX test suite" all tools "build/$PROFILE/port_posixtestsuite.img"
    suite=build/ports/posixtestsuite/tests
    run=build/posix
    rm -rf $run && mkdir -p $run
    step "POSIX test suite: $(grep -c . $suite/list) programs, $POSIX_MACHINES machines"
    seq 0 $((POSIX_MACHINES - 1)) | xargs -P $POSIX_MACHINES -I PART sh tools/sh/posix_guest.sh $run PART $POSIX_MACHINES
    sort $run/*.results >$run/results
    posix_judge $run/results $suite/definitions >"$1/posix.txt"
    posix_page $run/results >$run/page.md
    note "each file: $run/page.md"
}

# Which programs count: what passes on Linux. The kernel is built once, and kept.
posix_peer()
{
    [ "$parts" = ' posix' ] || usage_error test "--peer goes with posix"
    build "building the runner" tools
    step "the peer's kernel"
    image=$(sh tools/peer/kernel.sh) || die "the peer's kernel does not build"
    step "POSIX test suite on Linux"
    sh tests/posix/peer.sh "$image"
    note "$(grep -vc '^#' tests/posix/linux_passes) pass: tests/posix/linux_passes"
}

# posix_judge RESULTS DEFINITIONS: lines of results. A test that failed and stands in `failing` is no failure of the
# run, since the share of those that pass is; one that stands there and passes is.
posix_judge()
{
    awk -v floor="$POSIX_FLOOR_PERCENT" '
        function declined(name,   i) {
            for (i = 0; i < patterns; i++)
                if (name ~ pattern[i])
                    return 1
            return 0
        }
        /^#/ || NF == 0 { next }
        FILENAME ~ /declined$/ { gsub(/[.]/, "[.]", $1); gsub(/[*]/, ".*", $1); pattern[patterns++] = "^" $1 "$"; next }
        FILENAME ~ /failing$/ { known[$1] = $2; next }
        FILENAME ~ /linux_passes$/ { counts[$1] = 1; next }
        FILENAME ~ /definitions$/ {
            if ($1 == "pass" || !declined($2)) {
                sub(/ /, " posix.")
                print
            }
            next
        }
        { verdict[$2] = $1; why = $0; sub(/^[^ ]* [^ ]* ?/, "", why); reason[$2] = why }
        END {
            for (name in counts) {
                if (declined(name)) {
                    left_out++
                    left_out_passed += verdict[name] == "pass"
                    continue
                }
                wanted++
                if (verdict[name] == "pass") {
                    passed++
                    print "pass posix." name
                    if (name in known && known[name] != "race:")
                        print "fail posix." name " (failing) it passes, and stands in tests/posix/failing"
                } else if (!(name in known))
                    print "fail posix." name " " (name in verdict ? reason[name] : "it was not run")
            }
            share = wanted == 0 ? 0 : 100 * passed / wanted
            printf "%s posix.share %d of %d that pass on Linux: %.1f %% (%d declined, of which %d pass)\n",
                (share >= floor ? "pass" : "fail"), passed, wanted, share, left_out, left_out_passed
        }' tests/posix/declined tests/posix/failing tests/posix/linux_passes "$2" "$1" | LC_ALL=C sort
}

# posix_page RESULTS: a line for each program, whether it counts or not.
posix_page()
{
    echo '# Each file of the POSIX test suite'
    echo
    echo '| test | here | on Linux |'
    echo '|---|---|---|'
    awk '/^#/ { next }
        FILENAME ~ /linux_passes$/ { linux[$1] = 1; next }
        { name = $2; verdict = $1; sub(/^[^ ]* [^ ]* ?/, "")
          printf "| %s | %s | %s |\n", name, verdict ($0 == "" ? "" : ": " $0), name in linux ? "pass" : "" }' \
        tests/posix/linux_passes "$1"
}
