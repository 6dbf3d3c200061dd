#!/bin/sh
# headers: each header compiles alone, with the flags of its world.
exec make --no-print-directory -k -j "$(nproc)" headers
