# curl: with HTTP, HTTPS (Mbed TLS) and FILE, and compressed answers.
needs='zlib mbedtls'
programs='src/curl'

port_configure()
{
    ./configure --host="$HOST" --build="$BUILD" --disable-shared --enable-static \
        --with-mbedtls="$ports/mbedtls" --with-zlib="$ports/zlib" --with-ca-bundle=/etc/ssl/ca.pem \
        --without-libpsl --without-brotli --without-zstd --without-libidn2 --without-nghttp2 \
        --disable-dict --disable-ftp --disable-gopher --disable-imap --disable-ldap --disable-mqtt \
        --disable-pop3 --disable-rtsp --disable-smb --disable-smtp --disable-telnet --disable-tftp \
        --disable-manual --disable-threaded-resolver --disable-dependency-tracking
}

port_make()
{
    make -j"$jobs" -C lib
    make -j"$jobs" -C src
}

port_install()
{
    install_program src/curl
}
