/* The parts of the test of system calls. */
#pragma once

void claims_matrix(void); /* matrix.c: what every entry refuses, by the generated tables. */
void claims_self(void);   /* self.c: calls on oneself, handles, grants. */
void claims_cells(void);  /* cells.c: cells, their limits and their end. */
