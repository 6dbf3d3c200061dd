/* The parts of the test, and what they share. */
#pragma once

#include <abi/file.h>
#include <abi/types.h>

enum { TREE_FILES = 300 };

/* tree.c: all files of /tree, whole and by ranges, by many descriptions. */
void test_tree(handle_t root);
/* scratch.c: tmpfs by its calls. */
void test_scratch(void);
/* namespace.c: mounts, rights, containment. */
void test_namespace(handle_t root);
/* refusals.c: every call's documented refusals. */
void test_refusals(handle_t root);

/* cache.c: readers and drops at once, and exact balance. */
void test_cache(void);

/* Open by a NUL-ended path; HANDLE_NONE when that fails, and then *out_status says how. */
handle_t path_open(handle_t directory, const char *path, uint32_t flags, rights_t rights,
                   status_t *out_status);
/* The status alone; what opens is closed again. */
status_t path_try(handle_t directory, const char *path, uint32_t flags, rights_t rights);
/* Handles of this process. */
size_t handles_in_use(void);
