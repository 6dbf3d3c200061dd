/* See letter.h. */
#include "kernel/posix/letter.h"

#include "kernel/cell/charge.h"
#include "kernel/posix/description.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream.h"
#include "lib/base/assert.h"

enum { DESCRIPTORS_IN_FLIGHT_MAX = 1024 }; /* Of a cell: what a search looks at under the lock. */

struct posix_letter {
    struct stream_letter letter;
    struct epoch_node retire;
    struct list link;          /* In cell->posix.letters. */
    struct cell *cell;         /* Charged. One reference. */
    struct stream *reader;     /* Of the queue that it lies in; NULL: in nobody's. */
    struct posix_letter *next; /* In a search: of the same reader, then of those to look at. */
    bool is_reached;
    bool is_garbage;
    uint32_t count;
    struct description *list[]; /* A reference and a handle each. */
};

static struct letters {
    struct spinlock lock; /* LOCK_CHANNEL: all letters' places, counts of descriptions. */
    uint64_t rounds;      /* Searches ever. */
} state;

static const struct stream_letter_ops letter_ops;

static size_t letter_size(uint32_t count)
{
    return sizeof(struct posix_letter) + count * sizeof(struct description *);
}

struct stream_letter *posix_letter_of_stream(struct posix_letter *letter)
{
    return &letter->letter;
}

/* --- making and dropping --- */

/* Room for so many in flight, and the letter without any. */
static status_t letter_begin(struct cell *cell, uint32_t count, struct posix_letter **out_letter)
{
    void *memory = NULL;
    spin_lock(&state.lock);
    bool fits = count <= DESCRIPTORS_IN_FLIGHT_MAX - cell->posix.letters_numbers;
    cell->posix.letters_numbers += fits ? count : 0;
    spin_unlock(&state.lock);
    status_t status = fits ? cell_charge(cell, CELL_HANDLES, count) : STATUS_LIMIT;
    if (status == STATUS_OK) {
        status = charged_kmalloc(cell, letter_size(count), &memory);
        if (status != STATUS_OK)
            cell_uncharge(cell, CELL_HANDLES, count);
    }
    if (status != STATUS_OK) {
        spin_lock(&state.lock);
        cell->posix.letters_numbers -= fits ? count : 0;
        spin_unlock(&state.lock);
        return status;
    }
    struct posix_letter *letter = memory;
    letter->letter.ops = &letter_ops;
    letter->cell = cell;
    object_ref(&cell->object);
    list_init(&letter->link);
    list_init(&letter->letter.link);
    *out_letter = letter;
    return STATUS_OK;
}

/* Out of the cell's list, and its descriptions out of flight. The room is given back with `count`, which is
 * what was asked for at the begin. */
static void letter_end(struct posix_letter *letter, uint32_t count)
{
    struct cell *cell = letter->cell;
    spin_lock(&state.lock);
    list_remove(&letter->link);
    cell->posix.letters_numbers -= count;
    for (uint32_t i = 0; i < letter->count; i++)
        letter->list[i]->in_flight--;
    spin_unlock(&state.lock);
    for (uint32_t i = 0; i < letter->count; i++) {
        object_handle_removed(&letter->list[i]->object);
        letters_number_closed(cell, letter->list[i]);
        object_unref(&letter->list[i]->object);
    }
    cell_uncharge(cell, CELL_HANDLES, count);
    charged_kfree(cell, letter, letter_size(count));
    object_unref(&cell->object);
}

void posix_letter_drop(struct posix_letter *letter)
{
    letter_end(letter, letter->count);
}

/* One of the caller's numbers. What may not be given on stays. */
static status_t number_put(struct thread *caller, int32_t number, struct posix_letter *letter)
{
    struct description *description;
    if (number < 0 || number >= DESCRIPTORS_MAX)
        return STATUS_BAD_HANDLE;
    status_t status =
        descriptors_hold(__atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE),
                         (uint32_t)number, &description);
    if (status != STATUS_OK)
        return status;
    if (description->target != NULL && (description->rights & RIGHT_TRANSFER) == 0) {
        descriptors_release(&caller->process->posix->descriptors, description);
        return STATUS_NO_RIGHT;
    }
    letter->list[letter->count++] = description;
    return STATUS_OK;
}

status_t posix_letter_create(struct thread *caller, const int32_t *numbers, uint32_t count,
                             struct posix_letter **out_letter)
{
    struct posix_letter *letter;
    struct cell *cell = caller->process->cell;
    status_t status = letter_begin(cell, count, &letter);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++)
        status = number_put(caller, numbers[i], letter);
    spin_lock(&state.lock);
    for (uint32_t i = 0; i < letter->count; i++)
        letter->list[i]->in_flight++;
    list_push_back(&cell->posix.letters, &letter->link);
    spin_unlock(&state.lock);
    if (status == STATUS_OK)
        *out_letter = letter;
    else
        letter_end(letter, count);
    return status;
}

uint32_t posix_letter_open(struct thread *caller, struct stream_letter *taken, uint32_t flags,
                           int32_t *out_numbers, uint32_t room, bool *out_is_cut)
{
    struct posix_letter *letter = CONTAINER_OF(taken, struct posix_letter, letter);
    struct posix_process *posix;
    uint32_t given = 0;
    status_t status = posix_of(caller->process, &posix);
    while (status == STATUS_OK && given < letter->count && given < room) {
        uint32_t number;
        status = descriptors_add(&posix->descriptors, letter->list[given], 0,
                                 (flags & DESCRIPTOR_CLOSE_ON_EXEC) != 0, &number);
        if (status == STATUS_OK)
            out_numbers[given++] = (int32_t)number;
    }
    *out_is_cut = given < letter->count;
    posix_letter_drop(letter);
    return given;
}

/* --- what the stream tells; the pair's lock is held --- */

static struct posix_letter *letter_of(struct stream_letter *letter)
{
    return CONTAINER_OF(letter, struct posix_letter, letter);
}

static void letter_entered(struct stream_letter *letter, struct stream *reader)
{
    spin_lock(&state.lock);
    letter_of(letter)->reader = reader;
    spin_unlock(&state.lock);
}

static void letter_left(struct stream_letter *letter)
{
    letter_entered(letter, NULL);
}

static void letter_release(struct epoch_node *node)
{
    posix_letter_drop(CONTAINER_OF(node, struct posix_letter, retire));
}

/* Dropping it closes descriptions, which may end streams with letters of their own: each in its turn, from the
 * reaper, not one inside the other. */
static void letter_discarded(struct stream_letter *letter)
{
    letter_entered(letter, NULL);
    epoch_retire(&letter_of(letter)->retire, letter_release);
}

static const struct stream_letter_ops letter_ops = {
    .entered = letter_entered,
    .left = letter_left,
    .discarded = letter_discarded,
};

/* --- the search; the lock is held --- */

static struct stream *stream_of(const struct description *description)
{
    struct object *target = description->target;
    return target != NULL && object_kind(target) == OBJECT_STREAM ? (struct stream *)target : NULL;
}

static struct stream_reach *reach_of(struct stream *stream)
{
    struct stream_reach *reach = &stream->reach;
    if (reach->round != state.rounds)
        *reach = (struct stream_reach){ .round = state.rounds };
    return reach;
}

/* Somebody besides letters that are not reached yet holds the end. */
static bool stream_is_reached(struct stream *stream)
{
    return __atomic_load_n(&stream->object.handles, __ATOMIC_ACQUIRE) > reach_of(stream)->held;
}

/* How often each description is in the cell's letters, and which letters each end could read. */
static void search_count(struct cell *cell)
{
    LIST_FOR_EACH (link, &cell->posix.letters) {
        struct posix_letter *letter = CONTAINER_OF(link, struct posix_letter, link);
        letter->is_reached = false;
        letter->next = NULL;
        if (letter->reader != NULL) {
            struct stream_reach *reach = reach_of(letter->reader);
            letter->next = reach->letters;
            reach->letters = letter;
        }
        for (uint32_t i = 0; i < letter->count; i++) {
            struct description *description = letter->list[i];
            if (description->round != state.rounds) {
                description->round = state.rounds;
                description->seen = 0;
                description->only_in_letters = false;
            }
            description->seen++;
        }
    }
}

/* Which descriptions nobody else names: they hold their streams in vain until they are reached. */
static void search_suspect(struct cell *cell)
{
    LIST_FOR_EACH (link, &cell->posix.letters) {
        const struct posix_letter *letter = CONTAINER_OF(link, struct posix_letter, link);
        for (uint32_t i = 0; i < letter->count; i++) {
            struct description *description = letter->list[i];
            struct stream *stream = stream_of(description);
            if (description->only_in_letters ||
                __atomic_load_n(&description->object.handles, __ATOMIC_ACQUIRE) !=
                    description->seen)
                continue;
            description->only_in_letters = true;
            if (stream != NULL)
                reach_of(stream)->held++;
        }
    }
}

/* Put the letters that an end could read on the list of those to look at. */
static void reach_take(struct stream *stream, struct posix_letter **work)
{
    struct stream_reach *reach = reach_of(stream);
    while (reach->letters != NULL) {
        struct posix_letter *letter = reach->letters;
        reach->letters = letter->next;
        letter->next = *work;
        *work = letter;
    }
}

/* From a letter that is reached: its descriptions are, and with them the letters that they could read. */
static void search_follow(struct posix_letter *work)
{
    while (work != NULL) {
        struct posix_letter *letter = work;
        work = letter->next;
        letter->is_reached = true;
        for (uint32_t i = 0; i < letter->count; i++) {
            struct description *description = letter->list[i];
            struct stream *stream = stream_of(description);
            if (!description->only_in_letters)
                continue;
            description->only_in_letters = false;
            if (stream == NULL)
                continue;
            reach_of(stream)->held--;
            reach_take(stream, &work);
        }
    }
}

/* Mark the letters that nobody can come to read. @return whether there are any. */
static bool search(struct cell *cell)
{
    bool found = false;
    state.rounds++;
    search_count(cell);
    search_suspect(cell);
    LIST_FOR_EACH (link, &cell->posix.letters) {
        struct posix_letter *letter = CONTAINER_OF(link, struct posix_letter, link);
        if (letter->is_reached)
            continue;
        struct posix_letter *work = NULL;
        if (letter->reader == NULL) { /* In the hands of a sender or a receiver. */
            letter->next = NULL;
            work = letter;
        } else if (stream_is_reached(letter->reader)) {
            reach_take(letter->reader, &work);
        }
        search_follow(work);
    }
    LIST_FOR_EACH (link, &cell->posix.letters) {
        struct posix_letter *letter = CONTAINER_OF(link, struct posix_letter, link);
        letter->is_garbage = letter->is_garbage || !letter->is_reached;
        found = found || letter->is_garbage;
    }
    return found;
}

/* --- discarding --- */

static bool letter_is_garbage(const struct stream_letter *letter, const void *about)
{
    return CONTAINER_OF(letter, const struct posix_letter, letter)->is_garbage;
}

static bool letter_is_of_cell(const struct stream_letter *letter, const void *about)
{
    return CONTAINER_OF(letter, const struct posix_letter, letter)->cell == about;
}

/* An end that could read such a letter, with a reference, or NULL. */
static struct stream *reader_find(struct cell *cell,
                                  bool (*matches)(const struct stream_letter *, const void *))
{
    struct stream *reader = NULL;
    spin_lock(&state.lock);
    LIST_FOR_EACH (link, &cell->posix.letters) {
        struct posix_letter *letter = CONTAINER_OF(link, struct posix_letter, link);
        if (letter->reader == NULL || !matches(&letter->letter, cell) ||
            !object_try_ref(&letter->reader->object))
            continue;
        reader = letter->reader;
        break;
    }
    spin_unlock(&state.lock);
    return reader;
}

static void discard_all(struct cell *cell,
                        bool (*matches)(const struct stream_letter *, const void *))
{
    struct stream *reader;
    while ((reader = reader_find(cell, matches)) != NULL) {
        stream_discard_letters(reader, matches, cell);
        object_unref(&reader->object);
    }
}

void letters_number_closed(struct cell *cell, const struct description *description)
{
    if (__atomic_load_n(&description->in_flight, __ATOMIC_RELAXED) == 0)
        return;
    spin_lock(&state.lock);
    bool found = search(cell);
    spin_unlock(&state.lock);
    if (found)
        discard_all(cell, letter_is_garbage);
}

void letters_purge(struct cell *cell)
{
    discard_all(cell, letter_is_of_cell);
}

void letters_setup(void)
{
    spin_init(&state.lock, LOCK_CHANNEL);
}
