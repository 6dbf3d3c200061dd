# From user/posix/calls.tab to one of: header (bits/syscall.h.in of the C library), missing (C source of
# what answers ENOSYS), list (of these, for their test), names (what the posix layer must define), page (a table for
# the reader).
# Usage: awk -v make=header -f calls.awk calls.tab
$1 == "have" {
    for (i = 3; i <= NF; i++)
        have[++have_count] = $i
}
$1 == "lack" {
    split($0, halves, " : ")
    count = split(halves[1], words, " ")
    for (i = 2; i <= count; i++) {
        lack[++lack_count] = words[i]
        reason[lack_count] = halves[2]
    }
}
function header_line(name) { printf "extern long __posix_%s();\n#define __NR_%s ((long)__posix_%s)\n", name, name, name }
function print_header(   i) {
    print "/* Generated from user/posix/calls.tab by ports/musl/calls.awk: a call is a function. */"
    print "#ifdef __cplusplus\nextern \"C\" {\n#endif"
    for (i = 1; i <= have_count; i++)
        header_line(have[i])
    for (i = 1; i <= lack_count; i++)
        header_line(lack[i])
    print "#ifdef __cplusplus\n}\n#endif"
}
function print_missing(   i) {
    print "/* Generated from user/posix/calls.tab by ports/musl/calls.awk. */"
    print "#include <errno.h>\n"
    print "static long __attribute__((used)) posix_missing(void)\n{\n    return -ENOSYS;\n}\n"
    for (i = 1; i <= lack_count; i++)
        printf "long __posix_%s(void) __attribute__((alias(\"posix_missing\")));\n", lack[i]
}
function print_list(   i) {
    print "/* Generated from user/posix/calls.tab by ports/musl/calls.awk. */"
    for (i = 1; i <= lack_count; i++)
        printf "MISSING(%s)\n", lack[i]
}
function print_page(   i) {
    print "<!-- Generated from user/posix/calls.tab by ports/musl/calls.awk. -->"
    print "# What the C library asks for and does not get yet\n"
    print "These calls answer ENOSYS.\n"
    print "| call | why |\n|---|---|"
    for (i = 1; i <= lack_count; i++)
        printf "| %s | %s |\n", lack[i], reason[i]
}
END {
    if (make == "header")
        print_header()
    else if (make == "missing")
        print_missing()
    else if (make == "list")
        print_list()
    else if (make == "page")
        print_page()
    else if (make == "names")
        for (i = 1; i <= have_count; i++)
            print "__posix_" have[i]
}
