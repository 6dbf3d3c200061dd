#!/bin/sh
# peer.sh IMAGE: which tests of the POSIX test suite pass on Linux with the C library that ours is made from,
# compiled by the same compiler: the names go to tests/posix/linux_passes, a line each. Run by
# `./swos test posix --peer`. IMAGE is an arm64 kernel with POSIX_MQUEUE, FUTEX, POSIX_TIMERS, TMPFS, DEVTMPFS and
# an initramfs. The tests run as user 1000, as ours do; /bin/sh is Debian's busybox. What is built is under build/peer,
# and made afresh when its folder is removed.
set -eu
image=$1 user=1000
: "${LLVM:=19}"
root=$PWD
out=$root/build/peer
jobs=$(nproc)

compiler_make()
{
    CC=clang-$LLVM AR=llvm-ar-$LLVM RANLIB=llvm-ranlib-$LLVM ports/musl/build.sh "$out/musl" linux
    ports/compiler-rt/build.sh "$out/compiler-rt"
    sed "s|@CC@|clang-$LLVM|; s|@LD@|ld.lld-$LLVM|; s|-lc -lposix|-lc|" ports/swos-cc.in >"$out/cc"
    chmod +x "$out/cc"
}

suite_make()
{
    folder=$(ports/fetch posixtestsuite)
    rm -rf "$out/suite" "$out/root"
    dpkg-source --no-check -q -x "$folder"/*.dsc "$out/suite"
    rm -f "$out"/*.tar.*
    . ports/posixtestsuite/suite.sh
    (
        cd "$out/suite"
        export CC="$out/cc"
        suite_define
        suite_compile
        suite_install "$out/root/tests/posixtestsuite"
    )
}

root_make()
{
    mkdir -p "$out/root/dev" "$out/root/bin"
    folder=$(ports/fetch tests/posix/busybox-static.pin)
    dpkg-deb --fsys-tarfile "$folder"/*.deb | tar -xO ./bin/busybox >"$out/root/bin/busybox"
    chmod +x "$out/root/bin/busybox"
    for name in sh ls cat grep rm sleep kill date expr; do
        ln -sf busybox "$out/root/bin/$name"
    done
    "$out/cc" -std=gnu17 -O2 tests/posix/peer_init.c -Wl,-s -o "$out/root/init"
    (cd "$out/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$out/root.cpio"
}

mkdir -p "$out"
[ -e "$out/cc" ] || compiler_make
[ -e "$out/root/tests/posixtestsuite/list" ] || suite_make
root_make
build/tools/qemurun test --name posix-peer --log "$out/log" --results "$out/results" --deadline 14400 -- \
    qemu-system-aarch64 -M virt,gic-version=2 -cpu cortex-a72 -smp 1 -m 1024 -nodefaults -display none \
    -no-reboot -serial stdio -kernel "$image" -initrd "$out/root.cpio" \
    -append "console=ttyAMA0 quiet panic=-1 user=$user" || true
grep -q '^@@test done ' "$out/log" || {
    echo "peer.sh: the machine did not come to its end ($out/log)" >&2
    exit 1
}
{
    echo "# What passes on Linux $(sed -n 's/^peer: //p' "$out/log" | tr -d '\r') with musl as the user 1000: ./swos test posix --peer"
    sed -n 's/^pass //p' "$out/results" | LC_ALL=C sort
} >tests/posix/linux_passes
