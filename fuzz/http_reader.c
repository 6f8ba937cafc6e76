/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the HTTP request reader. The first byte chooses how the input is sliced; a request read in slices
 * must come out exactly as when it is read at once: step, status, bytes used and body.
 */
#include <stdlib.h>

#include "server/http/reader.h"

typedef struct {
    tps_http_step step;
    unsigned status;
    size_t total;
    uint64_t body_size;
    uint32_t body_sum;
} outcome;

static void sum_piece(outcome *o, tps_span piece)
{
    for (size_t i = 0; i < piece.size; i++) {
        o->body_sum = o->body_sum * 31u + piece.data[i];
    }
    o->body_size += piece.size;
}

static void read_body(tps_http_reader *reader, tps_span input, size_t slice, outcome *o)
{
    tps_span piece;
    size_t used;

    do {
        size_t left = input.size - o->total;
        tps_span given = tps_span_make(input.data + o->total, left < slice ? left : slice);

        o->step = tps_http_reader_body(reader, given, &piece, &used);
        if (o->step != TPS_HTTP_REFUSED) {
            sum_piece(o, piece);
            o->total += used;
        }
    } while (o->step == TPS_HTTP_MORE && o->total < input.size);
}

static outcome read_sliced(tps_span input, size_t slice)
{
    static const tps_http_limits limits = {.target = 64, .head = 512, .fields = 8};
    outcome o = {.step = TPS_HTTP_MORE};
    tps_http_reader reader;
    tps_http_request request;
    size_t given = 0;

    tps_http_reader_init(&reader, &limits);
    while (o.step == TPS_HTTP_MORE && given < input.size) {
        given = given + slice < input.size ? given + slice : input.size;
        o.step = tps_http_reader_head(&reader, tps_span_make(input.data, given), &request, &o.total);
    }
    if (o.step == TPS_HTTP_READY) {
        o.step = tps_http_reader_accept_body(&reader, &request, 200);
    }
    if (o.step == TPS_HTTP_READY) {
        read_body(&reader, input, slice, &o);
    }
    o.status = o.step == TPS_HTTP_REFUSED ? reader.refusal.status : 0;
    if (o.step == TPS_HTTP_REFUSED) {
        o.total = 0; /* where it was noticed may differ, what was noticed may not */
        o.body_size = o.body_sum = 0;
    }
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    outcome whole;
    outcome sliced;

    if (size < 2) {
        return 0;
    }
    whole = read_sliced(tps_span_make(data + 1, size - 1), size);
    sliced = read_sliced(tps_span_make(data + 1, size - 1), (size_t)data[0] % 32 + 1);
    if (whole.step != sliced.step || whole.status != sliced.status || whole.total != sliced.total ||
        whole.body_size != sliced.body_size || whole.body_sum != sliced.body_sum || whole.body_size > 200) {
        abort();
    }
    return 0;
}
