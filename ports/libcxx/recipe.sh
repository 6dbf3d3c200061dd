# The C++ library: libc++, libc++abi and libunwind of the compiler's own source. Their CMake files describe
# every system they have ever been built for; what is true for this one is the three lists of sources and the
# definitions below, so no cmake is needed, and no folder but these.
folders='libcxx libcxxabi libunwind'
programs='libc++.a'

# What CMake would make of libcxx/include/__config_site.in: threads are pthreads, every part of the library is
# there but the database of time zones (there are no zone files), and a bad index or iterator ends the program
# ("fast" hardening: checks of constant cost).
port_configure()
{
    mkdir -p "$out/include/c++/v1"
    cat >"$out/include/c++/v1/__config_site" <<'END'
#pragma once
#define _LIBCPP_ABI_VERSION 1
#define _LIBCPP_ABI_NAMESPACE __1
#define _LIBCPP_HAS_MUSL_LIBC
#define _LIBCPP_HAS_THREAD_API_PTHREAD
#define _LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS
#define _LIBCPP_HAS_NO_TIME_ZONE_DATABASE
#define _LIBCPP_PSTL_BACKEND_STD_THREAD
#define _LIBCPP_HARDENING_MODE_DEFAULT 4
END
    cp -R libcxx/include/. libcxxabi/include/*.h libunwind/include/*.h "$out/include/c++/v1/"
    cp libcxx/vendor/llvm/default_assertion_handler.in "$out/include/c++/v1/__assertion_handler"
}

# Every source is compiled but those for other systems, for what is left out, and new.cpp, whose functions
# are libc++abi's.
port_make()
{
    own="-nostdinc++ -isystem $out/include/c++/v1 -DNDEBUG -w -fvisibility=hidden -fvisibility-inlines-hidden"
    compile "-std=c++23 $own -Ilibcxx/src -D_LIBCPP_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI" \
        $(ls libcxx/src/*.cpp libcxx/src/filesystem/*.cpp libcxx/src/ryu/*.cpp |
            grep -v -e '/new.cpp' -e int128_builtins)
    compile "-std=c++23 $own -Ilibcxx/src -D_LIBCPP_BUILDING_LIBRARY -D_LIBCXXABI_BUILDING_LIBRARY" \
        $(ls libcxxabi/src/*.cpp | grep -v cxa_noexception)
    unwinder="-D_LIBUNWIND_IS_NATIVE_ONLY -Ilibunwind/include -Ilibunwind/src -funwind-tables -DNDEBUG -w"
    compile "-std=c++17 $own $unwinder -fno-exceptions -fno-rtti" libunwind/src/libunwind.cpp
    compile "$unwinder" libunwind/src/UnwindLevel1.c libunwind/src/UnwindLevel1-gcc-ext.c \
        libunwind/src/UnwindRegistersRestore.S libunwind/src/UnwindRegistersSave.S
    for archive in c++:libcxx/src c++abi:libcxxabi/src unwind:libunwind/src; do
        rm -f "lib${archive%%:*}.a"
        find "${archive#*:}" -name '*.o' | LC_ALL=C sort | xargs "$AR" rcs "lib${archive%%:*}.a"
    done
}

# Our tests, one program a file: what each prints is what it prints when the host's compiler builds it with the
# host's own C++ library. -fexperimental-library: where this version has std::jthread.
port_install()
{
    install_library libc++.a libc++abi.a libunwind.a
    mkdir -p tests
    for source in "$here"/tests/*.cpp; do
        test=$(basename "$source" .cpp)
        code=0
        "$HOSTCC" --driver-mode=g++ -std=c++20 -O1 "$source" -o "tests/$test.host" -pthread
        "tests/$test.host" >"$out/tests/$test.out" || code=$?
        # shellcheck disable=SC2086  # The flags are words.
        "$CXX" $CFLAGS -std=c++20 -fexperimental-library "$source" -o "tests/$test"
        install_test_program "tests/$test"
        printf 'test libcxx.%s 60\nrun /tests/libcxx/%s\noutput /tests/libcxx/%s.out\nexit %d\n\n' \
            "$test" "$test" "$test" $code
    done >"$out/tests/plan"
}
