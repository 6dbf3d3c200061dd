# zlib: the library, its gzip, and the programs of its own test.
# For the test of minigzip.
runs='dash busybox'
programs='example minigzip infcover'

port_configure()
{
    CHOST=$HOST ./configure --static
}

port_make()
{
    make -j"$jobs" static infcover AR="$AR" ARFLAGS=rc RANLIB="$RANLIB"
}

# The same source for the host: what its programs print is what they must print here.
host_programs()
{
    mkdir -p host
    for program in example minigzip; do
        $HOSTCC -O1 -DHAVE_UNISTD_H -DHAVE_STDARG_H -D_LARGEFILE64_SOURCE -w -I. test/$program.c ./*.c -o host/$program
    done
}

port_install()
{
    install_headers zlib.h zconf.h
    install_library libz.a
    install_program minigzip
    install_test_program example
    install_test_program infcover
    host_programs
    (cd host && ./example foo.gz >"$out/tests/example.out")
    PATH=$PWD/host:$PATH sh "$here/tests/minigzip.sh" >"$out/tests/minigzip.out"
}
