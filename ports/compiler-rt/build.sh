#!/bin/sh
# Take the one archive that programs for the target link from the compiler's package:
# ports/compiler-rt/build.sh OUT, from the root of the tree. Gives OUT/libbuiltins.a.
set -eu
mkdir -p "$1"
folder=$(ports/fetch compiler-rt)
for package in "$folder"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -O --wildcards '*/libclang_rt.builtins-aarch64.a' >"$1/libbuiltins.a.new"
done
mv "$1/libbuiltins.a.new" "$1/libbuiltins.a"
