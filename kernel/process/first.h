/* The first process. Thread context, once. */
#pragma once

/* Find the disk with the base image, mount it, start /bin/init (or what `init=` on the boot command
 * line names) with a handle to everything: see docs/design/init.md for the list. Panics with the
 * reason when there is no way on. */
void first_process_start(void);
