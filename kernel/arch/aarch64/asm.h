/* What the assembler files share. */
#pragma once

#define FUNCTION(name)      \
    .global name;           \
    .type name, % function; \
    .balign 4;              \
    name:

#define FUNCTION_END(name) .size name, .- name

#define FRAME_SIZE 272
#define FRAME_SP 248
#define FRAME_PSTATE 264

/* clang-format off */
.macro load_address register, symbol
    adrp \register, \symbol
    add \register, \register, :lo12:\symbol
.endm
