# Lua: the interpreter and its compiler, as Debian configures them but for what a static program cannot
# have (loading of modules in C) and the line editor.
# For os.execute and io.popen.
runs='dash busybox'
programs='src/lua src/luac'

port_configure()
{
    # Debian's rules make this header; it says where modules in C would be.
    echo "#define DEB_HOST_MULTIARCH \"$HOST\"" >src/lua5.4-deb-multiarch.h
}

port_make()
{
    cd src
    compile '-std=gnu99 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX' l*.c
    core=$(ls l*.o | grep -v -x -e lua.o -e luac.o)
    # shellcheck disable=SC2086  # The objects are words.
    $CC lua.o $core -lm -o lua
    # shellcheck disable=SC2086
    $CC luac.o $core -lm -o luac
}

# What the tests print is what the host's own Lua prints (the package lua5.4, the same version).
port_install()
{
    install_program src/lua
    install_program src/luac
    for test in "$here"/tests/*.lua; do
        test=$(basename "$test" .lua)
        code=0
        TZ=UTC lua5.4 - <"$here/tests/$test.lua" >"$out/tests/$test.out" || code=$?
        printf 'test lua.%s 60\nrun /bin/lua -\ninput /tests/lua/%s.lua\noutput /tests/lua/%s.out\nexit %d\n\n' \
            "$test" "$test" "$test" $code
    done >"$out/tests/plan"
}
