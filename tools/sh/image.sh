# ./swos image: build what boots, and say where it is.

image_usage()
{
    cat <<END
usage: ./swos image [--debug-profile] [--json]

Builds the kernel (an arm64 Image, for QEMU's -kernel) and the base image, and prints where they are.
END
}

command_image()
{
    json=''
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h)
            image_usage
            return
            ;;
        --json) json=1 ;;
        --debug-profile) PROFILE=debug ;;
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

# image_build: the kernel, the base image, the tools.
image_build()
{
    [ -f make/kernel.mk ] || die "this tree builds no kernel yet"
    build "building" all
    BASE_IMAGE=build/$PROFILE/base.img
}
