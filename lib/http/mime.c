/* Media types (IANA registry) for what sites are made of. A linear table: a look-up is a few dozen
 * comparisons of four bytes, next to a file that has to be sent. */
#include "lib/http/mime.h"

struct mime {
    const char *extension;
    const char *type;
};

static const struct mime mimes[] = {
    { "html", "text/html; charset=utf-8" },
    { "htm", "text/html; charset=utf-8" },
    { "css", "text/css; charset=utf-8" },
    { "js", "text/javascript; charset=utf-8" },
    { "mjs", "text/javascript; charset=utf-8" },
    { "json", "application/json" },
    { "map", "application/json" },
    { "png", "image/png" },
    { "jpg", "image/jpeg" },
    { "jpeg", "image/jpeg" },
    { "svg", "image/svg+xml" },
    { "webp", "image/webp" },
    { "avif", "image/avif" },
    { "gif", "image/gif" },
    { "ico", "image/vnd.microsoft.icon" },
    { "woff2", "font/woff2" },
    { "woff", "font/woff" },
    { "ttf", "font/ttf" },
    { "otf", "font/otf" },
    { "txt", "text/plain; charset=utf-8" },
    { "md", "text/markdown; charset=utf-8" },
    { "csv", "text/csv; charset=utf-8" },
    { "xml", "application/xml" },
    { "atom", "application/atom+xml" },
    { "rss", "application/rss+xml" },
    { "webmanifest", "application/manifest+json" },
    { "wasm", "application/wasm" },
    { "pdf", "application/pdf" },
    { "zip", "application/zip" },
    { "gz", "application/gzip" },
    { "tar", "application/x-tar" },
    { "zst", "application/zstd" },
    { "mp3", "audio/mpeg" },
    { "ogg", "audio/ogg" },
    { "opus", "audio/ogg" },
    { "wav", "audio/wav" },
    { "flac", "audio/flac" },
    { "mp4", "video/mp4" },
    { "webm", "video/webm" },
};

/* What follows the last dot of the last segment; empty when there is none. */
static struct http_text extension_of(struct http_text path)
{
    for (size_t at = path.len; at > 0 && path.data[at - 1] != '/'; at--)
        if (path.data[at - 1] == '.')
            return (struct http_text){ path.data + at, path.len - at };
    return (struct http_text){ path.data, 0 };
}

const char *http_mime_type(struct http_text path)
{
    struct http_text extension = extension_of(path);
    for (size_t i = 0; i < sizeof mimes / sizeof *mimes; i++) {
        struct http_text known = { mimes[i].extension, strlen(mimes[i].extension) };
        if (http_text_equal_fold(extension, known))
            return mimes[i].type;
    }
    return "application/octet-stream";
}
