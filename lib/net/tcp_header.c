/* TCP header (RFC 9293, section 3.1):
 *   source port 2 | destination port 2 | sequence 4 | acknowledgement 4 | words 4 bits, flags 12 |
 *   window 2 | checksum 2 | urgent pointer 2 | options
 * An option is a kind and, but for END and NO-OPERATION, a length that counts both. */
#include "lib/net/tcp_header.h"

#include "lib/base/assert.h"

enum tcp_option {
    OPTION_END = 0,
    OPTION_NONE = 1,
    OPTION_MSS = 2,
    OPTION_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMP = 8,
};

static void sack_decode(struct reader *option, struct tcp_header *header)
{
    while (reader_left(option) >= 8 && header->sack_count < TCP_SACK_BLOCKS_MAX) {
        struct tcp_range *block = &header->sack[header->sack_count++];
        block->start = reader_be32(option);
        block->end = reader_be32(option);
    }
}

/* An option whose length is not the one that its kind has is ignored. */
static void option_decode(uint8_t kind, struct reader *option, struct tcp_header *header)
{
    size_t len = reader_left(option);
    if (kind == OPTION_MSS && len == 2) {
        header->mss = reader_be16(option);
    } else if (kind == OPTION_SCALE && len == 1) {
        uint8_t scale = reader_u8(option);
        header->scale = scale > TCP_SCALE_MAX ? TCP_SCALE_MAX : scale;
        header->has_scale = true;
    } else if (kind == OPTION_SACK_PERMITTED && len == 0) {
        header->sack_permitted = true;
    } else if (kind == OPTION_TIMESTAMP && len == 8) {
        header->timestamp = reader_be32(option);
        header->timestamp_echo = reader_be32(option);
        header->has_timestamp = true;
    } else if (kind == OPTION_SACK && len % 8 == 0) {
        sack_decode(option, header);
    }
}

static void options_decode(struct reader *options, struct tcp_header *header)
{
    while (reader_left(options) > 0) {
        uint8_t kind = reader_u8(options);
        if (kind == OPTION_END)
            return;
        if (kind == OPTION_NONE)
            continue;
        uint8_t len = reader_u8(options);
        if (len < 2)
            return;
        const uint8_t *body = reader_take(options, len - 2u);
        if (body == NULL)
            return;
        struct reader option = reader_of(body, len - 2u);
        option_decode(kind, &option, header);
    }
}

status_t tcp_header_decode(struct reader *reader, struct tcp_header *out_header)
{
    struct tcp_header header = { 0 };
    header.source_port = reader_be16(reader);
    header.destination_port = reader_be16(reader);
    header.sequence = reader_be32(reader);
    header.acknowledgement = reader_be32(reader);
    header.len = (uint8_t)((reader_u8(reader) >> 4) * 4);
    header.flags = reader_u8(reader);
    header.window = reader_be16(reader);
    reader_skip(reader, 4); /* Checksum and urgent pointer, which we ignore (RFC 6093). */
    if (reader->overrun || header.len < TCP_HEADER_LEN)
        return STATUS_CORRUPT;
    size_t options_len = header.len - (size_t)TCP_HEADER_LEN;
    const uint8_t *options = reader_take(reader, options_len);
    if (options == NULL)
        return STATUS_CORRUPT;
    struct reader option_reader = reader_of(options, options_len);
    options_decode(&option_reader, &header);
    *out_header = header;
    return STATUS_OK;
}

static void options_encode(struct writer *writer, const struct tcp_header *header)
{
    if (header->mss != 0) {
        writer_be16(writer, OPTION_MSS << 8 | 4);
        writer_be16(writer, header->mss);
    }
    if (header->sack_permitted)
        writer_be32(writer, OPTION_NONE << 24 | OPTION_NONE << 16 | OPTION_SACK_PERMITTED << 8 | 2);
    if (header->has_timestamp) {
        writer_be32(writer, OPTION_NONE << 24 | OPTION_NONE << 16 | OPTION_TIMESTAMP << 8 | 10);
        writer_be32(writer, header->timestamp);
        writer_be32(writer, header->timestamp_echo);
    }
    if (header->has_scale)
        writer_be32(writer, OPTION_NONE << 24 | OPTION_SCALE << 16 | 3 << 8 | header->scale);
    if (header->sack_count > 0) {
        writer_be32(writer, OPTION_NONE << 24 | OPTION_NONE << 16 | OPTION_SACK << 8 |
                                (2u + 8u * header->sack_count));
        for (unsigned i = 0; i < header->sack_count; i++) {
            writer_be32(writer, header->sack[i].start);
            writer_be32(writer, header->sack[i].end);
        }
    }
}

uint8_t tcp_header_encode(struct writer *writer, const struct tcp_header *header)
{
    size_t start = writer->at;
    uint8_t *fixed = writer_take(writer, TCP_HEADER_LEN);
    ASSERT(fixed != NULL);
    options_encode(writer, header);
    size_t len = writer->at - start;
    ASSERT(!writer->overrun && len <= TCP_HEADER_MAX && len % 4 == 0);
    store_be16(fixed, header->source_port);
    store_be16(fixed + 2, header->destination_port);
    store_be32(fixed + 4, header->sequence);
    store_be32(fixed + 8, header->acknowledgement);
    fixed[12] = (uint8_t)(len / 4 << 4);
    fixed[13] = header->flags;
    store_be16(fixed + 14, header->window);
    store_be32(fixed + 16, 0);
    return (uint8_t)len;
}
