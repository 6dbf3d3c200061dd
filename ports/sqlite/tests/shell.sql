-- Through the shell: types, constraints, joins, transactions, indexes, views, triggers, windows, JSON, full
-- text, and what happens when something is refused. The host's shell of the same version prints the same.
.mode list
.headers on
PRAGMA journal_mode;
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER CHECK (born > 1800), height REAL);
CREATE TABLE visit (person INTEGER REFERENCES person (id) ON DELETE CASCADE, place TEXT, at TEXT DEFAULT 'then');
PRAGMA foreign_keys = ON;
INSERT INTO person VALUES (1, 'Ada', 1815, 1.65), (2, 'Alan', 1912, 1.78), (3, 'Grace', 1906, NULL);
INSERT INTO visit (person, place) VALUES (1, 'London'), (1, 'Turin'), (2, 'Princeton');
SELECT name, count(place) AS visits FROM person LEFT JOIN visit ON person.id = visit.person GROUP BY name ORDER BY name;
SELECT typeof(1), typeof(1.5), typeof('x'), typeof(x'00ff'), typeof(NULL), quote(x'00ff'), 7 / 2, 7 % 3, 7.0 / 2, 9223372036854775807 + 1;
SELECT abs(-5), upper('ä b'), substr('abcdef', 2, 3), replace('aXbX', 'X', '-'), instr('hello', 'l'), hex('abc'), trim('  x '), printf('%05.2f|%5s|%x', 3.14159, 'ab', 255);
SELECT round(2.567, 2), length('héllo'), coalesce(NULL, 'b'), nullif(1, 1), iif(1 > 2, 'a', 'b'), max(1, 5, 3), 'abc' LIKE 'A%', 'abc' GLOB 'a*', unicode('A'), char(65, 66);
SELECT date('2026-11-22', '+1 month', 'start of month'), strftime('%Y-%m-%dT%H:%M:%S', 0, 'unixepoch'), julianday('2000-01-01 12:00'), time('23:59:59', '+2 seconds');
SELECT sqrt(2), pow(2, 10), round(sin(1), 10), round(ln(10), 10), ceil(1.2), floor(-1.2), pi() > 3.14;
INSERT INTO person VALUES (4, 'Ada', 1900, 1);
INSERT INTO person VALUES (5, 'Early', 1700, 1);
INSERT INTO visit (person, place) VALUES (99, 'nowhere');
SELECT nothing FROM person;
SELEC 1;
BEGIN;
DELETE FROM person WHERE name = 'Ada';
SELECT count(*) FROM visit;
ROLLBACK;
SELECT count(*) FROM visit;
BEGIN;
SAVEPOINT one;
UPDATE person SET born = born + 1;
SAVEPOINT two;
DELETE FROM person;
ROLLBACK TO two;
RELEASE one;
COMMIT;
SELECT group_concat(born, ',') FROM person;
CREATE INDEX person_born ON person (born);
EXPLAIN QUERY PLAN SELECT name FROM person WHERE born = 1913;
CREATE VIEW tall AS SELECT name FROM person WHERE height > 1.7;
SELECT * FROM tall;
CREATE TABLE log (what TEXT);
CREATE TRIGGER person_changed AFTER UPDATE ON person BEGIN INSERT INTO log VALUES (old.name || ' ' || old.height || '->' || new.height); END;
UPDATE person SET height = 1.80 WHERE name = 'Alan';
SELECT * FROM log;
WITH RECURSIVE fibonacci (a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fibonacci WHERE b < 100) SELECT group_concat(a, ' ') FROM fibonacci;
SELECT name, rank() OVER (ORDER BY height DESC) AS place, sum(born) OVER (ORDER BY born ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM person WHERE height IS NOT NULL ORDER BY name;
SELECT json_extract('{"a": [1, {"b": "deep"}]}', '$.a[1].b'), json_array(1, 'x', NULL), json_group_array(name) FROM person;
SELECT key, value FROM json_each('{"x": 1, "y": [2]}');
CREATE VIRTUAL TABLE page USING fts5 (title, body);
INSERT INTO page VALUES ('one', 'the quick brown fox'), ('two', 'the lazy dog'), ('three', 'quick quick');
SELECT title FROM page WHERE page MATCH 'quick' ORDER BY rank;
SELECT snippet(page, 1, '[', ']', '..', 5) FROM page WHERE page MATCH 'lazy';
CREATE VIRTUAL TABLE box USING rtree (id, x0, x1, y0, y1);
INSERT INTO box VALUES (1, 0, 10, 0, 10), (2, 5, 15, 5, 15), (3, 20, 30, 20, 30);
SELECT id FROM box WHERE x0 <= 12 AND x1 >= 8 ORDER BY id;
INSERT INTO person (name, born) VALUES ('Ada', 1816) ON CONFLICT (name) DO UPDATE SET born = excluded.born RETURNING id, born;
CREATE TABLE big (n INTEGER PRIMARY KEY, t TEXT);
INSERT INTO big SELECT value, printf('%064d', value * 7919 % 100003) FROM (WITH RECURSIVE c (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM c WHERE value < 20000) SELECT value FROM c);
CREATE INDEX big_t ON big (t);
SELECT count(*), min(t), max(t), sum(length(t)) FROM big;
SELECT n FROM big ORDER BY t LIMIT 5;
DELETE FROM big WHERE n % 2;
VACUUM;
PRAGMA integrity_check;
SELECT count(*) FROM big;
PRAGMA journal_mode = WAL;
INSERT INTO big VALUES (1, 'in the log');
PRAGMA wal_checkpoint;
PRAGMA journal_mode = DELETE;
PRAGMA page_size;
ATTACH 'second.db' AS second;
CREATE TABLE second.copy AS SELECT * FROM person;
SELECT name FROM second.copy WHERE id NOT IN (SELECT id FROM main.person WHERE born > 1900) ORDER BY 1;
DETACH second;
ALTER TABLE person ADD COLUMN email TEXT DEFAULT 'none';
ALTER TABLE person RENAME COLUMN height TO metres;
SELECT * FROM person WHERE id = 2;
.schema person
.tables
.mode csv
SELECT name, 'with "quotes", and comma' FROM person ORDER BY 1;
.mode line
SELECT id, name FROM person WHERE id < 3;
.mode insert copied
SELECT id, name, born FROM person ORDER BY id;
.mode box
SELECT id, name FROM person;
.mode list
.dump log
SELECT sqlite_version(), (SELECT count(*) FROM pragma_table_info('person'));
.backup main third.db
.open third.db
SELECT count(*) FROM big;
PRAGMA quick_check;
