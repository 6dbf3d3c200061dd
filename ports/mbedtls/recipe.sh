# Mbed TLS: the libraries, for curl, and its self-test.
programs='programs/test/selftest'

port_make()
{
    make -j"$jobs" -C library static AR="$AR" WARNING_CFLAGS= CFLAGS="$CFLAGS"
    $CC $CFLAGS -Iinclude -Ilibrary programs/test/selftest.c -Llibrary -lmbedtls -lmbedx509 -lmbedcrypto -o programs/test/selftest
}

port_install()
{
    install_headers include/mbedtls include/psa
    install_library library/libmbedtls.a library/libmbedx509.a library/libmbedcrypto.a
    install_test_program programs/test/selftest
}
