# Redis: the server, its client and its benchmark, with the C library's malloc.
programs='src/redis-server src/redis-cli src/redis-benchmark'

port_make()
{
    make -j"$jobs" -C src redis-server redis-cli redis-benchmark V=1 MALLOC=libc BUILD_TLS=no \
        USE_SYSTEMD=no CC="$CC" AR="$AR" RANLIB="$RANLIB" OPTIMIZATION=-O2 \
        REDIS_CFLAGS="-ffile-prefix-map=$work=redis" uname_S=Linux uname_M=aarch64
}

port_install()
{
    install_program src/redis-server
    install_program src/redis-cli
    install_program src/redis-benchmark
    install_file "$here/redis.conf" etc/redis/redis.conf
}
