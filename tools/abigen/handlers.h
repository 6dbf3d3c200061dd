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
