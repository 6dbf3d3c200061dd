#!/bin/sh
# make: the build logic stays small enough to be read.
set -u
git ls-files -z Makefile 'make/*.mk' | xargs -0 -r cat | awk '
    END { if (NR >= 800) { print "Makefile: with make/*.mk " NR " lines, which should be under 800"; exit 1 } }'
