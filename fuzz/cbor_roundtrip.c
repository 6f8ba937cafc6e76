/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decode, encode, decode: whatever the checker accepts is read with the typed reads and written in
 * deterministic form. That must be deterministic by the checker's own judgement, the same bytes where the
 * input was, and must come out of a second turn unchanged.
 */
#include <stdlib.h>

#include "tests/support/cbor_copy.h"
#include "tps/cbor.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static tps_span copy_of(tps_span input, tps_buf room)
{
    tps_cbor_reader r = tps_cbor_reader_init(input);
    tps_cbor_writer w = tps_cbor_writer_init(room);
    tps_span encoded;

    cbor_copy(&r, &w);
    require(tps_cbor_reader_finish(&r) == TPS_OK);
    require(tps_cbor_writer_finish(&w, &encoded) == TPS_OK);
    return encoded;
}

/* A count may take a byte more than an indefinite length and its break. */
static const tps_cbor_limits deterministic = {2 * 65536, 16, 512, &tps_cbor_deterministic};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[2 * 65536];
    static uint8_t second[2 * 65536];
    tps_span input = tps_span_make(data, size);
    tps_span copy;

    if (tps_cbor_check(input, &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        return 0;
    }
    copy = copy_of(input, TPS_BUF_OF(first));
    require(tps_cbor_check(copy, &deterministic, NULL, NULL) == TPS_OK);
    require(tps_cbor_check(input, &deterministic, NULL, NULL) != TPS_OK || tps_span_equal(copy, input));
    require(tps_span_equal(copy_of(copy, TPS_BUF_OF(second)), copy));
    return 0;
}
