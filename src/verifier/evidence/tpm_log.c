/* SPDX-License-Identifier: Apache-2.0 */
/* The event log of one appraisal. Events are sorted by register and digest: digests are the device's choice,
 * so that no hash table would be safe from it, and a log has thousands. */
#include "verifier/evidence/tpm_log.h"

/* Of the digests only as many bytes as the bank's; digests of one event lie at most this far apart. */
static int compare(const tpm_event *a, const tpm_event *b, size_t size)
{
    int order = (int)a->pcr - (int)b->pcr;

    order = order != 0 ? order : memcmp(a->digest, b->digest, size);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static void swap(tpm_event *a, tpm_event *b)
{
    tpm_event kept = *a;

    *a = *b;
    *b = kept;
}

static void sift(tpm_event *events, size_t from, size_t count, size_t size)
{
    for (;;) {
        size_t child = 2 * from + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && compare(&events[child], &events[child + 1], size) < 0) {
            child++;
        }
        if (compare(&events[from], &events[child], size) >= 0) {
            return;
        }
        swap(&events[from], &events[child]);
        from = child;
    }
}

/* In place, in n log n for any input: the C library's may use the heap. */
static void sort(tpm_event *events, size_t count, size_t size)
{
    for (size_t i = count / 2; i > 0; i--) {
        sift(events, i - 1, count, size);
    }
    for (size_t end = count; end > 1; end--) {
        swap(&events[0], &events[end - 1]);
        sift(events, 0, end - 1, size);
    }
}

tps_status tpm_log_take(tps_span encoded, uint32_t bank, tps_tpm_log *log, tpm_room *room, tps_error *why)
{
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    tps_status status;

    room->event_count = 0;
    TPS_TRY(tps_tpm_log_decode(encoded, log, why));
    status = tps_tpm_log_replay(log, bank, &room->replayed);
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, NULL);
    }
    walk = tps_tpm_events(log);
    while (tps_tpm_next_event(&walk, &event)) {
        if (event.type != TPS_TPM_EV_NO_ACTION) {
            room->events[room->event_count++] =
                (tpm_event){.number = event.number,
                            .pcr = (uint8_t)event.pcr,
                            .digest = tps_tpm_event_digest(log, &event, bank).data};
        }
    }
    sort(room->events, room->event_count, room->replayed.size);
    return TPS_OK;
}

/* The first event that is not before this one. */
static size_t lower_bound(const tpm_room *room, const tpm_event *wanted)
{
    size_t low = 0;
    size_t high = room->event_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&room->events[middle], wanted, room->replayed.size) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t tpm_log_endorse(tpm_room *room, uint32_t pcr, tps_span digest)
{
    tpm_event wanted = {.pcr = (uint8_t)pcr, .digest = digest.data};
    size_t count = 0;

    if (room->event_count == 0 || digest.size != room->replayed.size) {
        return 0;
    }
    for (size_t i = lower_bound(room, &wanted); i < room->event_count; i++) {
        if (room->events[i].pcr != pcr || memcmp(room->events[i].digest, digest.data, digest.size) != 0) {
            break;
        }
        room->events[i].is_endorsed = true;
        count++;
    }
    return count;
}

const tpm_event *tpm_log_first_unendorsed(const tpm_room *room, uint32_t pcr)
{
    const tpm_event *first = NULL;

    for (size_t i = 0; i < room->event_count; i++) {
        const tpm_event *event = &room->events[i];
        if (event->pcr == pcr && !event->is_endorsed && (first == NULL || event->number < first->number)) {
            first = event;
        }
    }
    return first;
}
