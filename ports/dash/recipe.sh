# dash: the shell, without line editing, as Debian's.
programs='src/dash'

port_configure()
{
    ./configure --host="$HOST" --build="$BUILD" --enable-static --without-libedit \
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
