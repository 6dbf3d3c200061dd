# ./swos hash NAME: a line for --password-hash.

hash_usage()
{
    cat <<'END'
usage: ./swos hash NAME

Asks for a password (or takes the one line of its standard input) and prints NAME:HASH, a line of a file for
./swos image --password-hash. Keep that file outside the tree: the hash is Argon2id, two passes over 19 MiB, but a
short password can be guessed from any hash.
END
}

# The least that OWASP's Password Storage Cheat Sheet has for Argon2id. The salt is 16 characters of 6 random bits.
HASH_COST='-id -t 2 -k 19456 -p 1'

hash_ask()
{
    printf '%s' "$1" >/dev/tty
    IFS= read -r hash_answer </dev/tty || hash_answer=''
    printf '\n' >/dev/tty
}

hash_read()
{
    if [ ! -t 0 ]; then
        IFS= read -r hash_answer || true
        return
    fi
    trap 'stty echo </dev/tty' EXIT INT TERM
    stty -echo </dev/tty
    hash_ask 'password: '
    hash_first=$hash_answer
    hash_ask 'once more: '
    stty echo </dev/tty
    trap - EXIT INT TERM
    [ "$hash_first" = "$hash_answer" ] || die "the two are not the same"
}

command_hash()
{
    case ${1-} in
    --help | -h)
        hash_usage
        return
        ;;
    '' | -* | *[!a-z0-9-]*) usage_error hash "the name of a principal is wanted: a-z, 0-9 and -" ;;
    esac
    [ $# -eq 1 ] || usage_error hash "one name at a time"
    need_packages argon2
    hash_answer=''
    hash_read
    [ ${#hash_answer} -ge 8 ] || die "a password has at least 8 characters"
    [ ${#hash_answer} -le 100 ] || die "a password has at most 100 characters"
    hash_salt=$(head -c 12 /dev/urandom | base64)
    # shellcheck disable=SC2086  # The cost is words.
    hash_line=$(printf '%s' "$hash_answer" | argon2 "$hash_salt" $HASH_COST -e) || die "argon2 has failed"
    printf '%s:%s\n' "$1" "$hash_line"
}
