/* The start of a native program: its arguments, and the handles that its creator gave it by name.
 * A program has no other authority than these. main() is called with the arguments and its answer
 * ends the process. Thread context; the tables never change after the start. */
#pragma once

#include <abi/objects.h>
#include <abi/process.h>
#include <abi/types.h>

/* The program's own. */
int main(int argc, char **argv);

/* The handle that was given under a name, if it is of that kind; else HANDLE_NONE. It stays the
 * table's: who closes it will find it closed the next time. Cost: linear in the handles. */
handle_t start_handle(const char *name, enum object_kind kind);

/* The same, for a program that cannot live without it: logs which one is missing and ends. */
handle_t start_handle_need(const char *name, enum object_kind kind);

/* All of them, for programs that go by the form of a name ("fs:read:/www"). */
const struct start_handle *start_handles(size_t *out_count);

/* The value of an environment string NAME=value, or NULL. */
const char *start_environment(const char *name);

/* End the process. */
_Noreturn void program_exit(uint32_t code);
