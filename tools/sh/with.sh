# Images with programs of ports: --with NAME of ./swos run and ./swos image (make/with.mk). Sourced.

WITH=''
WITH_HELP='  --with NAME[,NAME...]  with these programs of ports/; may be repeated. One with a manifest is a
                         service; for others the terminal asks for a name, and user gets a shell'

# with_option COMMAND NAMES: take the value of one --with.
with_option()
{
    [ -n "$2" ] || usage_error "$1" "--with takes the names of ports: $(with_names | paste -sd ' ')"
    for with_name in $(printf '%s' "$2" | tr ',' ' '); do
        with_names | grep -q -x -F -e "$with_name" ||
            usage_error "$1" "there is no port '$with_name' to start; there are: $(with_names | paste -sd ' ')"
        case " $WITH " in
        *" $with_name "*) ;;
        *) WITH="$WITH${WITH:+ }$with_name" ;;
        esac
    done
}

# The ports that put a program into an image.
with_names()
{
    grep -l '^ *install_program ' ports/*/recipe.sh | sed 's|^ports/||; s|/.*||'
}

# with_profile: the folder of profiles/ that the image is of, as make/with.mk chooses it.
with_profile()
{
    [ -n "$WITH" ] || {
        echo "${IMAGE_PROFILE:-hosting}"
        return
    }
    for with_name in $WITH; do
        if [ ! -f "ports/$with_name/manifest.toml" ] || grep -q "^logins='yes'" "ports/$with_name/recipe.sh"; then
            echo ports
            return
        fi
    done
    echo hosting
}

# with_forwards: the site and the ports that services of the image listen at, where nobody has said others.
with_forwards()
{
    [ -z "$FORWARDS" ] || return 0
    case " $WITH " in
    *' dropbear '*) FORWARDS='8080:80 2222:22' ;;
    esac
}

# with_image_build: the kernel, the tools, and an image of its own beside the product's.
with_image_build()
{
    # shellcheck disable=SC2086  # The lists are words.
    need_packages $PACKAGES_PORTS
    # shellcheck disable=SC2086
    BASE_IMAGE=build/$PROFILE/with-$(printf '%s\n' $WITH | sort | paste -sd +).img
    build "building, with $WITH (a port takes up to some minutes once)" "build/$PROFILE/kernel.img" tools "$BASE_IMAGE"
}
