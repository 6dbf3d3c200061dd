#!/bin/sh
# outside: the repository stands alone. Nothing tracked but .ci/run names a folder beside it, or one of
# somebody's machine. A path that climbs must end inside: a relative one is read from its file's
# folder in documents, and from the root in scripts and make files. Tests of path look-up climb by
# trade and are left out.
set -u
git ls-files -z | grep -zv -e '^\.ci/run$' -e '^tests/corpus/' -e '^LICENSE$' -e '^user/tests/vfs_test/' -e '^user/tests/posix/' -e '^ports/libcxx/tests/' -e 'path_\(test\|fuzz\)\.c$' | xargs -0 -r awk '
    # How many folders deep a path may climb from this file.
    FNR == 1 {
        depth = 0
        if (FILENAME ~ /\.(md|txt|c|h|S)$/)
            depth = split(FILENAME, parts, "/") - 1
    }
    function report(why) { print FILENAME ":" FNR ": " why; found = 1 }
    {
        line = $0
        while (match(line, /([.][.]\/)+/)) {
            # After a lone slash it is a path from the root, as in a request for a page.
            if (RLENGTH / 3 > depth && substr(line, 1, RSTART - 1) !~ /(^|[ \t])\/$|[.]$/)
                report("names a folder outside the repository: " substr(line, RSTART, 40))
            line = substr(line, RSTART + RLENGTH)
        }
    }
    /(^|[^A-Za-z0-9_.~}-])\/(work|home|root|Users|mnt)\// { report("names a folder of one machine") }
    END { exit found }'
