# What a full run has finished, so that it can go on after a break: build/full/KEY.txt keeps the results
# of a part that passed, under a first line that says of which tree. Sourced.

# tree_key: the commit, whether there are vectors, and a digest of what differs from the commit.
tree_key()
{
    printf '%s' "$(git rev-parse HEAD)${SWOS_VECTORS:+ with vectors}"
    [ -z "$(git status --porcelain)" ] ||
        { git diff HEAD && git ls-files -o --exclude-standard -z | xargs -0 -r cat; } | sha256sum | sed 's/^\(.\{12\}\).*/+\1/' | tr -d '\n'
}

# stamp_restore KEY FILE: put the kept results into FILE, or return false.
stamp_restore()
{
    [ -n "${SWOS_FULL:-}" ] || return 1
    kept=build/full/$(printf '%s' "$1" | tr / .).txt
    [ "$(head -n 1 "$kept" 2>/dev/null)" = "tree $SWOS_TREE" ] || return 1
    sed 1d "$kept" >"$2"
    printf '    %s: passed before for this tree\n' "$1" >&2
}

# stamp_keep KEY FILE: keep the results if all are passes.
stamp_keep()
{
    [ -n "${SWOS_FULL:-}" ] || return 0
    grep -q '^pass ' "$2" && ! grep -q '^fail ' "$2" || return 0
    mkdir -p build/full
    { echo "tree $SWOS_TREE" && cat "$2"; } >"build/full/$(printf '%s' "$1" | tr / .).txt"
}
