# SQLite: the shell, and speedtest1. The sources are put together by scripts in Tcl on the host.
programs='sqlite3 speedtest1'

port_configure()
{
    ./configure --host="$HOST" --build="$BUILD" --disable-shared --disable-tcl --disable-readline --disable-editline \
        --disable-load-extension BUILD_CC="$HOSTCC"
    make sqlite3.c shell.c BCC="$HOSTCC -O1" LEMON_FOR_BUILD=lemon-for-build
}

port_make()
{
    compile '-I. -DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_ENABLE_MATH_FUNCTIONS
        -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_DBSTAT_VTAB -DHAVE_USLEEP=1' \
        sqlite3.c shell.c test/speedtest1.c
    $CC sqlite3.o shell.o -lm -lpthread -o sqlite3
    $CC sqlite3.o test/speedtest1.o -lm -lpthread -o speedtest1
}

port_install()
{
    install_headers sqlite3.h
    install_program sqlite3
    install_test_program speedtest1
}
