/* The outputs of the generator: each has one file, out_NAME.c, that writes it whole. */
#pragma once

#include <stdio.h>

#include "tools/abigen/contract.h"

typedef void output_write(const struct contract *contract, FILE *out);
output_write out_status;          /* <abi/status.h> */
output_write out_objects;         /* <abi/objects.h> */
output_write out_syscall_numbers; /* <abi/syscall_numbers.h> */
output_write out_user_stubs;      /* <swos/syscalls.h> */
output_write out_handlers;        /* <kernel_gen/syscall_handlers.h> */
output_write out_entries;         /* kernel/syscall_entries.c */
output_write out_info;            /* <abi/syscall_info.h> */
output_write out_rights;          /* <abi/syscall_rights.h> */
output_write out_grammar;         /* <abi/syscall_grammar.h> */
output_write out_golden;          /* abi/abi.golden */
output_write out_sizes;           /* A program whose output joins abi/abi.golden. */
output_write out_manual_status;   /* ref/status.md */
output_write out_manual_objects;  /* ref/objects.md */
output_write out_manual_syscalls; /* ref/syscalls.md */

/* Writing help (text.c). */

/* Prose, folded at 100 columns, each line begun with `prefix`; the first line begins with `first`
 * and `last` ends the last one. */
void text_fold(FILE *out, const char *first, const char *prefix, const char *text,
               const char *last);
/* The name in capitals. */
void text_capitals(const char *name, FILE *out);
/* Text for a cell of a Markdown table, which a bar would end. */
void text_cell(const char *text, FILE *out);
/* The C type of a value: of an argument as users pass it, or of a result. */
const char *text_scalar_type(enum argument_type type);
/* The word of the table, user_in, and the constant, SYSCALL_TYPE_USER_IN. */
const char *text_type_word(enum argument_type type);
const char *text_type_macro(enum argument_type type);
/* The kinds that a handle argument takes, as a C expression. */
const char *text_kinds(const struct contract *contract, const struct argument *argument, char *text,
                       size_t text_size);
/* The whole type as the table writes it, e.g. `handle FILE|DIRECTORY +READ`. */
enum { TEXT_TYPE_SIZE = 1024 };
const char *text_type(const struct contract *contract, const struct argument *argument,
                      char text[TEXT_TYPE_SIZE]);
/* A line for each structure to which an argument points, once each: $ in the format is its name,
 * `struct port_packet`. */
void text_structures(const struct contract *contract, const char *format, FILE *out);
/* A list that is folded at 100 columns: items separated by ", ", continued under the column at
 * which the list began. */
struct text_list {
    FILE *out;
    int column;       /* Reached so far. */
    int column_begin; /* Where continued lines begin. */
    int count;
};
struct text_list text_list_begin(FILE *out, int column);
void text_list_add(struct text_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
