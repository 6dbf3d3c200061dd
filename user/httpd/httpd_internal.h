/* Between the files of httpd: the table of connections (table.c), carrying out their actions
 * (serve.c), the access log (access_log.c), the loop (loop.c). */
#pragma once

#include "user/httpd/httpd.h"

void httpd_table_init(struct httpd_table *table);
/* A free slot, now active, or NULL: no slot, or no memory for it. */
struct httpd_slot *httpd_table_take(struct httpd *httpd, bool is_refusal);
/* The slot is free again, and its key names nobody. */
void httpd_table_give(struct httpd *httpd, struct httpd_slot *slot);
/* All memory back. Nobody is active. */
void httpd_table_end(struct httpd *httpd);
uint64_t httpd_table_key(const struct httpd_table *table, const struct httpd_slot *slot);
/* The active slot with that key, or NULL. */
struct httpd_slot *httpd_table_find(struct httpd_table *table, uint64_t key);
/* It may be able to go on. Repeating is harmless. */
void httpd_table_ready(struct httpd_table *table, struct httpd_slot *slot);

/* Read the clocks; the wall clock at most once a second. */
void httpd_clock_read(struct httpd *httpd);
/* Begin to serve a stream, which the slot owns from now on. */
void httpd_serve_begin(struct httpd *httpd, struct httpd_slot *slot, const struct http_peer *peer);
/* Let time pass for one connection. */
void httpd_serve_timer(struct httpd *httpd, struct httpd_slot *slot);
/* Carry out the connection's actions until it must wait, is closed, or has had its turn. The slot
 * may be free afterwards. */
void httpd_serve(struct httpd *httpd, struct httpd_slot *slot);

void httpd_log_record(struct httpd *httpd, const struct http_record *record);
void httpd_log_flush(struct httpd *httpd);

/* When to flush: TIME_NEVER while there is no line. */
time_ns_t httpd_log_due(const struct httpd *httpd);
