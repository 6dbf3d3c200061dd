#!/bin/sh
# Two builds of a port at once in one tree: ports/build with ports of our own, whose steps meet each other. A line
# `pass build_lock: NAME` or `fail build_lock: NAME: WHY` each.
set -eu
root=$PWD
tree=$root/build/tmp/build_lock
WAIT_S=30
rm -rf "$tree"
mkdir -p "$tree/ports/base" "$tree/ports/user" "$tree/build/ports/musl/include" "$tree/build/ports/musl/lib" \
    "$tree/build/ports/compiler-rt" "$tree/source/probe/sub"
cd "$tree"
export PROBE="$tree" # For the recipes.
cp "$root/ports/build" ports/build
touch build/ports/swos-cc build/ports/swos-c++ source/probe/sub/file
tar -c -f source/probe.orig.tar.gz -z -C source probe
printf '#!/bin/sh\necho "%s/source"\n' "$tree" >ports/fetch
chmod +x ports/fetch

# A port whose make says that it runs, and goes on when the file `go` is there, or all of this is gone.
cat >ports/base/recipe.sh <<'RECIPE'
folders='sub'
port_make()
{
    mkdir "$PROBE/busy" || echo "two at once" >>"$PROBE/overlaps"
    echo made >>"$PROBE/made"
    until [ -e "$PROBE/go" ] || [ ! -e "$PROBE/made" ]; do sleep 0.05; done
    rmdir "$PROBE/busy"
}
port_install() { install_library sub/file; }
RECIPE
cat >ports/user/recipe.sh <<'RECIPE'
needs='base'
folders='sub'
port_make() { [ ! -d "$PROBE/busy" ] || echo "used while it is built" >>"$PROBE/overlaps"; }
port_install() { :; }
RECIPE

# await TEST...: until it holds, or too long.
await()
{
    await_until=$(($(date +%s) + WAIT_S))
    until "$@"; do
        [ "$(date +%s)" -le $await_until ] || return 1
    done
}

says_it_waits() { grep -q "waiting until another build in this tree, which has $tree/build/ports/base.lock, has ended" "$1"; }

# result NAME WHY
result()
{
    if [ -z "$2" ]; then
        echo "pass build_lock: $1"
    else
        echo "fail build_lock: $1: $2"
    fi
}

sh ports/build base 2>first.err &
first=$!
await [ -d busy ] || true
sh ports/build base 2>second.err &
second=$!
sh ports/build user 2>third.err &
third=$!
result second_says_that_it_waits "$(await says_it_waits second.err || cat second.err)"
result user_of_it_says_that_it_waits "$(await says_it_waits third.err || cat third.err)"
: >go
why=''
for build in $first $second $third; do
    wait "$build" || why="$why one ended with $?;"
done
result all_end_well "$why"
result first_does_not_wait "$(cat first.err)"
result one_at_a_time "$(cat overlaps 2>/dev/null || true)"
result built_once "$([ "$(cat made)" = made ] || cat made)"

# What ends a build, even by force, ends its hold.
rm go
echo '# another recipe' >>ports/base/recipe.sh
setsid sh ports/build base 2>killed.err &
killed=$!
await [ -d busy ] || true
kill -9 -$killed
wait $killed 2>/dev/null || true
rmdir busy
: >go
result a_build_that_is_killed_holds_nothing "$(sh ports/build base 2>&1)"
cd "$root"
rm -rf "$tree"
