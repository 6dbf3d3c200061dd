/* The system calls as data, for whoever looks at them from outside: the trace decoder, the test of
 * the rights matrix, the fuzzer of calls. The tables themselves are generated from
 * abi/syscalls.tab: <abi/syscall_info.h>, <abi/syscall_rights.h> and <abi/syscall_grammar.h>, each
 * for one file of a program to include. Freestanding; no state. */
#pragma once

#include <abi/objects.h>
#include <abi/syscall_numbers.h>
#include <abi/types.h>

/* What a register holds. */
enum syscall_type {
    SYSCALL_TYPE_HANDLE,
    SYSCALL_TYPE_USER_IN, /* Address of bytes that the kernel reads; the length is another register. */
    SYSCALL_TYPE_USER_OUT,       /* The same, written. */
    SYSCALL_TYPE_USER_IN_FIXED,  /* Address of one structure, read. */
    SYSCALL_TYPE_USER_OUT_FIXED, /* The same, written. */
    SYSCALL_TYPE_STRING,         /* As USER_IN, and the bytes are text. */
    SYSCALL_TYPE_SIZE,
    SYSCALL_TYPE_U64,
    SYSCALL_TYPE_U32,
    SYSCALL_TYPE_I64,
    SYSCALL_TYPE_BOOL,
    SYSCALL_TYPE_TIME, /* Nanoseconds. */
    SYSCALL_TYPE_RIGHTS,
    SYSCALL_TYPE_FLAGS,
};

enum {
    SYSCALL_ARGUMENTS_MAX = 8, /* x0 to x7. */
    SYSCALL_RESULTS_MAX = 7,   /* x1 to x7. */
};

/* To print a call: what each register is called and how it is read. */
struct syscall_value_info {
    const char *name;
    uint8_t type;       /* enum syscall_type */
    uint8_t len_index;  /* USER_IN, USER_OUT, STRING: the register of the length. */
    uint8_t is_counted; /* The length is a number of elements, not of bytes. */
};

struct syscall_info {
    const char *name; /* NULL: no call has this number. */
    uint8_t argument_count;
    uint8_t result_count;
    struct syscall_value_info arguments[SYSCALL_ARGUMENTS_MAX];
    struct syscall_value_info results[SYSCALL_RESULTS_MAX];
};

/* One handle argument of one call: which kinds it takes and which rights it needs. */
struct syscall_rights {
    uint16_t call;   /* enum syscall_number */
    uint8_t index;   /* Of the register. */
    bool optional;   /* HANDLE_NONE is taken as well. */
    uint64_t kinds;  /* OBJECT_BIT(...) of each; OBJECT_BITS_ALL for any. */
    rights_t rights; /* All of them. */
};

/* To make up arguments: what the entry lets pass. */
struct syscall_argument_grammar {
    uint8_t type; /* enum syscall_type */
    uint8_t len_index;
    bool optional;
    uint32_t
        element_size; /* Buffers: bytes for each unit of the length; fixed: of the structure. */
    uint64_t len_max; /* Buffers: bound of the length; 0 is none. */
    uint64_t mask;    /* FLAGS: the bits that exist. */
    uint64_t kinds;   /* HANDLE: as in struct syscall_rights. */
    rights_t rights;
};

struct syscall_grammar {
    const char *name; /* NULL: no call has this number. */
    uint8_t argument_count;
    uint8_t result_count;
    uint8_t results_are_handles; /* Bit n: result n is a handle, to be used in later calls. */
    bool is_raw;                 /* The registers may mean more than the arguments say. */
    bool is_blocking;
    bool is_noreturn;
    struct syscall_argument_grammar arguments[SYSCALL_ARGUMENTS_MAX];
};
