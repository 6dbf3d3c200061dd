/* The media type of a file, from its name's extension. Pure; any context. */
#pragma once

#include "lib/http/text.h"

/* @param path  a path or a name; only what follows the last dot of the last segment counts, in
 *              either case.
 * @return a value for Content-Type, constant; application/octet-stream for an unknown one. */
const char *http_mime_type(struct http_text path);
