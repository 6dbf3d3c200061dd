/* How a call looks to the kernel: shared by the prototypes and the entries. */
#pragma once

#include "tools/abigen/outputs.h"

/* The parameters of the call's handler, in order. */
void handler_parameters(const struct contract *contract, const struct call *call,
                        struct text_list *list);
/* The structure that a handle argument becomes: of its kind, or "object" if it takes several. */
const char *handle_struct(const struct contract *contract, const struct argument *argument);
/* How many kinds a handle argument names; 0 if it takes any. */
int handle_kind_count(const struct argument *argument);
bool argument_is_buffer(const struct argument *argument);
/* "user_in" or "user_out"; NULL if the argument is no buffer. */
const char *argument_buffer(const struct argument *argument);

/* Where a check of an entry leaves to: the label of the handle looked up last. */
struct exit_path {
    const struct argument *newest; /* The handle to release first; NULL if none is held. */
};

/* The look-ups of the call's handles, after which `path` leads to the last one's release. */
void entry_write_resolves(const struct contract *contract, const struct call *call,
                          struct exit_path *path, FILE *out);
/* Their release, in reverse, each behind its label. @param has_checks  something may fail while all
 * are held, so that the first label is used. */
void entry_write_releases(const struct call *call, bool has_checks, FILE *out);
/* The helper behind capability arguments, if a call has one. */
void entry_write_capability_resolve(const struct contract *contract, FILE *out);
