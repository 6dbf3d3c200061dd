# SQLite's speedtest1 on a file, in several ways; of each the digest of all that its queries found.
PATH=$PATH:/tests/sqlite
cd "${TMPDIR:-/tmp}" && mkdir speed.$$ && cd speed.$$ || exit 1
for options in '' '--journal wal' '--journal truncate --autovacuum' '--without-rowid --utf16be' '--memdb --nosync' \
    '--pagesize 512 --cachesize 20' '--multithread --lookaside 200 50' '--testset cte' '--testset rtree' '--testset orm'; do
    # shellcheck disable=SC2086  # The options are words.
    speedtest1 --size 2 --verify $options test.db >said 2>&1
    echo "$options: $? $(grep '^Verification' said)"
    rm -f test.db*
done
cd / && rm -r "${TMPDIR:-/tmp}/speed.$$"
echo end
