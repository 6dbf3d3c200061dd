# ./swos fuzz: one parser, for as long as one likes.

fuzz_usage()
{
    cat <<END
usage: ./swos fuzz NAME [--seconds N] [-- LIBFUZZER OPTION...]

Fuzzes one parser until Ctrl-C, or for N seconds. It starts from the seeds in tests/corpus/NAME; what it
learns stays in build/fuzz/corpus/NAME, and an input that fails in build/fuzz/found/NAME.
NAME is one of:
$(fuzz_names | sed 's/^/  /')
END
}

fuzz_names()
{
    fuzz_sources | while read -r path; do
        fuzz_name "$path"
    done | sort
}

fuzz_sources()
{
    find lib user kernel tools -name '*_fuzz.c' 2>/dev/null
}

# fuzz_source NAME: its source, or nothing.
fuzz_source()
{
    fuzz_sources | while read -r path; do
        [ "$(fuzz_name "$path")" != "$1" ] || echo "$path"
    done | head -n 1
}

command_fuzz()
{
    name='' seconds=0
    while [ $# -gt 0 ]; do
        case $1 in
        --)
            shift
            break
            ;;
        --help | -h)
            fuzz_usage
            return
            ;;
        --seconds)
            number_between "${2-}" 1 999999999 || usage_error fuzz "--seconds takes a number"
            seconds=$2
            shift
            ;;
        -*) usage_error fuzz "there is no option '$1'" ;;
        *) name=$1 ;;
        esac
        shift
    done
    [ -n "$name" ] || usage_error fuzz "which one? $(fuzz_names | paste -sd ' ')"
    source=$(fuzz_source "$name")
    [ -n "$source" ] || usage_error fuzz "there is no target '$name': $(fuzz_names | paste -sd ' ')"
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_BUILD $PACKAGES_HOST
    program=build/fuzz/${source%.c}
    build "building $program" "$program"
    mkdir -p "build/fuzz/corpus/$name" "build/fuzz/found/$name"
    exec "$program" -timeout=10 -rss_limit_mb=2048 -max_total_time="$seconds" \
        "-artifact_prefix=build/fuzz/found/$name/" "$@" "build/fuzz/corpus/$name" "tests/corpus/$name"
}

. tools/sh/fuzz_name.sh
