# SQLite: the shell, speedtest1, and those of its own tests that are not written in Tcl. The sources are put together by
# scripts in Tcl on the host.
# For the shell's commands and for what the tests start.
runs='dash busybox'
programs='sqlite3 speedtest1 threadtest3 mptester fuzzcheck'

port_configure()
{
    ./configure --host="$HOST" --build="$BUILD" --disable-shared --disable-tcl --disable-readline --disable-editline \
        BUILD_CC="$HOSTCC"
    make sqlite3.c shell.c BCC="$HOSTCC -O1" LEMON_FOR_BUILD=lemon-for-build
}

port_make()
{
    options='-I. -Isrc -Itest -Iext/recover -DHAVE_USLEEP=1 -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_MATH_FUNCTIONS
        -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_DBSTAT_VTAB
        -DSQLITE_ENABLE_DBPAGE_VTAB -DSQLITE_ENABLE_BYTECODE_VTAB -DSQLITE_OSS_FUZZ'
    # The longest first.
    compile "$options" sqlite3.c shell.c test/fuzzcheck.c test/speedtest1.c test/threadtest3.c mptest/mptest.c \
        test/ossfuzz.c test/fuzzinvariants.c src/test_multiplex.c
    # These are extensions, linked in here.
    compile "$options -DSQLITE_CORE" ext/recover/sqlite3recover.c ext/recover/dbdata.c test/vt02.c
    link sqlite3 shell.o
    link speedtest1 test/speedtest1.o
    link threadtest3 test/threadtest3.o src/test_multiplex.o
    link mptester mptest/mptest.o
    link fuzzcheck test/fuzzcheck.o test/ossfuzz.o test/fuzzinvariants.o test/vt02.o ext/recover/sqlite3recover.o \
        ext/recover/dbdata.o
}

# link PROGRAM OBJECT...
link()
{
    program=$1
    shift
    $CC sqlite3.o "$@" -lm -lpthread -o "$program"
}

# What shell and speedtest1 print is what the host's own SQLite prints (the package sqlite3, the same version).
port_install()
{
    install_headers sqlite3.h
    install_program sqlite3
    for program in speedtest1 threadtest3 mptester fuzzcheck; do
        install_test_program $program
    done
    install_test mptest test/fuzzdata4.db test/fuzzdata6.db test/fuzzdata8.db
    mkdir -p host
    $HOSTCC -O1 -I. -DSQLITE_ENABLE_RTREE test/speedtest1.c -l:libsqlite3.so.0 -o host/speedtest1
    PATH=$PATH:$PWD/host sh "$here/tests/shell.sh" "$here/tests" >"$out/tests/shell.out"
    PATH=$PATH:$PWD/host sh "$here/tests/speed.sh" >"$out/tests/speed.out"
}
