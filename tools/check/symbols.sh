#!/bin/sh
# symbols: the network is a service. The kernel links neither lib/net, lib/http nor the virtio-net driver.
set -u
found=0
for kernel in build/release/kernel.elf build/debug/kernel.elf; do
    [ -f "$kernel" ] || continue
    llvm-nm-19 "$kernel" | awk -v path="$kernel" '
        $NF ~ /^(net|tcp|udp|arp|ip4|ipv4|icmp|dns|dhcp|http)_|virtio_net/ { print path ": the kernel links " $NF; found = 1 }
        END {
            if (NR == 0) { print path ": has no symbols"; found = 1 }
            exit found
        }' || found=1
done
if [ -f make/kernel.mk ] && [ ! -f build/release/kernel.elf ]; then
    echo "build/release/kernel.elf: missing, so its symbols cannot be checked"
    found=1
fi
exit $found
