/* The parts of the test of threads and processes. */
#pragma once

#include "user/rt/test.h"

void claims_threads(void);   /* threads.c: begin, end, futexes. */
void claims_schedule(void);  /* schedule.c: sleep, priorities, fairness. */
void claims_waits(void);     /* waits.c: killed in every kind of wait. */
void claims_processes(void); /* processes.c: how processes end, and very many of them. */

/* What a process of this program does that was started in a role; roles.c. @return its exit code. */
int role_run(const char *role);
