/* From the path of a request target to a path below the root: percent-decoding and normalising in
 * one pass, written so that the result cannot name anything above the root whatever comes in.
 *
 * A name is bytes: whatever a file system takes for one can be asked for, encoded, so control
 * characters, backslashes and bytes that are no UTF-8 pass. Our names have one separator and no
 * other byte with a meaning; nothing behind this function decodes or folds a name again, which is
 * what such bytes are used against elsewhere. Pure; any context; cost linear in the path. */
#pragma once

#include <abi/status.h>

#include "lib/http/text.h"

/* Decode (RFC 3986, 2.1) and normalise (5.2.4) `raw` into `room`.
 *
 * The result starts with `/`; its segments are neither empty nor `.` nor `..`; it ends with `/` if
 * and only if the request named a directory (a final `/`, `/.` or `/..`). Any byte but NUL may be
 * in it. Dot segments count whether they were encoded or not, and runs of slashes count as one.
 *
 * @return INVALID if `raw` does not start with `/`, climbs above the root, has a malformed escape,
 *         an encoded slash (one server's separator is another's file name), a NUL, or without
 *         encoding a control character or a backslash, which are no part of a URI;
 *         NAME_TOO_LONG if the result does not fit `room`. On failure `room` holds anything. */
status_t http_path_resolve(struct http_text raw, struct span room, size_t *out_len);
/* Write the path with everything but unreserved characters and slashes percent-encoded, for a
 * Location field. */
void http_put_path(struct writer *writer, struct http_text path);
