# ./swos image: build what boots, and say where it is.

image_usage()
{
    cat <<END
usage: ./swos image [--with NAME...] [--profile NAME] [--password-hash FILE] [--ssh-key FILE] [--host-key FILE]
                    [--debug-profile] [--json]

Builds the kernel (an arm64 Image, for QEMU's -kernel) and the base image, and prints where they are.

$WITH_HELP
  --profile NAME         what is in it: a folder of profiles/ (hosting)
  --password-hash FILE   lines NAME:HASH, with Argon2id hashes; who has none gets a password at each boot
  --ssh-key FILE         public keys that may log in
  --host-key FILE        the machine's own private key

The last three are for profiles with principals, such as login. The files are not copied into the tree, and must
not be kept there.
END
}

# file_option OPTION FILE: the absolute name of a file that can be read and is not in the tree.
file_option()
{
    [ -r "$2" ] || die "$1: '$2' cannot be read"
    file_folder=$(cd "$(dirname "$2")" && pwd)
    case $file_folder/ in
    "$PWD"/*) die "$1: '$2' is in the tree, where secrets do not belong" ;;
    esac
    echo "$file_folder/$(basename "$2")"
}

command_image()
{
    json=''
    while [ $# -gt 0 ]; do
        case $1 in
        --with=*)
            option=$1
            shift
            set -- --with "${option#*=}" "$@"
            continue
            ;;
        --help | -h)
            image_usage
            return
            ;;
        --json) json=1 ;;
        --debug-profile) PROFILE=debug ;;
        --with)
            with_option image "${2-}"
            shift
            ;;
        --profile | --password-hash | --ssh-key | --host-key)
            [ $# -gt 1 ] || usage_error image "$1 wants a value"
            image_option "$1" "$2"
            shift
            ;;
        *) usage_error image "there is no option '$1'" ;;
        esac
        shift
    done
    # shellcheck disable=SC2086  # The list is words.
    need_packages $PACKAGES_BUILD
    image_build
    kernel=build/$PROFILE/kernel.img
    kernel_bytes=$(wc -c <"$kernel") base_bytes=$(wc -c <"$BASE_IMAGE")
    if [ -n "$json" ]; then
        printf '{"kernel": "%s", "kernel_bytes": %d, "base": "%s", "base_bytes": %d}\n' \
            "$kernel" "$kernel_bytes" "$BASE_IMAGE" "$base_bytes"
    else
        printf '%-28s %9d bytes\n' "$kernel" "$kernel_bytes" "$BASE_IMAGE" "$base_bytes"
    fi
}

# image_option OPTION VALUE: what make/image.mk goes by.
image_option()
{
    case $1 in
    --profile)
        [ -d "profiles/$2" ] || die "there is no profile '$2'"
        export IMAGE_PROFILE="$2"
        ;;
    --password-hash)
        PASSWORD_HASH=$(file_option "$1" "$2")
        export PASSWORD_HASH
        ;;
    --ssh-key)
        SSH_KEY=$(file_option "$1" "$2")
        export SSH_KEY
        ;;
    --host-key)
        HOST_KEY=$(file_option "$1" "$2")
        export HOST_KEY
        ;;
    esac
}

# image_build: the kernel, the base image that is wanted, the tools.
image_build()
{
    [ -f make/kernel.mk ] || die "this tree builds no kernel yet"
    if [ -n "$WITH" ]; then
        with_image_build
        return
    fi
    build "building" all
    BASE_IMAGE=build/$PROFILE/base.img
}

. tools/sh/with.sh
