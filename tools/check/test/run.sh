#!/bin/sh
# The test of the checks: each must accept a small good tree and find what is wrong in it once it is
# made bad. A line `pass NAME` or `fail NAME WHY` for each. Trees are made in build/tmp/checks.
set -u
root=$PWD
up=.. # Spelt so, for the check that looks for paths that climb.
trees=$root/build/tmp/checks
rm -rf "$trees"
mkdir -p "$trees"

# good_tree NAME: a small repository that no check objects to, and go there.
good_tree()
{
    mkdir -p "$trees/$1" && cd "$trees/$1" || exit 1
    mkdir -p lib/base kernel/arch/include/arch kernel/arch/aarch64 docs build/kernel make .ci
    cp "$root/.clang-format" .
    printf '#include "lib/base/a.h"\n\nint a(void)\n{\n    return 1;\n}\n' >lib/base/a.c
    printf '#pragma once\n\n#include <stdint.h>\n\nint a(void);\n' >lib/base/a.h
    printf '#include "lib/base/a.h"\n#include <arch/cpu.h>\n' >kernel/main.c
    printf '#pragma once\n' >kernel/arch/include/arch/cpu.h
    printf 'all:\n' >Makefile
    printf 'See [the map](docs/map.md).\n' >README.md
    echo "Back to [README]($up/README.md)." >docs/map.md
    printf '#!/bin/bash\nls %s/beside\n' $up >.ci/run
    printf '#!/bin/sh\ntrue\n' >swos
    printf 'a.o: lib/base/a.c lib/base/a.h\n\nlib/base/a.h:\n' >build/a.d
    printf 'main.o: kernel/main.c \\\n  lib/base/a.h kernel/arch/include/arch/cpu.h\n' >build/kernel/main.d
    git init -q . && git add . 2>/dev/null
}

# accepts CHECK: the good tree passes.
accepts()
{
    if out=$(good_tree "$1-good" && sh "$root/tools/check/$1.sh" 2>&1); then
        echo "pass check: $1 accepts a good tree"
    else
        echo "fail check: $1 accepts a good tree: $(echo "$out" | head -n 1)"
    fi
}

# finds CHECK CASE EXPECTED COMMAND: after the command, the check fails and says EXPECTED.
finds()
{
    if out=$(good_tree "$1-$2" && eval "$4" && git add . && sh "$root/tools/check/$1.sh" 2>&1); then
        echo "fail check: $1 finds $2: it found nothing"
    elif echo "$out" | grep -qF -e "$3"; then
        echo "pass check: $1 finds $2"
    else
        echo "fail check: $1 finds $2: it said $(echo "$out" | head -n 1)"
    fi
}

accepts format
finds format indentation lib/base/a.c 'printf "int a(void)\n{\n  return 1;\n}\n" >lib/base/a.c'

# A port with a version, a test and one thing that does not pass.
port_tree()
{
    mkdir -p ports/tool && echo true >ports/tool/recipe.sh && printf 'package tool\nversion 1.2-3\n' >ports/tool/port.pin
    printf '# About the file.\n\n# It needs the moon.\ncase: of the moon\n' >ports/tool/known
    printf '# Results.\ntool 3 1 17 1 0\n' >ports/results.tab
    printf 'Ports.\n<!-- the table -->\n<!-- the end of the table -->\n' >ports/README.md
    sh "$root/tools/check/ports.sh" --write >/dev/null
    sh "$root/tools/check/ports.sh"
}
accepts ports
finds ports version 'tool | 1.2-4' 'port_tree && sed -i s/1.2-3/1.2-4/ ports/tool/port.pin'
finds ports reason 'needs the sun' 'port_tree && sed -i s/moon/sun/ ports/tool/known'
finds ports result '18 cases' 'port_tree && sed -i s/17/18/ ports/results.tab'
finds ports new_port '| other |' 'port_tree && mkdir ports/other && cp ports/tool/recipe.sh ports/tool/port.pin ports/other'

accepts layers
finds layers kernel_net 'kernel/main.c: must not see lib/net/tcp.h' \
    'printf "x.o: kernel/main.c lib/net/tcp.h\n" >build/kernel/x.d'
finds layers kernel_inner_arch 'must not see kernel/arch/aarch64/gic.h' \
    'printf "x.o: kernel/main.c \\\\\n  lib/base/a.h \\\\\n kernel/arch/aarch64/gic.h\n" >build/kernel/x.d'
finds layers lib_kernel 'lib/base/a.c: must not see kernel/main.h' \
    'printf "x.o: lib/base/a.c kernel/main.h\n" >build/x.d'
finds layers header_alone 'lib/base/a.h: must not see user/x.h' \
    'printf "x.ok: /dev/null lib/base/a.h user/x.h\n" >build/x.d'
finds layers tests_from_tools 'tools/t/t.c: must not see tests/unit.h' \
    'mkdir -p tools/t; cp lib/base/a.c tools/t/t.c; printf "x.o: tools/t/t.c tests/unit.h\n" >build/x.d'
finds layers libc_in_lib 'lib/base/a.h:2: lib is freestanding' \
    'printf "#pragma once\n#include <stdio.h>\n" >lib/base/a.h'
finds layers quoted_arch 'kernel/main.c:1: name it <arch/...>' \
    'printf "#include \"kernel/arch/include/arch/cpu.h\"\n" >kernel/main.c'
finds layers unbuilt 'lib/base/b.c: nothing builds it' 'cp lib/base/a.c lib/base/b.c'

accepts outside
finds outside climbing_script 'swos:2: names a folder outside' 'printf "#!/bin/sh\nls %s/x\n" $up >swos'
finds outside climbing_from_a_variable 'swos:2: names a folder outside' 'printf "#!/bin/sh\nls \"\$x\"/%s/x\n" $up >swos'
finds outside climbing_document 'docs/map.md:1: names a folder outside' 'echo "[x]($up/$up/x)" >docs/map.md'
finds outside machine_path 'README.md:1: names a folder of one machine' 'echo "in /""home/me/x" >README.md'

accepts foreign
finds foreign binary 'lib/base/x.txt: binary' 'printf "a\\000b" >lib/base/x.txt'
finds foreign large 'docs/x.txt: larger' 'yes | head -c 300000 >docs/x.txt'
finds foreign large_seed 'tests/corpus/x/y: larger' 'mkdir -p tests/corpus/x; head -c 5000 /dev/zero >tests/corpus/x/y'
finds foreign notice 'notice of somebody' 'echo "Copy""right (c) Somebody" >docs/x.txt'
finds foreign archive 'not tracked' 'echo x >x.tar.gz'

# A kernel for the symbols, from assembly.
kernel_of()
{
    mkdir -p build/release && echo "$1: nop" |
        clang-19 --target=aarch64-none-elf -c -x assembler - -o build/release/kernel.elf
}
finds symbols net 'the kernel links net_step' 'kernel_of net_step'
finds symbols driver 'the kernel links virtio_net_probe' 'kernel_of virtio_net_probe'
finds symbols missing_kernel 'cannot be checked' 'touch make/kernel.mk'
accepts symbols
finds symbols stripped 'has no symbols' 'kernel_of .Lx'
if out=$(good_tree symbols-good && kernel_of subnetwork && sh "$root/tools/check/symbols.sh" 2>&1); then
    echo "pass check: symbols accepts a good kernel"
else
    echo "fail check: symbols accepts a good kernel: $out"
fi

accepts make
finds make growth '900 lines' 'yes "# x" | head -n 899 >make/x.mk'
accepts links
finds links missing 'docs/map.md:1: gone.md is not there' 'echo "[x](gone.md)" >docs/map.md'
accepts scripts
finds scripts syntax 'swos' 'printf "#!/bin/sh\nif\n" >swos'
finds golden missing 'abi/abi.golden: missing' 'mkdir abi; echo >abi/syscalls.tab'
finds golden change 'differs' 'mkdir abi; echo >abi/abi.golden; printf "golden-check:\n\t@echo differs; false\n" >Makefile'
finds headers not_alone 'incomplete' \
    'cp -r "$root/Makefile" "$root/make" "$root/tools" .; rm -rf make/gen.mk; touch make/gen.mk;
     printf "#pragma once\nstruct x {\n    struct y y;\n};\n" >lib/base/b.h'
