# libsodium: the library and the programs of its own test. Its source has no configure script (one would be
# made by autotools), so the compiler's abilities are said here; all of it is C.
programs=''

port_configure()
{
    value()
    {
        sed -n "s/^$1=//p" configure.ac
    }
    sed -e "s/@VERSION@/$(sed -n 's/^AC_INIT(\[libsodium\],\[\(.*\)\],$/\1/p' configure.ac)/" \
        -e "s/@SODIUM_LIBRARY_VERSION_MAJOR@/$(value SODIUM_LIBRARY_VERSION_MAJOR)/" \
        -e "s/@SODIUM_LIBRARY_VERSION_MINOR@/$(value SODIUM_LIBRARY_VERSION_MINOR)/" \
        -e 's/@SODIUM_LIBRARY_MINIMAL_DEF@//' \
        src/libsodium/include/sodium/version.h.in >src/libsodium/include/sodium/version.h
}

port_make()
{
    include="-I$PWD/src/libsodium/include/sodium -I$PWD/src/libsodium/include"
    # shellcheck disable=SC2046  # The files are words.
    compile "$include -DCONFIGURED=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_TI_MODE=1 -DHAVE_INLINE_ASM=1
        -DHAVE_WEAK_SYMBOLS=1 -DHAVE_ATOMIC_OPS=1 -DHAVE_PTHREAD=1 -DHAVE_SYS_MMAN_H=1 -DHAVE_MMAP=1
        -DHAVE_MPROTECT=1 -DHAVE_MLOCK=1 -DHAVE_NANOSLEEP=1 -DHAVE_POSIX_MEMALIGN=1 -DHAVE_GETPID=1
        -DHAVE_SYS_RANDOM_H=1 -DHAVE_GETRANDOM=1 -DHAVE_EXPLICIT_BZERO=1" \
        $(find src/libsodium -name '*.c')
    rm -f libsodium.a
    # shellcheck disable=SC2046
    "$AR" rcs libsodium.a $(find src/libsodium -name '*.o')
    # A test compares its output with NAME.exp itself, in the folder that it runs in.
    mkdir -p tests
    # shellcheck disable=SC2016  # The inner shell's own words.
    find test/default -name '*.c' -exec basename {} .c \; | INCLUDE="$include" xargs -P "$jobs" -n 1 sh -c '
        $CC $CFLAGS $INCLUDE -Itest/quirks -DTEST_SRCDIR=\"/tests/libsodium\" test/default/$1.c libsodium.a \
            -lpthread -o tests/$1' test
}

port_install()
{
    install_headers src/libsodium/include/sodium.h src/libsodium/include/sodium
    install_library libsodium.a
    for test in tests/*; do
        install_test_program "$test"
    done
    install_test test/default/*.exp
}
