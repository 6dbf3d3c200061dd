#!/bin/sh
# What ./swos image and ./swos run say to files of secrets that are none (tools/sh/secrets.sh). Prints `pass NAME` or
# `FAIL NAME: why` a line; ends with 1 when one failed. Needs ssh-keygen.
set -u

work=$(mktemp -d)
failed=0
trap 'rm -rf "$work"' EXIT
die()
{
    echo "$*"
    exit 1
}
. tools/sh/secrets.sh

# says NAME TEXT OPTION VALUE: the option is refused, and with these words; no text: it is taken.
says()
{
    said=$(secrets_option "$3" "$4" 2>&1)
    status=$?
    case $said in
    *"$2"*) [ "$status" -eq 0 ] || [ -n "$2" ] || status=2 ;;
    *) status=2 ;;
    esac
    if [ "$status" -eq "$([ -n "$2" ] && echo 1 || echo 0)" ]; then
        echo "pass $1"
    else
        echo "FAIL $1: '$said', expected '$2'"
        failed=1
    fi
}

ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ssh-keygen -q -t ecdsa -N '' -f "$work/other"
ssh-keygen -q -t ed25519 -N secret -f "$work/locked"
head -n 3 "$work/key" >"$work/cut"
echo garbage >"$work/garbage"
head -c 300 /dev/zero | tr '\000' '\377' >"$work/binary"
: >"$work/empty"
printf '\000\000\000\013ssh-ed25519\000\000\000\100' >"$work/dropbear"
cost='$argon2id$v=19$m=19456,t=2,p=1'
salt='c2FsdHNhbHRzYWx0c2FsdA'
sum='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
echo "anna:$cost\$$salt\$$sum" >"$work/hash"
echo "anna:$cost\$$salt" >"$work/short_hash"
echo "anna:\$argon2id\$v=19\$m=1048576,t=2,p=1\$$salt\$$sum" >"$work/dear_hash"
{
    cat "$work/hash"
    echo "anna:plain"
} >"$work/second_line"

says secrets_missing_file 'cannot be read' --ssh-key "$work/nothing"
says secrets_folder 'cannot be read' --host-key "$work"
says secrets_in_the_tree 'is in the tree' --password-hash tests/system/passwords
says secrets_ssh_key '' --ssh-key "$work/key.pub"
says secrets_ssh_key_of_one '' --ssh-key "anna=$work/other.pub"
says secrets_ssh_key_of_nobody 'NAME=FILE or FILE is wanted' --ssh-key "=$work/key.pub"
says secrets_ssh_key_private 'is a private key' --ssh-key "$work/key"
says secrets_ssh_key_garbage 'has no public key' --ssh-key "$work/garbage"
says secrets_ssh_key_empty 'has no public key' --ssh-key "$work/empty"
says secrets_host_key '' --host-key "$work/key"
says secrets_host_key_of_another_kind '' --host-key "$work/other"
says secrets_host_key_of_dropbear '' --host-key "$work/dropbear"
says secrets_host_key_public 'is no private key' --host-key "$work/key.pub"
says secrets_host_key_garbage 'is no private key' --host-key "$work/garbage"
says secrets_host_key_binary 'is no private key' --host-key "$work/binary"
says secrets_host_key_locked 'is encrypted' --host-key "$work/locked"
says secrets_host_key_cut 'is damaged' --host-key "$work/cut"
says secrets_hash '' --password-hash "$work/hash"
says secrets_hash_empty 'is empty' --password-hash "$work/empty"
says secrets_hash_garbage 'line 1 of' --password-hash "$work/garbage"
says secrets_hash_binary 'line 1 of' --password-hash "$work/binary"
says secrets_hash_short 'line 1 of' --password-hash "$work/short_hash"
says secrets_hash_second_line 'line 2 of' --password-hash "$work/second_line"
says secrets_hash_dear 'takes 1048576 KiB' --password-hash "$work/dear_hash"
secrets_given=' --ssh-key'
says secrets_given_twice 'is given twice' --ssh-key "$work/key.pub"
exit $failed
