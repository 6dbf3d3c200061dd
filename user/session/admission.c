/* Admissions: channels that stand for a principal who was recognised from afar. Who holds one may begin sessions of
 * that principal and nothing else, so a remote login's process has no more authority than the person at its
 * other end. */
#include <swos/syscalls.h>

#include "user/session/session.h"

status_t admission_make(struct sessions *sessions, uint32_t principal, handle_t *out_channel)
{
    struct admission *admission = sessions->admissions;
    while (admission < sessions->admissions + ADMISSIONS_MAX && admission->exists)
        admission++;
    if (admission == sessions->admissions + ADMISSIONS_MAX)
        return STATUS_LIMIT;
    uint64_t number = ++sessions->next_number;
    status_t status =
        sys_channel_mint(sessions->own_endpoint, ADMISSION_BADGE | number, out_channel);
    if (status == STATUS_OK)
        *admission = (struct admission){ .exists = true, .number = number, .principal = principal };
    return status;
}

struct admission *admission_find(struct sessions *sessions, uint64_t badge)
{
    for (uint32_t i = 0; i < ADMISSIONS_MAX; i++)
        if (sessions->admissions[i].exists &&
            (ADMISSION_BADGE | sessions->admissions[i].number) == badge)
            return &sessions->admissions[i];
    return NULL;
}

void admission_closed(struct sessions *sessions, uint64_t badge)
{
    struct admission *admission = admission_find(sessions, badge);
    if (admission != NULL) /* Else a session's own channel, or a watch. */
        admission->exists = false;
}
