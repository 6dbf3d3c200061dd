/* The other CPUs. Thread context, after the first process. */
#pragma once

/* Start every CPU that the device tree lists, up to CPUS_MAX. One that does not start is logged and
 * left out. */
void smp_start_others(void);
