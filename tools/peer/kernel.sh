#!/bin/sh
# kernel.sh: the peer's kernel, the strongest small Linux for QEMU virt: Debian's source, tinyconfig and kernel.config on top, built with
# our compiler. Prints the path of its Image. It stays in the cache, by the hashes of what it is made of; the
# first time takes a quarter of an hour on two cores. Called from the root.
set -eu
llvm=${LLVM:-19}
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/swos/peer
key=$(cat tools/peer/kernel.config tools/peer/pins/linux-source-6.1.pin | sha256sum | cut -c 1-16)
out=$cache/kernel-$key

is_built()
{
    [ ! -s "$out/Image" ] || { echo "$out/Image" && exit 0; }
}

is_built
mkdir -p "$cache"
exec 9>"$cache/lock" # One builds, others wait for it.
flock 9
is_built
source=$(ports/fetch tools/peer/pins/linux-source-6.1.pin)
mkdir -p "$out/build"
if [ ! -e "$out/unpacked" ]; then
    dpkg-deb --fsys-tarfile "$source"/linux-source-6.1_*.deb | tar -xO ./usr/src/linux-source-6.1.tar.xz |
        xz -dc | tar -x -C "$out"
    touch "$out/unpacked"
fi

# Its names and times do not tell of this machine.
kernel_make()
{
    make -s -C "$out/linux-source-6.1" O="$out/build" ARCH=arm64 LLVM="-$llvm" KBUILD_BUILD_TIMESTAMP=@0 \
        KBUILD_BUILD_USER=peer KBUILD_BUILD_HOST=peer "$@" >>"$out/build.log" 2>&1 || {
        tail -n 20 "$out/build.log" >&2
        echo "kernel.sh: make $* failed ($out/build.log)" >&2
        exit 1
    }
}

kernel_make tinyconfig
cat tools/peer/kernel.config >>"$out/build/.config"
kernel_make olddefconfig
# A wish that the configuration did not grant would make a weaker peer.
missed=$(sed -n 's/^\(CONFIG_[A-Z0-9_]*=\)n$/-\1/p; /^CONFIG_.*=[^n]/p' tools/peer/kernel.config | while read -r wish; do
    case $wish in
    -*) ! grep -q "^${wish#-}" "$out/build/.config" || echo "$wish is on" ;;
    *) grep -qxF "$wish" "$out/build/.config" || echo "$wish is missing" ;;
    esac
done)
[ -z "$missed" ] || printf 'kernel.sh: %s\n' "$missed" >&2
kernel_make -j "$(nproc)" Image
cp "$out/build/arch/arm64/boot/Image" "$out/Image.new"
cp "$out/build/.config" "$out/config"
mv "$out/Image.new" "$out/Image"
rm -r "$out/build" "$out/linux-source-6.1" "$out/unpacked"
echo "$out/Image"
