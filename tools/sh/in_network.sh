#!/bin/sh
# in_network.sh COMMAND...: run it in a network of its own, without a way out, in which tap0 is the host's end of a cable:
# 10.0.2.1, and whoever asks at the other end is 10.0.2.2. Needs to be root, or user namespaces.
set -eu
if [ -z "${IN_NETWORK:-}" ]; then
    as_root=''
    [ "$(id -u)" -eq 0 ] || as_root=-r
    IN_NETWORK=1 exec unshare $as_root -n sh "$0" "$@"
fi
unset IN_NETWORK
ip link set lo up
ip tuntap add tap0 mode tap
ip address add 10.0.2.1/24 dev tap0
ip link set tap0 up
build/tools/wire lease tap0 &
lease=$!
status=0
"$@" || status=$?
kill $lease
exit $status
