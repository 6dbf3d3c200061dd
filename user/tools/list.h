/* What ps and top share: the processes of the session's cell. */
#pragma once

#include <abi/process.h>

enum { LIST_MAX = 256 };

/* @return how many were put into `infos`, at most LIST_MAX; -1, after a message, when this process may not see
 * its cell. */
int list_processes(const char *program, struct process_info infos[LIST_MAX]);
/* A line of column names, and one for a process. */
void list_head(void);
void list_row(const struct process_info *info);
