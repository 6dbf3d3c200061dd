# The host's part of login_hash.scn. The hash of tests/system/passwords is that of "correct horse", for anna.
. tests/system/terminal.sh

await '^login: ' 1
[ -z "$(password_of anna)" ] && [ -n "$(password_of oskar)" ]
claim login_hash.no_password_is_made_for_who_has_a_hash
refused anna 'wrong horse'
claim login_hash.wrong_secret_is_refused_late
log_in anna 'correct horse' && session session && await '^user anna ' 1
claim login_hash.right_secret_gives_a_session
change_password 'wrong horse' 'battery staple' && await 'the old password is another' 1
claim login_hash.passwd_wants_the_old_password
change_password 'correct horse' 'battery staple' && await '^changed, until the next boot' 1 && session exit &&
    await '^bye$' 1
claim login_hash.passwd_changes_until_the_next_boot
refused anna 'correct horse'
claim login_hash.the_hash_counts_no_more
log_in anna 'battery staple' && session exit && await '^bye$' 2
claim login_hash.the_new_password_is_good

log_in oskar "$(password_of oskar)" && await 'operator console; help' 1
claim login_hash.others_have_made_passwords
echo "@@test done $claims"
type 'power off'
