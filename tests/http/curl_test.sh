#!/bin/sh
# curl against httpd on the host (build/tools/httpd_host): whole files, ranges, conditions,
# keep-alive, many at once, and an orderly end. Prints `pass NAME` or `FAIL NAME: why` a line; ends
# with 1 when one failed. Needs curl, cmp, sha256sum.
set -u

server=${1:-build/tools/httpd_host}
work=$(mktemp -d)
failed=0
server_pid=
trap '[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null; rm -rf "$work"' EXIT

check() { # NAME ACTUAL EXPECTED
    if [ "$2" = "$3" ]; then
        echo "pass $1"
    else
        echo "FAIL $1: '$2', expected '$3'"
        failed=1
    fi
}

get() { # PATH [CURL OPTION...]: the body to $work/body, the head to $work/head; prints the status
    path=$1
    shift
    curl -s --max-time 20 --path-as-is -D "$work/head" -o "$work/body" -w '%{http_code}' "$@" \
        "http://127.0.0.1:$port$path"
}

field() { # NAME: its value in the last head
    tr -d '\r' <"$work/head" | sed -n "s/^$1: //p"
}

same_as() { # FILE: whether the last body is that file
    cmp -s "$work/body" "$1" && echo yes || echo no
}

site=$work/site
mkdir -p "$site/sub" "$site/bare" "$site/a b"
printf '<h1>It works</h1>\n' >"$site/index.html"
printf 'sub\n' >"$site/sub/index.html"
printf 'odd\n' >"$site/a b/100% +?#é.txt"
: >"$site/empty.css"
head -c 5000000 /dev/urandom >"$site/big.bin"

"$server" "$site" >"$work/out" 2>"$work/log" &
server_pid=$!
# The line comes when it listens, and the pipe of `tail` ends with it: nothing is timed here.
port=$(timeout 10 tail -f --pid="$server_pid" "$work/out" | sed -n '/listening on/{s/listening on //p;q}')
check 'listens' "$([ "${port:-0}" -gt 0 ] && echo yes)" yes

check 'index' "$(get /)-$(same_as "$site/index.html")" 200-yes
check 'index has its type' "$(field Content-Type)" 'text/html; charset=utf-8'
etag=$(field ETag)
modified=$(field Last-Modified)
check 'big file' "$(get /big.bin)-$(same_as "$site/big.bin")" 200-yes
check 'empty file' "$(get /empty.css)-$(same_as "$site/empty.css")" 200-yes
check 'odd name' "$(get '/a%20b/100%25%20+%3F%23%c3%a9.txt')-$(cat "$work/body")" 200-odd
check 'no such file' "$(get /none)" 404
check 'directory without index' "$(get /bare/)" 403
check 'redirect to the slash' "$(get '/sub?q')-$(field Location)" '301-/sub/?q'
check 'redirect followed' "$(get /sub -L)-$(cat "$work/body")" 200-sub
check 'climbing out' "$(get /../../etc/passwd)" 400
check 'climbing out, encoded' "$(get /%2e%2e/%2e%2e/etc/passwd)" 400
check 'HEAD' "$(get /big.bin -I)-$(field Content-Length)" 200-5000000
check 'POST' "$(get / -d x=y)-$(field Allow)" '405-GET, HEAD, OPTIONS'
check 'OPTIONS' "$(get / -X OPTIONS)-$(field Allow)" '204-GET, HEAD, OPTIONS'
check 'GET with a body' "$(get / -X GET -d body)" 200
check 'upload with 100-continue' "$(get / -X GET -d body -H 'Expect: 100-continue')" 200
check 'chunked upload' "$(get / -d x -H 'Transfer-Encoding: chunked')" 411

tail -c +1001 "$site/big.bin" | head -c 500 >"$work/expected"
check 'range' "$(get /big.bin -r 1000-1499)-$(same_as "$work/expected")" 206-yes
check 'range says where' "$(field Content-Range)" 'bytes 1000-1499/5000000'
tail -c 7 "$site/big.bin" >"$work/expected"
check 'last bytes' "$(get /big.bin -r -7)-$(same_as "$work/expected")" 206-yes
check 'range outside' "$(get /big.bin -r 5000000-)-$(field Content-Range)" '416-bytes */5000000'
head -c 1000000 "$site/big.bin" >"$work/resumed"
resume=$(curl -s --max-time 20 -C - -o "$work/resumed" -w '%{http_code}' "http://127.0.0.1:$port/big.bin")
check 'resumed download' "$resume-$(cmp -s "$work/resumed" "$site/big.bin" && echo yes)" 206-yes
check 'several ranges' "$(get /big.bin -r 0-0,10-19)" 206
check 'several ranges are parts' "$(tr -d '\r' <"$work/body" | grep -a -c '^Content-Range: bytes')" 2
check 'length of the parts' "$(field Content-Length)" "$(wc -c <"$work/body")"

check 'same tag' "$(get / -H "If-None-Match: $etag")" 304
check 'same date' "$(get / -H "If-Modified-Since: $modified")" 304
check 'other tag' "$(get / -H 'If-None-Match: "x"')" 200
check 'insists on another' "$(get / -H 'If-Match: "x"')" 412
check 'range of another version' "$(get /big.bin -r 0-9 -H 'If-Range: "x"')" 200

# One connection for all: curl tells how many it opened for each transfer.
connects=$(curl -s --max-time 20 -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}' \
    "http://127.0.0.1:$port/" "http://127.0.0.1:$port/sub/" "http://127.0.0.1:$port/none")
check 'keep-alive' "$connects" 100
connects=$(curl -s --max-time 20 -0 -o /dev/null -o /dev/null -w '%{num_connects}' \
    "http://127.0.0.1:$port/" "http://127.0.0.1:$port/")
check 'HTTP/1.0 closes' "$connects" 11

for i in 1 2 3 4 5 6 7 8; do
    curl -s --max-time 60 "http://127.0.0.1:$port/big.bin" | sha256sum >"$work/sum.$i" &
    pids="${pids:-} $!"
done
wait $pids
check 'eight at once' "$(cat "$work"/sum.* | sort -u)" "$(sha256sum <"$site/big.bin")"

# A download that is under way when the end is asked for still gets all of its bytes.
curl -s --max-time 60 --limit-rate 4M -o "$work/last" "http://127.0.0.1:$port/big.bin" &
download=$!
while [ ! -s "$work/last" ] && kill -0 "$download" 2>/dev/null; do :; done
kill -TERM "$server_pid"
wait "$download"
wait "$server_pid"
check 'drain ends well' "$?" 0
server_pid=
check 'drain lets the download end' "$(cmp -s "$work/last" "$site/big.bin" && echo yes)" yes
check 'every request is logged' "$(wc -l <"$work/log")" 41
check 'every log line is whole' "$(grep -c '^{"peer":"127.0.0.1","port":.*"cut":false}$' "$work/log")" \
    "$(wc -l <"$work/log")"
exit $failed
