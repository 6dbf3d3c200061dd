# dash: the shell, without line editing, as Debian's.
runs='busybox'
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

# What the tests print is what the host's own dash prints, with the host's tools in the place of BusyBox, and with no more
# numbers open than the guest's has: ports/build and make hold some.
port_install()
{
    for test in language arithmetic redirection processes traps; do
        code=0
        (cd "$here/tests" && dash $test.sh 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) >"$out/tests/$test.out" 2>/dev/null || code=$?
        printf 'test dash.%s 60\nrun /bin/dash /tests/dash/%s.sh\noutput /tests/dash/%s.out\nexit %d\n\n' \
            $test $test $test $code
    done >"$out/tests/plan"
    install_program src/dash
    install_program src/dash sh
}
