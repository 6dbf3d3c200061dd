/* Any answer to a question of ours: decoding ends, and what it accepts is within its bounds. The first
 * byte chooses the name that was asked for; the id is made to match, or little would be reached. */
#include "lib/base/assert.h"
#include "lib/net/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "a", "www.example.org", "x.y.z." };
    if (size < 3)
        return 0;
    const char *name = names[data[0] % 3];
    uint16_t id = load_be16(data + 1);
    struct reader message = reader_of(data + 1, size - 1);
    struct dns_answer answer;
    if (dns_answer_decode(&message, id, name, strlen(name), &answer) != STATUS_OK)
        return 0;
    ASSERT(answer.address_count <= NET_DNS_ADDRESSES);
    ASSERT((answer.status == STATUS_OK) == (answer.address_count > 0));

    uint8_t question[DNS_QUESTION_MAX];
    size_t len = dns_question_encode(question, id, name, strlen(name));
    ASSERT(len <= sizeof question);
    return 0;
}
