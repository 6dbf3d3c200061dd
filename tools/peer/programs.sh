#!/bin/sh
# programs.sh OUT SITE: the peer's programs, built by our compiler against Debian's C library and linked statically, and
# Debian's nginx, as two initial file systems: OUT/bench.cpio, and OUT/site.cpio, which serves our index page and the files of the folder SITE.
set -eu
out=$1 site=$2
llvm=${LLVM:-19}
work=$out/work
rm -rf "$work"
mkdir -p "$work/system" "$work/nginx" "$work/bench/bin" "$work/bench/dev"

# unpack PACKAGE FOLDER
unpack()
{
    folder=$(ports/fetch "tools/peer/pins/$1.pin")
    dpkg-deb -x "$folder/$1"_*.deb "$2"
}

for package in libc6-dev libc6 linux-libc-dev libgcc-12-dev; do
    unpack "$package" "$work/system"
done
peer_cc()
{
    "clang-$llvm" --target=aarch64-linux-gnu --sysroot="$work/system" -fuse-ld=lld -O2 -static -pthread -s "$@"
}
peer_cc -o "$work/bench/init" tests/bench/linux_init.c
peer_cc -o "$work/bench/bin/posixbench" tests/bench/posixbench.c
peer_cc -DTINY -o "$work/bench/bin/tiny" tests/bench/posixbench.c
peer_cc -o "$work/bench/bin/scale" tests/bench/scale.c
peer_cc -o "$work/bench/bin/bulk" tests/bench/bulk.c

cp -r "$work/bench" "$work/site"
for package in nginx libc6 libcrypt1 libpcre2-8-0 libssl3 zlib1g; do
    unpack "$package" "$work/nginx"
done
mkdir -p "$work/site/sbin" "$work/site/lib" "$work/site/etc" "$work/site/run" "$work/site/var/log/nginx" \
    "$work/site/var/lib/nginx" "$work/site/www"
cp "$work/nginx/usr/sbin/nginx" "$work/site/sbin/"
for library in ld-linux-aarch64.so.1 libc.so.6 libcrypt.so.1 libpcre2-8.so.0 libssl.so.3 libcrypto.so.3 libz.so.1; do
    cp -L "$(find "$work/nginx" -name $library | head -n 1)" "$work/site/lib/"
done
cp tools/peer/nginx.conf "$work/site/etc/"
cp profiles/hosting/root/www/index.html "$site"/* "$work/site/www/"
echo 'root:x:0:0:root:/:/bin/sh' >"$work/site/etc/passwd"
echo 'root:x:0:' >"$work/site/etc/group"

# pack NAME: its folder as an archive that the kernel unpacks.
pack()
{
    (cd "$work/$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$out/$1.cpio"
}
pack bench
pack site
rm -r "$work"
