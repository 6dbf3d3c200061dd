#!/bin/sh
# The host's part of web.scn: what the site does through QEMU's user-mode network. These are times, of this
# host and at this hour: nothing passes or fails on them.
set -eu
tree=build/test-tree/tree
large=build/test-large/large.bin
webload=build/tools/webload

# The first of each kind fills the page cache.
$webload load "$HOST_PORT_80" "$tree" --requests 500 --largest 4096 >/dev/null
$webload download "$HOST_PORT_80" $large --bytes 67108864 >/dev/null
for connections in 1 16 64; do
    $webload load "$HOST_PORT_80" "$tree" --requests 4000 --connections $connections --largest 4096 |
        sed "s/ load_/ web.at_$connections./"
done
$webload download "$HOST_PORT_80" $large --bytes 67108864 | sed 's/^@@count download_/@@count web.64_mib./; s/^@@count longest/@@count web.longest/'
echo "@@test done 4"
