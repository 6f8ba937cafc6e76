/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes wrappers (CMW) in both encodings: what is read is written again, reads the same, and is written to
 * the same bytes; what can be said in the other encoding comes back from it. Signed ones never verify. */
#include <stdlib.h>

#include "tps/cmw.h"
#include "tps/crypto.h"

#define SIZE_MAX_HERE 16384u
#define ENTRIES_MAX   32u

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

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

    require(cmw->count > 0 && tps_cmw_left(&walk) == cmw->count);
    while (count < ENTRIES_MAX && tps_cmw_next(&walk, room, &entries[count].label, &entries[count].cmw)) {
        count++;
    }
    require(count == ENTRIES_MAX || tps_cmw_left(&walk) == 0);
    qsort(entries, count, sizeof entries[0], compare);
    tps_cmw_put_collection(w, cmw->collection_type, count);
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
        return;
    }
    require(tps_cmw_message(cmw, room, &record.message) == TPS_OK && record.message.size > 0);
    if (cmw->form == TPS_CMW_CBOR_TAG && !w->is_json) {
        tps_cmw_put_tag(w, cmw->content_format, record.message);
    } else {
        tps_cmw_put_record(w, &record);
    }
}

/* Reads `from` and writes it to `to`. */
static tps_status rewrite(tps_span from, bool is_json, tps_buf to, tps_span *written)
{
    static uint8_t rooms[3][4 * SIZE_MAX_HERE];
    static unsigned turn;
    tps_buf room = TPS_BUF_OF(rooms[turn++ % 3]);
    tps_cmw_writer w = tps_cmw_writer_init(to, is_json);
    size_t size;
    tps_cmw cmw;
    tps_status status;

    require(tps_cmw_read(from, &room, &cmw, NULL) == TPS_OK);
    put(&w, &cmw, &room);
    status = tps_cmw_writer_finish(&w, &size);
    *written = tps_span_make(to.data, size);
    return status;
}

static uint8_t buffers[4][8 * SIZE_MAX_HERE];

static void check_properties(tps_span input, bool is_json)
{
    tps_span same;
    tps_span again;
    tps_span other;
    tps_span back;
    tps_status status;

    require(rewrite(input, is_json, TPS_BUF_OF(buffers[0]), &same) == TPS_OK);
    require(rewrite(same, is_json, TPS_BUF_OF(buffers[1]), &again) == TPS_OK);
    require(tps_span_equal(same, again));
    status = rewrite(same, !is_json, TPS_BUF_OF(buffers[2]), &other);
    if (status != TPS_OK) { /* numbers that JSON has no words for */
        require(!is_json && (status == TPS_CMW_BAD_LABEL || status == TPS_CMW_BAD_TYPE));
        return;
    }
    require(rewrite(other, is_json, TPS_BUF_OF(buffers[3]), &back) == TPS_OK);
    if (is_json) {
        require(tps_span_equal(same, back));
    } else { /* types are text now */
        require(rewrite(back, true, TPS_BUF_OF(buffers[1]), &again) == TPS_OK);
        require(tps_span_equal(other, again));
    }
}

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {1};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

static tps_status find(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = fixed_key();
    return TPS_OK;
}

static void never_verifies(tps_span input)
{
    static uint8_t room_bytes[SIZE_MAX_HERE];
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_cose_key_finder keys = {find, NULL};
    tps_span found;
    tps_cmw cmw;

    require(tps_cmw_verify_cose(input, &keys, &cmw, NULL) != TPS_OK);
    require(tps_cmw_verify_jws(input, fixed_key(), &room, &cmw, NULL) != TPS_OK);
    (void)tps_cmw_find_in_certificate(input, &found, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room_bytes[SIZE_MAX_HERE];
    tps_span input = tps_span_make(data, size);
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_error why = {0};
    tps_cmw cmw;
    tps_status status;

    if (size > SIZE_MAX_HERE) {
        return 0;
    }
    status = tps_cmw_read(input, &room, &cmw, &why);
    if (status != TPS_OK) {
        require(why.status == status && why.offset <= size);
        never_verifies(input);
        return 0;
    }
    require(cmw.form == tps_cmw_form(input));
    check_properties(input, cmw.form == TPS_CMW_JSON_RECORD || cmw.form == TPS_CMW_JSON_COLLECTION);
    return 0;
}
