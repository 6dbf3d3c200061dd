/* Any bytes as the head of an answer: what is taken is whole and consistent. */
#include <stdlib.h>

#include "tools/webload/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer answer;
    size_t len;
    if (answer_parse((const char *)data, size, &answer, &len) != ANSWER_WHOLE)
        return 0;
    if (len > size || data[len - 1] != '\n' || answer.status < 100 || answer.status > 599)
        abort();
    if (answer.has_range && (answer.first > answer.last || answer.last >= answer.file_size))
        abort();
    return 0;
}
