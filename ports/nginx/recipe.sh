# nginx: master and workers, with the modules that need no other library but zlib.
needs='zlib'
programs='objs/nginx'
replaces='httpd'

port_configure()
{
    SWOS_CC=$CC ./configure --crossbuild=Linux::aarch64 --with-cc="$here/probe-cc" --with-cpp="$CC -E" \
        --prefix=/ --sbin-path=/bin/nginx --conf-path=/etc/nginx/nginx.conf \
        --error-log-path=stderr --http-log-path=/tmp/nginx-access.log --pid-path=/tmp/nginx.pid \
        --lock-path=/tmp/nginx.lock --http-client-body-temp-path=/tmp/nginx-body \
        --http-proxy-temp-path=/tmp/nginx-proxy --http-fastcgi-temp-path=/tmp/nginx-fastcgi \
        --http-uwsgi-temp-path=/tmp/nginx-uwsgi --http-scgi-temp-path=/tmp/nginx-scgi \
        --without-http_rewrite_module --with-threads --with-http_stub_status_module \
        --with-cc-opt="$CFLAGS -I$ports/zlib/include" --with-ld-opt="-L$ports/zlib/lib"
}

port_make()
{
    make -j"$jobs" CC="$CC" LINK="$CC"
}

port_install()
{
    install_program objs/nginx
    install_file conf/mime.types etc/nginx/mime.types
    install_file "$here/nginx.conf" etc/nginx/nginx.conf
}
