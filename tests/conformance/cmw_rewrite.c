/* SPDX-License-Identifier: Apache-2.0 */
/* Reads wrappers (CMW), each behind its size in four bytes, big end first; answers to each with a line: the
 * name of tps_cmw_read()'s status and, if that is TPS_OK, what the writer makes of it, in CBOR as hex digits
 * and in JSON ("-" where it cannot be said). cmw_judge.py compares. */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cmw.h"

#define ROOM        (1u << 18)
#define ENTRIES_MAX 64u

typedef struct {
    tps_cmw_label label;
    tps_cmw cmw;
} labelled;

static int compare(const void *a, const void *b)
{
    return tps_cmw_label_compare(&((const labelled *)a)->label, &((const labelled *)b)->label);
}

static void put(tps_cmw_writer *w, const tps_cmw *cmw, tps_buf *room);

static void put_collection(tps_cmw_writer *w, const tps_cmw *cmw, tps_buf *room)
{
    labelled entries[ENTRIES_MAX];
    tps_cmw_walk walk = tps_cmw_entries(cmw);
    uint32_t count = 0;

    while (count < ENTRIES_MAX && tps_cmw_next(&walk, room, &entries[count].label, &entries[count].cmw)) {
        count++;
    }
    qsort(entries, count, sizeof entries[0], compare);
    tps_cmw_put_collection(w, cmw->collection_type, cmw->count);
    for (uint32_t i = 0; i < count; i++) {
        tps_cmw_put_label(w, &entries[i].label);
        put(w, &entries[i].cmw, room);
    }
}

static void put(tps_cmw_writer *w, const tps_cmw *cmw, tps_buf *room)
{
    tps_cmw_record record = {
        .type = cmw->type, .content_format = cmw->content_format, .indicator = cmw->indicator};

    if (tps_cmw_is_collection(cmw)) {
        put_collection(w, cmw, room);
    } else if (tps_cmw_message(cmw, room, &record.message) != TPS_OK) {
        exit(3);
    } else if (cmw->form == TPS_CMW_CBOR_TAG && !w->is_json) {
        tps_cmw_put_tag(w, cmw->content_format, record.message);
    } else {
        tps_cmw_put_record(w, &record);
    }
}

static bool rewrite(tps_span input, bool is_json, uint8_t *out, size_t *size)
{
    static uint8_t room_bytes[ROOM];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cmw_writer w = tps_cmw_writer_init((tps_buf){out, ROOM}, is_json);
    tps_cmw cmw;

    if (tps_cmw_read(input, &room, &cmw, NULL) != TPS_OK) {
        exit(3);
    }
    put(&w, &cmw, &room);
    return tps_cmw_writer_finish(&w, size) == TPS_OK;
}

static void answer(tps_span input)
{
    static uint8_t out[ROOM];
    static uint8_t room_bytes[ROOM];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cmw cmw;
    tps_status status = tps_cmw_read(input, &room, &cmw, NULL);
    size_t size = 0;

    printf("%s", tps_status_name(status));
    if (status == TPS_OK) {
        bool is_written = rewrite(input, false, out, &size);
        printf(" ");
        for (size_t i = 0; is_written && i < size; i++) {
            printf("%02x", out[i]);
        }
        is_written = rewrite(input, true, out, &size);
        printf(" %.*s", is_written ? (int)size : 1, is_written ? (const char *)out : "-");
    }
    printf("\n");
}

int main(void)
{
    static uint8_t bytes[1 << 16];
    uint8_t head[4];

    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (size > sizeof bytes || fread(bytes, 1, size, stdin) != size) {
            return 2;
        }
        answer(tps_span_make(bytes, size));
    }
    return 0;
}
