# Debian packages: what is missing is installed, nothing is ever removed. Sourced by ./swos.

PACKAGES_BUILD='make clang-19 lld-19 llvm-19 dpkg-dev' # dpkg-dev unpacks the sources of ports/
PACKAGES_HOST='libclang-rt-19-dev'
PACKAGES_CHECK='clang-format-19 git'
PACKAGES_QEMU='qemu-system-arm'
PACKAGES_TEST='curl' # What the host's part of system tests uses.
PACKAGES_PORTS='lua5.4 tcl patch libmpfr-dev redis-tools openssl openssh-client sshpass libssh-4' # What builds the ports, and what their tests use.
PACKAGES_BENCH='curl wrk iproute2'
PACKAGES_PEER='bc bison flex cpio xz-utils libelf-dev libssl-dev' # What builds the Linux to compare with.
PACKAGES_PLOT='librsvg2-bin'

package_is_installed()
{
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages PACKAGE...: have them installed, or end with the one command to type.
need_packages()
{
    command -v dpkg-query >/dev/null 2>&1 || return 0 # Not Debian: the tools must be there.
    missing=''
    for package in "$@"; do
        package_is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    # Root or a sudo that asks nothing; sudo may ask on a terminal.
    if [ "$(id -u)" -eq 0 ]; then
        as_root='env'
    elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root='sudo'
    else
        die "packages are missing, and this is not root. Type:
  sudo apt-get update && sudo apt-get install --no-remove$missing"
    fi
    step "installing$missing"
    mkdir -p build/logs
    # shellcheck disable=SC2086  # The lists are words.
    if ! apt_install $missing; then
        tail -n 20 build/logs/apt.log >&2
        die "apt-get could not install:$missing (build/logs/apt.log)"
    fi
}

apt_install()
{
    set -- $as_root DEBIAN_FRONTEND=noninteractive apt-get -y --no-remove --no-install-recommends install "$@"
    "$@" >build/logs/apt.log 2>&1 && return 0
    # The package lists may be old or empty, as in a fresh container.
    $as_root apt-get update >>build/logs/apt.log 2>&1
    "$@" >>build/logs/apt.log 2>&1
}
