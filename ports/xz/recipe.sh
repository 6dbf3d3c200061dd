# XZ Utils: the library liblzma, xz under its names, xzdec, and the scripts that look into compressed files.
runs='dash busybox'
programs='src/xz/xz src/xzdec/xzdec'
suite='test_check test_hardware test_stream_flags test_filter_flags test_block_header test_index test_index_hash
    test_bcj_exact_size test_memlimit test_lzip_decoder test_vli'
scripts='test_files.sh test_compress_prepared_bcj_sparc test_compress_prepared_bcj_x86
    test_compress_generated_abc test_compress_generated_random test_compress_generated_text test_scripts.sh'

# The scripts begin with the shell that configure finds, which would be this machine's.
port_configure()
{
    ./configure gl_cv_posix_shell=/bin/sh --host="$HOST" --build="$BUILD" --disable-shared --enable-static --disable-nls --disable-doc \
        --disable-dependency-tracking --prefix=/
}

# The suite's programs are built and not run: they are for the guest.
port_make()
{
    make -j"$jobs"
    # shellcheck disable=SC2086  # The programs are words.
    (cd tests && rm -f $suite create_compress_files && make -j"$jobs" $suite create_compress_files)
}

port_install()
{
    install_headers src/liblzma/api/lzma.h src/liblzma/api/lzma
    install_library src/liblzma/.libs/liblzma.a
    install_program src/xz/xz
    install_program src/xzdec/xzdec
    for name in unxz xzcat; do
        ln -s xz "$out/root/bin/$name"
    done
    for script in xzgrep xzdiff xzless xzmore; do
        install_file src/scripts/$script bin/$script
    done
    install_suite
}

# Where the suite's scripts look for things: it is built in a tree of this form.
install_suite()
{
    mkdir -p "$out/tests/tests" "$out/tests/src"
    for program in $suite create_compress_files; do
        "$STRIP" --strip-all -o "$out/tests/tests/$program" tests/$program
    done
    cp -R tests/files tests/test_*.sh tests/test_compress_* tests/compress_prepared_* tests/xzgrep_expected_output \
        "$out/tests/tests/"
    cp config.h "$out/tests/config.h"
    cp -R src/scripts "$out/tests/src/scripts"
    for test in $suite $scripts; do
        printf 'test xz.%s 120\nrun /bin/sh /tests/xz/suite %s\n\n' "${test%.sh}" "$test"
    done >>"$out/tests/plan"
}
