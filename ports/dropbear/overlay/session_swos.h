/* What dropbear asks the session service, in the place of the user database and of becoming a user
 * (docs/design/sessions.md). One admission a process: each connection has a process of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SWOS_KEYS_PATH_MAX 64

/* Is this the principal's password? If so, sessions may be begun. Takes as long for whoever is nobody. */
bool swos_admit(const char *name, const char *password);

/* The same for a principal who has shown that one of the image's keys is his. */
bool swos_vouch(const char *name);

/* The file of the keys that may log in as the principal. */
void swos_keys_path(const char *name, char *path, size_t size);

/* Begin a session with this process's numbers 0, 1 and 2, wait for its end, and end as it did; signals that this process gets meanwhile are the session's. NULL: no command; no
 * type of terminal. */
_Noreturn void swos_session_run(const char *command, const char *type, bool terminal);
