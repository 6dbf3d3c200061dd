# dash: the shell, without line editing, as Debian's.
programs='src/dash'

port_configure()
{
    # Debian's patches add priv.c to Makefile.am; what automake would make of that:
    sed -i -e 's/^am__objects_1 = alias/am__objects_1 = priv.$(OBJEXT) alias/' -e 's/^\talias\.c /\tpriv.c alias.c /' \
        src/Makefile.in
    ./configure --host="$HOST" --build="$BUILD" --enable-static --without-libedit \
        --disable-dependency-tracking \
        CC_FOR_BUILD="$HOSTCC"
}

port_make()
{
    make -j"$jobs" CC_FOR_BUILD="$HOSTCC"
}

port_install()
{
    install_program src/dash
    install_program src/dash sh
}
