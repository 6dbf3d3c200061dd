#!/bin/sh
# The host's part of port_redis.scn: Redis under its own benchmark and its own test suite from the host, snapshots and
# the append-only file (both fork), and an end that keeps what there is.
set -eu
. tests/system/console.sh

port=$HOST_PORT_6379
source=build/ports/redis/work/src
folder=$CONSOLE.redis

redis() { timeout 60 redis-cli -p "$port" "$@"; }

# field NAME: of INFO.
field() { redis info persistence | tr -d '\r' | sed -n "s/^$1://p"; }

# idle NAME: until that is no longer under way.
idle()
{
    idle_until=$(($(date +%s) + 60))
    while [ "$(field "$1")" != 0 ] && [ "$(date +%s)" -le "$idle_until" ]; do :; done
}

requests=1000 only='unit/scan unit/type/string unit/type/hash unit/protocol unit/expire unit/pubsub unit/introspection unit/dump'
tags='--tags -slow' silent_s=120
if [ -n "${SWOS_FULL:-}" ]; then
    requests=10000 only='' tags='' silent_s=600
fi
echo "@@thinned redis_benchmark_requests $requests 10000"

until_s=$(($(date +%s) + 30))
until [ "$(redis ping 2>/dev/null)" = PONG ]; do
    [ "$(date +%s)" -le $until_s ] || break
done
result redis.answers "$([ "$(redis ping)" = PONG ] || echo no)"

# --- benchmark ---

# Four connections: QEMU's user network listens with a backlog of 1, and the host makes the rest wait for seconds.

tests=set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100,mset
redis-benchmark -p "$port" -n $requests -c 4 --csv -t $tests >"$CONSOLE.benchmark" 2>&1 || true
grep -c '^"[A-Z].*","[0-9.]*"' "$CONSOLE.benchmark" >"$CONSOLE.kinds" || true
sed -n 's/^"\([A-Z]*\)","\([0-9]*\)\..*/@@count redis_\1_per_s \2/p' "$CONSOLE.benchmark"
result redis.benchmark "$([ "$(cat "$CONSOLE.kinds")" -ge 10 ] || tail -n 3 "$CONSOLE.benchmark")"

# --- snapshots and the append-only file, while there are writers ---

redis flushall >/dev/null
redis debug populate 20000 key 64 >/dev/null
redis-benchmark -p "$port" -n $requests -c 4 -q -t set -r 1000 >/dev/null 2>&1 &
writer=$!
redis bgsave >/dev/null
idle rdb_bgsave_in_progress
result redis.saves_in_the_background "$([ "$(field rdb_last_bgsave_status)" = ok ] || field rdb_last_bgsave_status)"
redis bgrewriteaof >/dev/null
wait $writer
idle aof_rewrite_scheduled
idle aof_rewrite_in_progress
result redis.rewrites_its_file "$([ "$(field aof_last_bgrewrite_status)" = ok ] || field aof_last_bgrewrite_status)"
digest=$(redis debug digest)
redis debug loadaof >/dev/null
result redis.file_has_everything "$([ "$(redis debug digest)" = "$digest" ] || echo "another digest")"
redis debug reload >/dev/null
result redis.snapshot_has_everything "$([ "$(redis debug digest)" = "$digest" ] || echo "another digest")"
redis flushall >/dev/null

# --- the port, which it was granted: let go and taken again, and through the end of the network service ---

redis config set bind '127.0.0.1 0.0.0.0' >/dev/null || true
redis config set bind 0.0.0.0 >/dev/null || true
result redis.listens_again "$([ "$(redis ping)" = PONG ] || echo no)"
console kill netd >/dev/null
answers_until=$(($(date +%s) + 30)) answer=''
until [ "$answer" = PONG ] || [ "$(date +%s)" -gt $answers_until ]; do
    answer=$(redis ping 2>/dev/null || true)
done
redis config set bind 127.0.0.1 >/dev/null || true
result redis.listens_through_the_end_of_netd "$([ "$answer$(redis ping)" = PONGPONG ] || echo "$answer")"

# --- its own suite, from its source, against the guest ---

rm -rf "$folder"
mkdir -p "$folder/src"
cp -R "$source/tests" "$source/runtest" "$source/redis.conf" "$source/utils" "$folder/"
ln -s "$(command -v redis-cli)" "$(command -v redis-benchmark)" "$folder/src/"
sed -n 's/^without //p' ports/redis/known | grep -v '^[a-z]*/' >"$folder/skip"
for unit in $only; do
    set -- "$@" --single "$unit"
done
# shellcheck disable=SC2086  # The tags are words.
(cd "$folder" && ./runtest --host 127.0.0.1 --port "$port" $tags --skipfile skip --timeout $silent_s \
    --baseport $((10000 + port % 20000)) "$@") \
    >"$folder/log" 2>&1 || true
sed 's/\x1b\[[0-9;]*m//g' "$folder/log" >"$folder/plain"
passed=$(grep -c '^\[ok\]:' "$folder/plain" || true)
echo "@@count redis_passed $passed"
echo "@@count redis_skipped $(grep -c '^\[ignore\]:' "$folder/plain" || true)"
[ -n "$only" ] && echo "@@thinned redis_suite_files $(printf '%s\n' $only | grep -c .) all" | sed 's/ all$/ 60/'
result redis.suite_comes_to_its_end "$(grep -q 'All tests passed without errors' "$folder/plain" ||
    { grep -e '^\[err\]' -e '^\[exception\]' -e TIMEOUT "$folder/plain" || tail -n 3 "$folder/plain"; } | head -n 20)"
result redis.suite_was_run "$([ "$passed" -ge 100 ] || echo "$passed passed")"

# --- the end ---

redis set kept yes >/dev/null
console stop redis >/dev/null
stop_until=$(($(date +%s) + 20))
until console services | grep -q '^redis *stopped' || [ "$(date +%s)" -gt $stop_until ]; do :; done
result redis.ends_when_asked "$(console log | grep -q 'redis is now ready to exit\|Redis is now ready to exit' || console log | tail -n 3)"
echo "@@test done $RESULTS"
