#include "lib/base/bytes.h"
#include "tests/unit.h"

/* A parser reads a whole header and asks once: the overrun must stick and later reads must be
 * harmless zeros. */
TEST(reader_remembers_the_first_overrun)
{
    const uint8_t bytes[] = { 1, 2, 3 };
    struct reader reader = reader_of(bytes, sizeof bytes);
    EXPECT_EQ(reader_be16(&reader), 0x0102);
    EXPECT(!reader.overrun);
    EXPECT_EQ(reader_be16(&reader), 0);
    EXPECT(reader.overrun);
    EXPECT_EQ(reader_u8(&reader), 0);
    EXPECT_EQ(reader_left(&reader), 0);
}

TEST(reader_takes_exactly_what_is_left)
{
    const uint8_t bytes[] = { 1, 2, 3 };
    struct reader reader = reader_of(bytes, sizeof bytes);
    EXPECT(reader_take(&reader, 3) == bytes);
    EXPECT(!reader.overrun);
    EXPECT(reader_take(&reader, SIZE_MAX) == NULL);
    EXPECT(reader.overrun);
}

TEST(writer_refuses_what_does_not_fit_and_keeps_what_did)
{
    uint8_t bytes[3] = { 0 };
    struct writer writer = writer_of(bytes, sizeof bytes);
    writer_be16(&writer, 0x0a0b);
    EXPECT(!writer.overrun);
    writer_be16(&writer, 0x0c0d);
    EXPECT(writer.overrun);
    EXPECT_EQ(writer.at, 2);
    EXPECT_EQ(bytes[2], 0);
}
