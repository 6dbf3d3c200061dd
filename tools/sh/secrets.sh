# What an image of ./swos image and ./swos run carries for those who log in: --password-hash, --ssh-key, --host-key. The
# files stay where they are, outside the tree; make/image.mk takes them from the environment. Sourced.

SECRETS_HELP='  --password-hash FILE   lines NAME:HASH (./swos hash); who has none gets a password at each boot
  --ssh-key [NAME=]FILE  public keys that may log in as NAME, or as anybody
  --host-key FILE        the private key of the machine, unencrypted; else one is made at each boot'

secrets_given=''

# secrets_option OPTION VALUE
secrets_option()
{
    case " $secrets_given " in
    *" $1 "*) die "$1 is given twice; one file may have as many lines as are wanted" ;;
    esac
    secrets_given="$secrets_given $1"
    case $1 in
    --profile)
        [ -d "profiles/$2" ] || die "there is no profile '$2'"
        export IMAGE_PROFILE="$2"
        return
        ;;
    --ssh-key) secret_name=${2%%=*} secret_path=${2#*=} ;;
    *) secret_name='' secret_path=$2 ;;
    esac
    [ "$secret_name" != "$secret_path" ] || secret_name=''
    case $2 in
    =*) die "$1: NAME=FILE or FILE is wanted, not '$2'" ;;
    esac
    secret_file "$1" "$secret_path"
    case $1 in
    --password-hash)
        secret_check_hashes
        export PASSWORD_HASH="$secret_file"
        ;;
    --ssh-key)
        secret_check_keys
        export SSH_KEY="${secret_name:+$secret_name=}$secret_file"
        ;;
    --host-key)
        secret_check_host_key
        export HOST_KEY="$secret_file"
        ;;
    esac
}

# secret_file OPTION FILE: its absolute name, if it can be read and is not in the tree.
secret_file()
{
    [ -f "$2" ] && [ -r "$2" ] || die "$1: '$2' cannot be read"
    secret_file=$(cd "$(dirname "$2")" && pwd -P)/$(basename "$2")
    case $secret_file in
    "$(pwd -P)"/*) die "$1: '$2' is in the tree, where secrets do not belong" ;;
    *[!A-Za-z0-9_./+-]*) die "$1: '$secret_file' has characters that make cannot bear" ;;
    esac
}

# What a check has to work with (CHECK_MEMORY_BYTES of user/session/check.c), without the program itself, in KiB.
SECRET_HASH_KIB_MAX=57344

secret_check_hashes()
{
    [ -s "$secret_file" ] || die "--password-hash: '$secret_file' is empty"
    secret_bad=$(LC_ALL=C grep -a -n -v -E '^[a-z][a-z0-9-]{0,30}:\$argon2id\$v=19\$m=[0-9]{1,8},t=[0-9]{1,4},p=[0-9]{1,3}\$[A-Za-z0-9+/]{11,43}\$[A-Za-z0-9+/]{22,43}$' "$secret_file" |
        cut -d : -f 1 | head -n 1)
    [ -z "$secret_bad" ] || die "--password-hash: line $secret_bad of '$secret_file' is not NAME:HASH with a hash of Argon2id (./swos hash NAME makes one)"
    secret_bad=$(sed 's/^.*\$m=\([0-9]*\),.*/\1/' "$secret_file" | sort -n | tail -n 1)
    [ "$secret_bad" -le $SECRET_HASH_KIB_MAX ] ||
        die "--password-hash: a hash of '$secret_file' takes $secret_bad KiB; a check has $SECRET_HASH_KIB_MAX"
}

secret_check_keys()
{
    ! grep -q 'PRIVATE KEY' "$secret_file" || die "--ssh-key: '$secret_file' is a private key; the public one is wanted (often $secret_file.pub)"
    grep -q -E '^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+) [A-Za-z0-9+/=]{40,}' "$secret_file" ||
        die "--ssh-key: '$secret_file' has no public key (lines as ssh-keygen writes them: ssh-ed25519 AAAA...)"
}

# ssh-keygen's form, or dropbear's, which begins with the length of the algorithm's name in four bytes.
secret_check_host_key()
{
    if [ "$(head -c 3 "$secret_file" | od -An -tx1 | tr -d ' \n')" = 000000 ] &&
        head -c 16 "$secret_file" | tr -d '\000' | grep -q -a -E '^.(ssh-|ecdsa-)'; then
        return
    fi
    grep -q -a '^-----BEGIN OPENSSH PRIVATE KEY-----' "$secret_file" ||
        die "--host-key: '$secret_file' is no private key of ssh-keygen or dropbearkey"
    # The name of the cipher is the first thing in it.
    sed '/^-/d' "$secret_file" | base64 -d 2>/dev/null | head -c 64 | tr -d '\000' | grep -q -a 'openssh-key-v1.none' ||
        die "--host-key: '$secret_file' is encrypted, and nobody types its passphrase at boot (ssh-keygen -p -N '' -f FILE)"
    secret_key_is_whole "$secret_file" || die "--host-key: '$secret_file' is damaged: ssh-keygen cannot read it"
}

# secret_key_is_whole FILE: as ssh-keygen says, which reads only what nobody else can.
secret_key_is_whole()
{
    command -v ssh-keygen >/dev/null || return 0 # Whoever has no ssh-keygen hears of it at the boot.
    secret_copy=$(umask 077 && mktemp)
    cp "$1" "$secret_copy"
    secret_status=0
    ssh-keygen -y -P '' -f "$secret_copy" >/dev/null 2>&1 || secret_status=$?
    rm "$secret_copy"
    return $secret_status
}

# secrets_check: once all options are read. In which principals' hands would they be?
secrets_check()
{
    [ -n "${PASSWORD_HASH-}${SSH_KEY-}${HOST_KEY-}" ] || return 0
    secret_principals=profiles/$(with_profile)/principals.toml
    [ -f "$secret_principals" ] ||
        die "nobody logs in to this image: add --with dropbear, for SSH, or --profile login"
    for secret_name in $(cut -d : -f 1 ${PASSWORD_HASH:+"$PASSWORD_HASH"} </dev/null) $(expr "${SSH_KEY-}" : '\([^=]*\)='); do
        grep -q "^\[principal\.$secret_name\]" "$secret_principals" ||
            die "$secret_principals knows no '$secret_name'; there are: $(sed -n 's/^\[principal\.\(.*\)\]/\1/p' "$secret_principals" | paste -sd ' ')"
    done
    [ -z "${SSH_KEY-}${HOST_KEY-}" ] || case " $WITH " in
    *' dropbear '*) ;;
    *) die "--ssh-key and --host-key are for SSH: add --with dropbear" ;;
    esac
}
