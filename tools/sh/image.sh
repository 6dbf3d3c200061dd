# ./swos image: build what boots, and say where it is.

image_usage()
{
    cat <<END
usage: ./swos image [--with NAME...] [--profile NAME] [--password-hash FILE] [--ssh-key [NAME=]FILE]
                    [--host-key FILE] [--debug-profile] [--json]

Builds the kernel (an arm64 Image, for QEMU's -kernel) and the base image, and prints where they are.

$WITH_HELP
  --profile NAME         what is in it without --with: a folder of profiles/ (hosting)
$SECRETS_HELP

The last three are for images in which people log in. Their files are not copied into the tree, and must not be
kept there.
END
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
            secrets_option "$1" "$2"
            shift
            ;;
        *) usage_error image "there is no option '$1'" ;;
        esac
        shift
    done
    # shellcheck disable=SC2086  # The list is words.
    need_packages $PACKAGES_BUILD
    secrets_check
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
. tools/sh/secrets.sh
