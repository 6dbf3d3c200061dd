/* The generator of the contract: each table of abi/ has one file here that reads it and writes
 * what follows from it. */
#pragma once

#include "tools/abigen/tab.h"

void status_generate(const char *tab_path, FILE *out);
