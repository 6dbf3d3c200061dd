/* A service protocol, read from abi/ipc/NAME.idl and laid out. */
#pragma once

#include "tools/abigen/contract.h"

enum {
    PROTOCOL_CALLS_MAX = 128,
    FIELDS_MAX = 32,
    MEMBERS_MAX = 3 * FIELDS_MAX + 4, /* A text is padding, length, bytes; tail and end add four. */
    HANDLES_MAX = 16,
    MESSAGE_SIZE_MAX = 4096, /* Of the fixed part: it is copied to the stack. */
    TAIL_SIZE_MAX = 65536 - MESSAGE_SIZE_MAX,
};

enum field_type {
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_I64,
    FIELD_BOOL,
    FIELD_TIME,
    FIELD_FLAGS,
    FIELD_BYTES,
    FIELD_TEXT,
    FIELD_TAIL,
    FIELD_HANDLE,
    FIELD_TYPE_COUNT,
};

struct field {
    char name[NAME_SIZE];
    enum field_type type;
    int size;               /* BYTES, TEXT: bytes of the field; TAIL: most bytes. */
    char mask[NAME_SIZE];   /* FLAGS */
    struct argument handle; /* HANDLE: kinds and rights. */
};

/* A member of the C structure, in order; a field has one or two, or is padding. */
struct member {
    char name[NAME_SIZE + 8];
    const char *type; /* C */
    int count;        /* Elements of an array; 0: no array. */
    int size;         /* Bytes of the member. */
    int offset;
    bool is_padding;
};

struct message {
    struct field fields[FIELDS_MAX]; /* Without handles and tail. */
    int field_count;
    struct field handles[HANDLES_MAX];
    int handle_count;
    struct field tail;
    bool has_tail;
    struct member members[MEMBERS_MAX];
    int member_count;
    int size; /* Bytes of the structure: a multiple of 8. */
};

struct protocol_call {
    int number;
    int line;
    char name[NAME_SIZE];
    char upper[NAME_SIZE];
    bool is_send; /* Wants no answer. */
    struct message request, reply;
    char doc[DOC_SIZE];
};

struct protocol {
    const char *path;
    char name[NAME_SIZE];
    char upper[NAME_SIZE];
    int version;
    struct protocol_call calls[PROTOCOL_CALLS_MAX];
    int call_count;
};

/* Read and lay out the protocol; the contract names kinds and rights. */
void protocol_read(struct protocol *protocol, const struct contract *contract, const char *path);
/* As the file writes it: u8, tail ... */
const char *field_type_word(enum field_type type);
/* Place the members of a message after `header_size` bytes; false if it is too big. */
bool message_lay_out(struct message *message, int header_size);
