/* The modes of webload; each reports in lines of the report channel, and returns whether all was well. */
#pragma once

#include "tools/webload/site.h"

struct load_plan {
    uint16_t port;
    unsigned connections;
    unsigned requests;
    uint64_t file_bytes_max; /* Larger files are not asked for. */
    bool fresh;              /* A connection for each request. */
};

/* Every file whole and by ranges at its ends, middle and page edges, on one connection. */
bool verify_run(uint16_t port, const struct site *site);
/* `requests` over `connections` at a time, files in turn, whole and by ranges, connections kept. */
bool load_run(const struct load_plan *plan, const struct site *site);
/* Each request of the table of malformed ones: a status from 400 on, or the end of the connection. */
bool malformed_run(uint16_t port, const struct site *site);

struct download_plan {
    uint16_t port;
    uint64_t bytes;      /* Of the file, from its start; 0: all. */
    unsigned strikes;    /* How often to type, at random places. */
    const char *console; /* Where to type. */
    const char *first;   /* What to type, */
    const char *second;  /* in turn. */
    uint64_t seed;
};

/* One file over one connection, while a command is typed on the guest's console at random places. */
bool download_run(const struct download_plan *plan, const struct site *site);
/* Ask for a file every few milliseconds, for a time; print how many answers came. False: none. */
bool knock_run(uint16_t port, unsigned for_ms, const struct site *site);
