#!/bin/sh
# format: tracked C files are as clang-format 19 leaves them. `git ls-files '*.c' '*.h' | xargs
# clang-format-19 -i` mends it.
set -u
git ls-files -z '*.c' '*.h' | xargs -0 -r clang-format-19 --dry-run -Werror 2>&1 |
    sed -n 's/: error: .*/: not as clang-format leaves it/p' | sort -u | grep . && exit 1
exit 0
