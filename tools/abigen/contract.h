/* The contract in memory: what the tables of abi/ say, read and checked once, from which every
 * output is written. The readers (statuses.c, objects.c, syscalls.c) refuse what is wrong with
 * file, line and reason and end the program, so that a writer never meets a bad table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/abigen/tab.h"

enum {
    NAME_SIZE = 48,  /* A name and its final zero. */
    DOC_SIZE = 2048, /* The prose of one block. */
    STATUSES_MAX = 256,
    KINDS_MAX = 64, /* A set of kinds is one 64-bit mask. */
    CALLS_MAX = 512,
    RIGHTS_GENERAL = 9,      /* Bits 0 to 8; 9 to 15 are kept. */
    RIGHT_BIT_KIND_MIN = 16, /* From here on a bit means what its kind says. */
    RIGHT_BIT_MAX = 31,
    RIGHTS_OF_KIND_MAX = 25,
    ARGUMENTS_MAX = 8, /* x0 to x7. */
    RESULTS_MAX = 7,   /* x1 to x7. */
    ERRORS_MAX = 32,
    INCLUDES_MAX = 16,
};

struct status_row {
    char name[NAME_SIZE];
    char errno_name[NAME_SIZE];
    char text[160];
};

struct right {
    char name[NAME_SIZE];      /* READ */
    char macro[NAME_SIZE * 2]; /* RIGHT_READ, or RIGHT_LISTENER_ACCEPT for a right of one kind. */
    int bit;
};

struct kind {
    int number;
    int version;
    char name[NAME_SIZE];        /* stream */
    char upper[NAME_SIZE];       /* STREAM */
    char struct_name[NAME_SIZE]; /* The kernel's structure; it begins with its struct object. */
    struct right rights[RIGHTS_OF_KIND_MAX];
    int right_count;
    char doc[DOC_SIZE];
};

enum argument_type {
    ARGUMENT_HANDLE,     /* Looked up: the handler gets the object. */
    ARGUMENT_CAPABILITY, /* Looked up: the handler gets object, rights and grant. */
    ARGUMENT_BORROWED, /* Looked up: the same without references, inside an epoch, which the handler ends. */
    ARGUMENT_SLOT, /* A handle as it is, for the calls that work on the slot itself. */
    ARGUMENT_USER_IN,
    ARGUMENT_USER_OUT,
    ARGUMENT_USER_IN_FIXED,
    ARGUMENT_USER_OUT_FIXED,
    ARGUMENT_STRING,
    ARGUMENT_SIZE,
    ARGUMENT_U64,
    ARGUMENT_U32,
    ARGUMENT_I64,
    ARGUMENT_BOOL,
    ARGUMENT_TIME,
    ARGUMENT_RIGHTS,
    ARGUMENT_FLAGS,
    ARGUMENT_TYPE_COUNT,
};

/* One argument or result of a call. Which fields mean something depends on the type. */
struct argument {
    char name[NAME_SIZE];
    enum argument_type type;
    int line;       /* Of the table, for the checks at the end of the block. */
    bool optional;  /* A zero handle or address is allowed and gives NULL. */
    uint64_t kinds; /* Looked up: bit n is kind number n. */
    bool any_kind;
    int rights_bits;                 /* looked up: those needed, as a mask ... */
    char rights_text[NAME_SIZE * 8]; /* ... and as a C expression. */
    char len_name[NAME_SIZE];        /* Buffers: the argument that tells the length ... */
    int len_index;                   /* ... and its register. */
    char element[NAME_SIZE * 2];     /* Counted and fixed buffers: C type; else empty. */
    char max[NAME_SIZE];             /* Buffers: bound of the length argument; else empty. */
    char flags_name[NAME_SIZE];      /* ARGUMENT_FLAGS: what the set is called ... */
    char mask[NAME_SIZE];            /* ... and the bits it has. */
    char units[NAME_SIZE];           /* Scalars: as told by the table, for people. */
    bool is_length;                  /* Some buffer's length: the handler gets it there. */
};

enum call_attribute {
    CALL_BLOCKING = 1, /* May sleep. */
    CALL_NOBLOCK = 2,  /* Never sleeps, and says so. */
    CALL_RAW = 4,      /* The handler gets the trap frame. */
    CALL_NORETURN = 8,
    CALL_SIGNALS = 16,   /* Signals of POSIX end its waits. */
    CALL_NORESTART = 32, /* It is not made again after a handler. */
    CALL_PATIENT = 64,   /* Made again once when it meets a limit. */
    CALL_ATTRIBUTES = 7,
};

struct call {
    int number;
    int line;
    char name[NAME_SIZE];
    struct argument arguments[ARGUMENTS_MAX];
    int argument_count;
    struct argument results[RESULTS_MAX];
    int result_count;
    bool errors[STATUSES_MAX]; /* Those named, and those that the checks of the entry imply. */
    unsigned attributes;
    char doc[DOC_SIZE];
};

struct contract {
    struct status_row statuses[STATUSES_MAX];
    int status_count;
    struct kind kinds[KINDS_MAX]; /* By number; an empty name is a gap. 0 is no kind. */
    int kind_limit;               /* Highest number + 1. */
    struct call calls[CALLS_MAX]; /* By number; an empty name is a gap. */
    int call_limit;
    char includes[INCLUDES_MAX][NAME_SIZE * 2]; /* For both sides: "<abi/port.h>". */
    int include_count;
    char kernel_includes[INCLUDES_MAX][NAME_SIZE * 2]; /* For the entries. */
    int kernel_include_count;
};

/* Each reads one table into the contract; in this order, since a later one names rows of an
 * earlier one. */
void statuses_read(struct contract *contract, const char *path);
void objects_read(struct contract *contract, const char *path);
void syscalls_read(struct contract *contract, const char *path);

/* Whether the entry looks the argument up, and so checks kind and rights. */
static inline bool argument_is_looked_up(const struct argument *argument)
{
    return argument->type == ARGUMENT_HANDLE || argument->type == ARGUMENT_CAPABILITY ||
           argument->type == ARGUMENT_BORROWED;
}

/* Rows by name; NULL if there is none. */
int status_find(const struct contract *contract, const char *name); /* Number, or -1. */
const struct kind *kind_find(const struct contract *contract, const char *upper, size_t len);
const struct right *kind_right_find(const struct kind *kind, const char *name);
const struct right *general_right_find(const char *name);
const struct right *general_right(int bit);

/* Reading help shared by the readers. */
void row_name(const struct tab *tab, int index, char out[NAME_SIZE]);     /* lower_case */
void row_capitals(const struct tab *tab, int index, char out[NAME_SIZE]); /* CAPITALS */
void row_doc(const struct tab *tab, int index, char doc[DOC_SIZE]);       /* Appends a sentence. */
void row_include(const struct tab *tab, char rows[][NAME_SIZE * 2], int *count);
