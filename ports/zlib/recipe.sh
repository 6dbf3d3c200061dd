# zlib: the library, its gzip, and the programs of its own test.
programs='example minigzip infcover'

port_configure()
{
    CHOST=$HOST ./configure --static
}

port_make()
{
    make -j"$jobs" static infcover AR="$AR" ARFLAGS=rc RANLIB="$RANLIB"
}

port_install()
{
    install_headers zlib.h zconf.h
    install_library libz.a
    install_program minigzip
    install_test_program example
    install_test_program infcover
}
