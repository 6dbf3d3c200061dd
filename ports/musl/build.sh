#!/bin/sh
# Build the C library: ports/musl/build.sh OUT [linux], from the root of the tree. OUT/include, OUT/lib.
# With `linux` it is the library as Debian has it, for the system that ours is compared with.
#
# The sources are Debian's, with its patches, in a tree under build/ that is made afresh. Then ours: the
# files of overlay/ lie over musl's own, those of patches/ change it, <bits/syscall.h> comes from user/posix/calls.tab, and
# what user/posix has instead is taken out: the six functions that musl writes around Linux's calls (thread.c, cancel.S,
# process_spawn.c), the one that sends questions to name servers (resolve.c), and the one that reads clocks (clock.c). The
# head of each file of overlay/ says why it is there.
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
for_linux=${2:-}
here=ports/musl
: "${CC:=clang-19}" "${AR:=llvm-ar-19}" "${RANLIB:=llvm-ranlib-19}"
work=$out/work
jobs=${JOBS:-2}

folder=$(ports/fetch musl)
rm -rf "$work" "$out/include" "$out/lib"
mkdir -p "$work"
dpkg-source --no-check -q -x "$folder"/*.dsc "$work/musl" >"$out/build.log" 2>&1 || {
    tail -n 5 "$out/build.log" >&2
    echo "ports/musl: the source does not unpack" >&2
    exit 1
}
become_ours()
{
    cp -R $here/overlay/. "$work/musl/"
    for patch in "$here"/patches/*.patch; do
        patch -s -d "$work/musl" -p1 <"$patch"
    done
    awk -v make=header -f $here/calls.awk user/posix/calls.tab >"$work/musl/arch/aarch64/bits/syscall.h.in"
    for name in thread/aarch64/clone.s thread/aarch64/__unmapself.s thread/aarch64/syscall_cp.s \
        thread/clone.c thread/__unmapself.c thread/syscall_cp.c \
        process/aarch64/vfork.s process/vfork.c process/posix_spawn.c signal/aarch64/restore.s signal/restore.c \
        network/res_msend.c time/clock_gettime.c; do
        rm -f "$work/musl/src/${name:?}"
    done
}
[ -n "$for_linux" ] || become_ours

# The target's own flags; a frame pointer, so that a crash has a backtrace.
cd "$work/musl"
{
    ./configure --target=aarch64-linux-musl --disable-shared --disable-wrapper --prefix="$out" \
        CC="$CC --target=aarch64-linux-musl -fno-pie" AR="$AR" RANLIB="$RANLIB" LIBCC=' ' \
        CFLAGS="-O2 -g -march=armv8-a -mno-outline-atomics -fno-omit-frame-pointer -ffunction-sections \
            -fdata-sections -ffile-prefix-map=$work/musl=musl -Wno-unused-command-line-argument" &&
        make -s -j"$jobs" install-headers lib/libc.a $(sed -n 's/^EMPTY_LIB_NAMES = //p' Makefile |
            tr ' ' '\n' | sed 's|.*|lib/lib&.a|') lib/crt1.o lib/crti.o lib/crtn.o
} >>"$out/build.log" 2>&1 || {
    tail -n 20 "$out/build.log" >&2
    echo "ports/musl: the build failed ($out/build.log)" >&2
    exit 1
}
mkdir -p "$out/lib"
cp lib/*.a lib/*.o "$out/lib/"
rm -rf "$work"
