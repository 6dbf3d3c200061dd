# What every command shares: messages, progress, number checks, make. Sourced by ./swos from the root.
# Progress goes to standard error, results to standard output.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    BOLD=$(printf '\033[1m') RED=$(printf '\033[31m') PLAIN=$(printf '\033[0m')
else
    BOLD='' RED='' PLAIN=''
fi

# step TEXT: one line for each thing that takes long.
step()
{
    printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2
}

note()
{
    printf '    %s\n' "$*" >&2
}

die()
{
    printf '%sswos:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}

# usage_error COMMAND TEXT: the command line is wrong.
usage_error()
{
    printf '%sswos %s:%s %s (./swos %s --help)\n' "$RED" "$1" "$PLAIN" "$2" "$1" >&2
    exit 2
}

is_number()
{
    case $1 in
    '' | *[!0-9]*) return 1 ;;
    esac
    [ ${#1} -le 9 ]
}

# number_between VALUE LOW HIGH
number_between()
{
    is_number "$1" && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# build TEXT TARGET...: make, quietly; its output is kept and shown when it fails.
build()
{
    what=$1
    shift
    step "$what"
    mkdir -p build/logs
    if [ -n "${V:-}" ]; then
        make -j "$(nproc)" PROFILE="$PROFILE" V=1 "$@" >&2 || die "the build failed"
    elif ! make -j "$(nproc)" PROFILE="$PROFILE" "$@" >build/logs/build.log 2>&1; then
        grep -v '^  [A-Z]' build/logs/build.log | tail -n 60 >&2
        die "the build failed (build/logs/build.log; V=1 shows the commands)"
    fi
}

# json_text VALUE: as a JSON string. Control characters become spaces.
json_text()
{
    printf '"%s"' "$(printf '%s' "$1" | tr '\001-\037\177' ' ' | sed 's/[\\"]/\\&/g')"
}

# A JSON string for each line.
json_lines()
{
    separator=''
    while IFS= read -r line; do
        printf '%s' "$separator"
        json_text "$line"
        separator=', '
    done
}
