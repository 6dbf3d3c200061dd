# sh shell.sh FOLDER: the shell runs the folder's shell.sql on a file; what it refused comes after what it said. Then
# commands of its own, journals of every kind, and two shells at one file.
cd "${TMPDIR:-/tmp}" && mkdir sqlite.$$ && cd sqlite.$$ || exit 1
sqlite3 -batch main.db <"$1/shell.sql" 2>refused
echo "ended with $?"
cat refused

for journal in delete truncate persist memory wal off; do
    sqlite3 $journal.db "PRAGMA journal_mode = $journal; CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y');
        BEGIN; UPDATE t SET b = b || b; COMMIT; BEGIN; INSERT INTO t VALUES (3, 'z'); $([ $journal = off ] || echo 'ROLLBACK;')"
    sqlite3 $journal.db "SELECT count(*) > 1, b FROM t WHERE a = 2; PRAGMA integrity_check;"
done
ls | grep -v refused | sort | tr '\n' ' '; echo

sqlite3 -csv main.db "SELECT id, name FROM person ORDER BY id" >person.csv
sqlite3 main.db 'CREATE TABLE imported (id, name)' '.mode csv' '.import person.csv imported' 'SELECT count(*) FROM imported'
sqlite3 main.db .dump | sqlite3 again.db && sqlite3 again.db 'SELECT name FROM person ORDER BY id' && sqlite3 -json again.db 'SELECT * FROM log'
sqlite3 main.db '.shell echo from a shell' ".once out.txt" 'SELECT 1' '.once |tr a-z A-Z' "SELECT 'shouted'"; cat out.txt

# One holds the lock of the file while the other tries: refused at once, and served when it waits.
sqlite3 main.db "BEGIN EXCLUSIVE; INSERT INTO log VALUES ('held');" ".shell sqlite3 main.db 'SELECT count(*) FROM log' 2>&1; echo \$?" 'COMMIT;'
for i in 1 2 3 4; do
    sqlite3 -cmd '.timeout 20000' main.db "CREATE TABLE IF NOT EXISTS shared (n); $(j=0; while [ $j -lt 20 ]; do
        echo "INSERT INTO shared VALUES ($i);"; j=$((j + 1)); done)" >/dev/null &
done
wait
sqlite3 main.db 'SELECT n, count(*) FROM shared GROUP BY n; PRAGMA integrity_check;'
printf 'not a database, by far not one at all\n' >none.db
head -c 3000 main.db >short.db
for file in none short; do sqlite3 $file.db 'SELECT * FROM person' >/dev/null 2>&1; echo "$file: $?"; done
cd / && rm -r "${TMPDIR:-/tmp}/sqlite.$$"
echo end
