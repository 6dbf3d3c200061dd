/* The files that the server under test should serve, from the folder that its image was made of: each
 * with its percent-encoded target and its bytes mapped. */
#pragma once

#include "tools/webload/client.h"

struct site {
    size_t count;
    struct expectation *files;
};

/* Read a folder, or take one file under the target "/NAME". False, and a message, when that fails. */
bool site_open(struct site *site, const char *path);
