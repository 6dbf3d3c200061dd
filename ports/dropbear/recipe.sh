# dropbear: server, client, key tools and scp, with its own copies of libtomcrypt and libtommath. Who may log in, and what
# a session is, the session service says: user/ssh, called by what patches/ change.
needs='zlib'
programs='dropbear dbclient dropbearkey dropbearconvert scp'
logins='yes'
brings='ssh_service'

port_configure()
{
    CPPFLAGS=-I$ports/zlib/include LDFLAGS=-L$ports/zlib/lib LIBS=-lsession ./configure --host="$HOST" --build="$BUILD" \
        --enable-static --enable-bundled-libtom --disable-harden --disable-lastlog --disable-utmp --disable-utmpx \
        --disable-wtmp --disable-wtmpx --disable-loginfunc --disable-pututline --disable-pututxline
}

port_make()
{
    make -j"$jobs" PROGRAMS="$programs" AR="$AR" RANLIB="$RANLIB"
}

port_install()
{
    for program in $programs; do
        install_program "$program"
    done
}
