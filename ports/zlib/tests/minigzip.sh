# What minigzip makes of several kinds of data at several levels, as digests; and that it comes back, by minigzip and by
# another program's decoder. The host prints the same with its own build of the same source.
cd "${TMPDIR:-/tmp}" && mkdir minigzip.$$ && cd minigzip.$$ || exit 1
# The digest of the standard input.
digest() { sha256sum | cut -d ' ' -f 1; }

awk 'BEGIN { for (i = 0; i < 20000; i++) { s = (s + 1) * 16807 % 2147483647; printf "word%d line %d of many\n", s % 97, i } }' >text
awk 'BEGIN { for (i = 0; i < 60000; i++) { s = (s + 1) * 16807 % 2147483647; printf "%08x", s } }' >digits
head -c 300000 /dev/zero >zeros
: >empty
printf x >one
awk 'BEGIN { for (i = 0; i < 300; i++) for (j = 0; j < i; j++) printf "%c", 33 + (i * j) % 90 }' >runs
cat text digits zeros runs text >mixed

for file in text digits zeros empty one runs mixed; do
    echo "$file $(wc -c <$file | tr -d ' ') $(digest <$file)"
    for option in -1 -4 -6 -9 -f -h -r; do
        minigzip $option <$file >packed
        echo "$file $option $(wc -c <packed | tr -d ' ') $(digest <packed)"
        minigzip -d <packed | cmp - $file && gzip -dc <packed | cmp - $file || echo "$file $option does not come back"
    done
    gzip -c <$file | minigzip -d | cmp - $file || echo "$file does not come back from gzip"
done
# Files by name, several members one after the other, copies of what is not compressed, and what is refused.
cp text named && minigzip named && ls named* && minigzip -d named.gz && ls named* && cmp named text && echo by name
{ minigzip <text; minigzip <one; } >members && minigzip -d <members | digest
minigzip -d <text | cmp - text && echo passed through
minigzip <mixed >packed; head -c 5000 packed >short; minigzip -d <short >/dev/null 2>&1; echo "cut short: $?"
{ head -c 5000 packed; printf 'damage'; tail -c +5007 packed; } >damaged; minigzip -d <damaged >/dev/null 2>&1; echo "damaged: $?"
minigzip -d nothing-there 2>/dev/null; echo "not there: $?"
cd / && rm -r "${TMPDIR:-/tmp}/minigzip.$$"
echo end
