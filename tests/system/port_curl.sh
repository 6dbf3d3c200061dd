#!/bin/sh
# The host's part of port_curl.scn: servers of HTTP and HTTPS on the host, with certificates of a test CA that is made
# here, and a shell in the guest that is typed into ($CONSOLE, $SERIAL_LOG).
set -eu
folder=$CONSOLE.curl
rm -rf "$folder"
mkdir -p "$folder"
servers=''
trap 'for server in $servers; do kill "$server" 2>/dev/null || true; done' EXIT

# --- certificates ---

# key_and_request NAME HOST
key_and_request()
{
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
        -keyout "$folder/$1.key" -out "$folder/$1.csr" 2>/dev/null
}

# authority NAME: a CA of its own.
authority()
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=Test authority $1" -days 30 \
        -keyout "$folder/$1.key" -out "$folder/$1.pem" 2>/dev/null
}

# certificate NAME HOST START END: signed by the authority `ca`, times as YYMMDDHHMMSSZ.
certificate()
{
    key_and_request "$1" "$2"
    echo "subjectAltName = DNS:$2" >"$folder/$1.ext"
    openssl ca -batch -config "$folder/ca.conf" -in "$folder/$1.csr" -out "$folder/$1.pem" -startdate "$3" -enddate "$4" \
        -extfile "$folder/$1.ext" 2>"$folder/$1.log"
}

cat >"$folder/ca.conf" <<END_CONF
[ca]
default_ca = test
[test]
database = $folder/index
serial = $folder/serial
new_certs_dir = $folder
certificate = $folder/ca.pem
private_key = $folder/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END_CONF
: >"$folder/index"
echo 01 >"$folder/serial"
when() { date -u -d "$1" +%y%m%d%H%M%SZ; }
authority ca
authority other
certificate good web.test "$(when '1 day ago')" "$(when '10 days')"
certificate past web.test "$(when '10 days ago')" "$(when '1 day ago')"
certificate future web.test "$(when '1 day')" "$(when '10 days')"

# --- servers ---

echo 'hello from the host' >"$folder/hello"
cp build/ports/curl/root/bin/curl "$folder/big"

mkfifo "$folder/port"
tclsh tests/system/port_curl.tcl "$folder" >"$folder/port" &
servers="$servers $!"
read -r http <"$folder/port"

# tls NAME: openssl's server of files with that certificate, at a port that it chooses. Sets $tls.
tls()
{
    (cd "$folder" && exec openssl s_server -accept 127.0.0.1:0 -cert "$1.pem" -key "$1.key" -WWW >"$1.out" 2>&1) &
    servers="$servers $!"
    tries=100
    until tls=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' "$folder/$1.out") && [ -n "$tls" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { cat "$folder/$1.out" && return 1; }
        sleep 0.05 # Between two looks at what it says.
    done
}
tls good && good=$tls
tls past && past=$tls
tls future && future=$tls

# --- the guest's shell ---

. tests/system/typed_shell.sh

results=0
# claim NAME STATUS [TEXT]: how the last command ended, and a text that it printed.
claim()
{
    results=$((results + 1))
    if [ "$status" = "$2" ] && printf '%s' "$output" | grep -q -e "${3:-}"; then
        echo "@@test pass curl.$1"
    else
        echo "@@test fail curl.$1 ended with $status: $(printf '%s' "$output" | tail -n 3 | tr '\n' ' ')"
    fi
}

run '/bin/posix_name_server & cd /tmp; curl --version'
claim is_there 0 '^curl 7'
run "curl -sS http://10.0.2.2:$http/hello"
claim plain_http 0 '^hello from the host$'
run "curl -sS http://web.test:$http/hello"
claim name_is_resolved 0 '^hello from the host$'
run "curl -sS http://missing.test:$http/hello"
claim unknown_name_is_6 6
run 'curl -sS http://web.test:1/hello'
claim refused_is_7 7
run "curl -sS -f http://web.test:$http/nothing"
claim missing_page_is_22 22
run "curl -sS -o /dev/null -w '%{http_code} %{redirect_url}\n' http://web.test:$http/moved"
claim redirect_is_told 0 '^302 http://web.test:.*/hello'
run "curl -sS -L http://web.test:$http/moved"
claim redirect_is_followed 0 '^hello from the host$'
run "curl -sS -L --max-redirs 5 http://web.test:$http/round"
claim endless_redirect_is_47 47
run "curl -sS -o big http://web.test:$http/big && cmp big /bin/curl && echo same"
claim megabyte_comes_whole 0 '^same$'
run "curl -sS -T /bin/curl http://web.test:$http/upload"
cmp -s "$folder/put-upload" "$folder/big" || status=different
claim megabyte_is_sent_whole 0 '^kept [0-9]* bytes$'
run "curl -sS -o ca.pem http://web.test:$http/ca.pem && curl -sS -o other.pem http://web.test:$http/other.pem && ls"
claim authorities_are_fetched 0 '^other.pem$'
run "curl -sS --cacert ca.pem https://web.test:$good/hello"
claim good_certificate_is_taken 0 '^hello from the host$'
run "curl -sS --cacert ca.pem -o big https://web.test:$good/big && cmp big /bin/curl && echo same"
claim megabyte_comes_whole_by_tls 0 '^same$'
run "curl -sS --cacert ca.pem https://wrong.test:$good/hello"
claim wrong_name_is_60 60
run "curl -sS --cacert ca.pem https://web.test:$past/hello"
claim expired_is_60 60
run "curl -sS --cacert ca.pem https://web.test:$future/hello"
claim not_yet_valid_is_60 60
run "curl -sS --cacert other.pem https://web.test:$good/hello"
claim unknown_authority_is_60 60
run "curl -sS https://web.test:$good/hello"
claim no_authority_at_all_is_77 77
run "curl -sS -k https://web.test:$past/hello"
claim unchecked_on_request 0 '^hello from the host$'
echo "@@test done $results"
