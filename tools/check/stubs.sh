#!/bin/sh
# stubs: what the tables generate compiles for the target without a warning, and each stub is one svc.
exec make --no-print-directory abi-check
