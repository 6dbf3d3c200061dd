/* Calls that pass numbers from process to process: 253, 254. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/slab.h"
#include "kernel/posix/description_io.h"
#include "kernel/posix/letter.h"
#include "kernel/syscall/pieces.h"

/* A message in the kernel. */
struct message {
    struct descriptor_message about;
    struct pieces pieces;
    int32_t numbers[DESCRIPTOR_MESSAGE_MAX];
};

static status_t message_read(struct message *message, struct user_in from, uint32_t flags)
{
    struct descriptor_message *about = &message->about;
    status_t status = user_read(about, from.address, sizeof *about);
    if (status != STATUS_OK)
        return status;
    if ((about->flags & ~flags) != 0 || about->padding != 0)
        return STATUS_INVALID;
    struct user_in list = { { about->pieces },
                            about->piece_count * sizeof(struct descriptor_piece) };
    return user_range_ok(list.address, list.len) ? pieces_read(&message->pieces, list)
                                                 : STATUS_BAD_ADDRESS;
}

static bool has_bytes(const struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        if (pieces->list[i].raw.len > 0)
            return true;
    return false;
}

static status_t numbers_read(struct thread *caller, struct message *message,
                             struct posix_letter **out_letter)
{
    uint32_t count = message->about.number_count;
    size_t size = count * sizeof message->numbers[0];
    uaddr_t address = { message->about.numbers };
    *out_letter = NULL;
    if (count == 0)
        return STATUS_OK;
    if (count > DESCRIPTOR_MESSAGE_MAX || !has_bytes(&message->pieces))
        return STATUS_INVALID;
    if (!user_range_ok(address, size))
        return STATUS_BAD_ADDRESS;
    status_t status = user_read(message->numbers, address, size);
    return status == STATUS_OK ? posix_letter_create(caller, message->numbers, count, out_letter)
                               : status;
}

static status_t message_send(struct thread *caller, uint32_t number, struct message *message,
                             size_t *out_actual)
{
    struct posix_letter *letter;
    status_t status = numbers_read(caller, message, &letter);
    if (status != STATUS_OK)
        return status;
    struct stream_letter *unsent = letter == NULL ? NULL : posix_letter_of_stream(letter);
    status = description_send(caller, number, &message->pieces.list->in, message->pieces.count,
                              message->about.flags, &unsent, out_actual);
    if (unsent != NULL)
        posix_letter_drop(letter);
    return status;
}

status_t syscall_descriptor_send(struct thread *caller, uint32_t number, struct user_in message,
                                 size_t *out_actual)
{
    struct message *work = kmalloc(sizeof *work);
    if (work == NULL)
        return STATUS_NO_MEMORY;
    status_t status =
        message_read(work, message,
                     DESCRIPTOR_NO_WAIT | DESCRIPTOR_ONLY_SOCKET | DESCRIPTOR_NO_SIGNAL);
    if (status == STATUS_OK) {
        status = message_send(caller, number, work, out_actual);
        pieces_free(&work->pieces);
    }
    kfree(work, sizeof *work);
    return status;
}

/* Numbers for what came. If they cannot be told, they are open all the same, as the bytes are read. */
static status_t numbers_give(struct thread *caller, struct message *message,
                             struct stream_letter *letter, uint32_t *out_came)
{
    bool is_cut = false;
    uint32_t room = message->about.number_count;
    uint32_t count =
        posix_letter_open(caller, letter, message->about.flags, message->numbers,
                          room < DESCRIPTOR_MESSAGE_MAX ? room : DESCRIPTOR_MESSAGE_MAX, &is_cut);
    *out_came = count | (is_cut ? DESCRIPTOR_MESSAGE_CUT : 0);
    return user_write((uaddr_t){ message->about.numbers }, message->numbers,
                      count * sizeof message->numbers[0]);
}

static status_t message_receive(struct thread *caller, uint32_t number, struct message *message,
                                size_t *out_actual, uint32_t *out_came)
{
    struct stream_letter *letter = NULL;
    *out_came = 0;
    status_t status =
        description_receive(caller, number, &message->pieces.list->out, message->pieces.count,
                            message->about.flags & ~DESCRIPTOR_CLOSE_ON_EXEC, out_actual, &letter);
    if (letter != NULL)
        status = numbers_give(caller, message, letter, out_came);
    return status;
}

status_t syscall_descriptor_receive(struct thread *caller, uint32_t number, struct user_in message,
                                    size_t *out_actual, uint32_t *out_came)
{
    struct message *work = kmalloc(sizeof *work);
    if (work == NULL)
        return STATUS_NO_MEMORY;
    status_t status = message_read(work, message,
                                   DESCRIPTOR_NO_WAIT | DESCRIPTOR_PEEK | DESCRIPTOR_WAIT_ALL |
                                       DESCRIPTOR_ONLY_SOCKET | DESCRIPTOR_CLOSE_ON_EXEC);
    if (status == STATUS_OK) {
        status = message_receive(caller, number, work, out_actual, out_came);
        pieces_free(&work->pieces);
    }
    kfree(work, sizeof *work);
    return status;
}
