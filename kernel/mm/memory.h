/* Bringing memory up. Boot context. */
#pragma once

/* The regions are known: map RAM, start the frame allocator and the slabs. */
void memory_init(void);
