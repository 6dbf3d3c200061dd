/* Builds small device trees for tests: begin, then nodes and properties in order, then finish.
 * Too small a buffer ends the test. */
#pragma once

#include <stdlib.h>

#include "lib/base/bytes.h"

struct fdt_writer {
    struct writer structure;
    struct writer strings;
    uint8_t structure_bytes[4096];
    uint8_t strings_bytes[1024];
};

static inline void fdt_writer_begin(struct fdt_writer *fdt)
{
    fdt->structure = writer_of(fdt->structure_bytes, sizeof fdt->structure_bytes);
    fdt->strings = writer_of(fdt->strings_bytes, sizeof fdt->strings_bytes);
}

static inline void fdt_writer_pad(struct writer *writer)
{
    while (writer->at % 4 != 0)
        writer_u8(writer, 0);
}

static inline void fdt_writer_node(struct fdt_writer *fdt, const char *name)
{
    writer_be32(&fdt->structure, 1);
    writer_bytes(&fdt->structure, name, strlen(name) + 1);
    fdt_writer_pad(&fdt->structure);
}

static inline void fdt_writer_node_end(struct fdt_writer *fdt)
{
    writer_be32(&fdt->structure, 2);
}

static inline void fdt_writer_nop(struct fdt_writer *fdt)
{
    writer_be32(&fdt->structure, 4);
}

static inline void fdt_writer_bytes(struct fdt_writer *fdt, const char *name, const void *value,
                                    size_t len)
{
    writer_be32(&fdt->structure, 3);
    writer_be32(&fdt->structure, (uint32_t)len);
    writer_be32(&fdt->structure, (uint32_t)fdt->strings.at);
    writer_bytes(&fdt->strings, name, strlen(name) + 1);
    writer_bytes(&fdt->structure, value, len);
    fdt_writer_pad(&fdt->structure);
}

static inline void fdt_writer_text(struct fdt_writer *fdt, const char *name, const char *text)
{
    fdt_writer_bytes(fdt, name, text, strlen(text) + 1);
}

static inline void fdt_writer_cells(struct fdt_writer *fdt, const char *name, const uint32_t *cells,
                                    size_t count)
{
    uint8_t bytes[256];
    struct writer writer = writer_of(bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        writer_be32(&writer, cells[i]);
    if (writer.overrun)
        abort();
    fdt_writer_bytes(fdt, name, bytes, writer.at);
}

#define FDT_CELLS(fdt, name, ...)                                  \
    fdt_writer_cells(fdt, name, (const uint32_t[]){ __VA_ARGS__ }, \
                     sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* Close the structure block and put header, one reservation (0x1000, 0x2000) and blocks together.
 * Returns the size of the blob. */
static inline size_t fdt_writer_finish(struct fdt_writer *fdt, uint8_t *blob, size_t len)
{
    enum { HEADER = 40, RESERVATIONS = 32 };
    writer_be32(&fdt->structure, 9);
    uint32_t structure_at = HEADER + RESERVATIONS;
    uint32_t strings_at = structure_at + (uint32_t)fdt->structure.at;
    uint32_t size = strings_at + (uint32_t)fdt->strings.at;
    const uint32_t header[] = {
        0xd00dfeed,
        size,
        structure_at,
        strings_at,
        HEADER,
        17,
        16,
        3,
        (uint32_t)fdt->strings.at,
        (uint32_t)fdt->structure.at,
        0,
        0x1000,
        0,
        0x2000,
        0,
        0,
        0,
        0,
    };
    struct writer out = writer_of(blob, len);
    for (size_t i = 0; i < sizeof header / 4; i++)
        writer_be32(&out, header[i]);
    writer_bytes(&out, fdt->structure_bytes, fdt->structure.at);
    writer_bytes(&out, fdt->strings_bytes, fdt->strings.at);
    if (out.overrun || fdt->structure.overrun || fdt->strings.overrun)
        abort();
    return out.at;
}
