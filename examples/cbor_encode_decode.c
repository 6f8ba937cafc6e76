/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR without a heap: measure, write, check what a stranger sent, read it in any order, show it to people.
 *
 *     cc cbor_encode_decode.c $(pkg-config --cflags --libs opentps-cbor) -o cbor_encode_decode
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cbor_diagnostic.h"

enum { LABEL_NAME = 1, LABEL_VALUES = 2, LABEL_IS_CALIBRATED = 3 };

typedef struct {
    tps_span name; /* points into the message */
    double values[4];
    size_t value_count;
    bool is_calibrated;
} reading;

/* {1: "sensor-7", 2: [21.5, 22.0], 3: true}. With TPS_BUF_MEASURE the same lines tell the size. */
static tps_status write_reading(tps_buf room, tps_span *message)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_map(&w, 3);
    tps_cbor_put_uint(&w, LABEL_NAME);
    tps_cbor_put_text(&w, "sensor-7");
    tps_cbor_put_uint(&w, LABEL_VALUES);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_double(&w, 21.5);
    tps_cbor_put_double(&w, 22.0);
    tps_cbor_put_uint(&w, LABEL_IS_CALIBRATED);
    tps_cbor_put_bool(&w, true);
    return tps_cbor_writer_finish(&w, message); /* one look at the end tells whether all of it worked */
}

static void read_values(tps_cbor_reader *r, reading *out)
{
    tps_cbor_list list = tps_cbor_enter_array(r);

    while (tps_cbor_next(r, &list)) {
        double value = tps_cbor_get_double(r);
        if (out->value_count < sizeof out->values / sizeof out->values[0]) {
            out->values[out->value_count++] = value;
        } else {
            tps_cbor_fail(r, TPS_CBOR_TOO_MANY); /* the caller's own errors stick, too */
        }
    }
}

static tps_status read_reading(tps_span message, reading *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(message);
    tps_cbor_list list;

    /* First the whole message is checked: well-formed, UTF-8, no key twice, within limits. */
    TPS_TRY(tps_cbor_check(message, &tps_cbor_limits_message, NULL, why));

    *out = (reading){.value_count = 0};
    list = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &list)) {
        switch (tps_cbor_get_int(&r)) {
        case LABEL_NAME: out->name = tps_cbor_get_text(&r); break;
        case LABEL_VALUES: read_values(&r, out); break;
        case LABEL_IS_CALIBRATED: out->is_calibrated = tps_cbor_get_bool(&r); break;
        default: tps_cbor_skip(&r); break; /* what a newer sender says is passed over */
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, r.status, tps_cbor_offset(&r), "the reading");
    }
    return TPS_OK;
}

static void onto_stdout(void *context, const char *text, size_t size)
{
    (void)context;
    fwrite(text, 1, size, stdout);
}

int main(void)
{
    uint8_t room[64];
    tps_span message;
    tps_span cut;
    reading r;
    tps_error why = {0};

    if (write_reading(TPS_BUF_MEASURE, &message) != TPS_OK) {
        return EXIT_FAILURE;
    }
    printf("needs %zu bytes\n", message.size);
    if (write_reading(TPS_BUF_OF(room), &message) != TPS_OK || read_reading(message, &r, &why) != TPS_OK) {
        return EXIT_FAILURE;
    }
    printf("%.*s: %zu values, the first %.1f%s\n", (int)r.name.size, (const char *)r.name.data, r.value_count,
           r.values[0], r.is_calibrated ? ", calibrated" : "");
    if (tps_cbor_diagnose(message, onto_stdout, NULL, NULL) != TPS_OK) {
        return EXIT_FAILURE;
    }

    /* Half a message has a named error, its place, and what to do. */
    cut = tps_span_make(message.data, message.size / 2);
    if (read_reading(cut, &r, &why) == TPS_OK) {
        return EXIT_FAILURE;
    }
    printf("\nhalf of it: at byte %zu: %s: %s\n", why.offset, tps_status_cause(why.status),
           tps_status_next_step(why.status));
    return EXIT_SUCCESS;
}
