# dropbear: server, client, key tool and scp, with its own copies of libtomcrypt and libtommath.
needs='zlib'
programs='dropbear dbclient dropbearkey scp'

port_configure()
{
    CPPFLAGS=-I$ports/zlib/include LDFLAGS=-L$ports/zlib/lib ./configure --host="$HOST" --build="$BUILD" \
        --enable-static --enable-bundled-libtom --disable-harden --disable-lastlog --disable-utmp --disable-utmpx \
        --disable-wtmp --disable-wtmpx --disable-loginfunc --disable-pututline --disable-pututxline
}

port_make()
{
    make -j"$jobs" PROGRAMS='dropbear dbclient dropbearkey scp' AR="$AR" RANLIB="$RANLIB"
}

port_install()
{
    for program in $programs; do
        install_program "$program"
    done
}
