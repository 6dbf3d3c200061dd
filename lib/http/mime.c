/* Media types (IANA registry) for what sites are made of. A linear table: a look-up is a few dozen
 * comparisons of four bytes, next to a file that has to be sent. */
#include "lib/http/mime.h"

struct mime {
    struct http_text extension;
    const char *type;
};

static const struct mime mimes[] = {
    { HTTP_TEXT("html"), "text/html; charset=utf-8" },
    { HTTP_TEXT("htm"), "text/html; charset=utf-8" },
    { HTTP_TEXT("css"), "text/css; charset=utf-8" },
    { HTTP_TEXT("js"), "text/javascript; charset=utf-8" },
    { HTTP_TEXT("mjs"), "text/javascript; charset=utf-8" },
    { HTTP_TEXT("json"), "application/json" },
    { HTTP_TEXT("map"), "application/json" },
    { HTTP_TEXT("png"), "image/png" },
    { HTTP_TEXT("jpg"), "image/jpeg" },
    { HTTP_TEXT("jpeg"), "image/jpeg" },
    { HTTP_TEXT("svg"), "image/svg+xml" },
    { HTTP_TEXT("webp"), "image/webp" },
    { HTTP_TEXT("avif"), "image/avif" },
    { HTTP_TEXT("gif"), "image/gif" },
    { HTTP_TEXT("ico"), "image/vnd.microsoft.icon" },
    { HTTP_TEXT("woff2"), "font/woff2" },
    { HTTP_TEXT("woff"), "font/woff" },
    { HTTP_TEXT("ttf"), "font/ttf" },
    { HTTP_TEXT("otf"), "font/otf" },
    { HTTP_TEXT("txt"), "text/plain; charset=utf-8" },
    { HTTP_TEXT("md"), "text/markdown; charset=utf-8" },
    { HTTP_TEXT("csv"), "text/csv; charset=utf-8" },
    { HTTP_TEXT("xml"), "application/xml" },
    { HTTP_TEXT("atom"), "application/atom+xml" },
    { HTTP_TEXT("rss"), "application/rss+xml" },
    { HTTP_TEXT("webmanifest"), "application/manifest+json" },
    { HTTP_TEXT("wasm"), "application/wasm" },
    { HTTP_TEXT("pdf"), "application/pdf" },
    { HTTP_TEXT("zip"), "application/zip" },
    { HTTP_TEXT("gz"), "application/gzip" },
    { HTTP_TEXT("tar"), "application/x-tar" },
    { HTTP_TEXT("zst"), "application/zstd" },
    { HTTP_TEXT("mp3"), "audio/mpeg" },
    { HTTP_TEXT("ogg"), "audio/ogg" },
    { HTTP_TEXT("opus"), "audio/ogg" },
    { HTTP_TEXT("wav"), "audio/wav" },
    { HTTP_TEXT("flac"), "audio/flac" },
    { HTTP_TEXT("mp4"), "video/mp4" },
    { HTTP_TEXT("webm"), "video/webm" },
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
    for (size_t i = 0; i < sizeof mimes / sizeof *mimes; i++)
        if (http_text_equal_fold(extension, mimes[i].extension))
            return mimes[i].type;
    return "application/octet-stream";
}
