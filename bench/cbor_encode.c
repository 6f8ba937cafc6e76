/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding a PSA claim set with the writer, against libcbor's cbor_encode_*(): the same calls, the same
 * bytes. */
#include <cbor.h>
#include <stdio.h>
#include <string.h>

#include "bench/cbor_samples.h"
#include "bench/measure.h"
#include "tps/psa.h"

#define ROUNDS     15u
#define ROUND_TIME 0.02 /* seconds, about, of each of the two in a round */

#define ROOM 512u

static void put_claim(tps_cbor_writer *w, int64_t label, size_t size)
{
    tps_cbor_put_int(w, label);
    tps_cbor_put_bytes(w, tps_span_make(cbor_sample_bytes, size));
}

static size_t encode(uint8_t room[ROOM])
{
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, ROOM});
    tps_span encoded;

    tps_cbor_put_map(&w, 8);
    put_claim(&w, TPS_PSA_INSTANCE_ID, 33);
    put_claim(&w, TPS_PSA_IMPLEMENTATION_ID, 32);
    put_claim(&w, TPS_PSA_NONCE, 32);
    tps_cbor_put_int(&w, TPS_PSA_CLIENT_ID);
    tps_cbor_put_int(&w, INT32_MAX);
    tps_cbor_put_int(&w, TPS_PSA_LIFECYCLE);
    tps_cbor_put_int(&w, 0x3000);
    tps_cbor_put_int(&w, TPS_PSA_EAT_PROFILE);
    tps_cbor_put_text(&w, CBOR_SAMPLE_PROFILE);
    put_claim(&w, TPS_PSA_BOOT_SEED, 8);
    tps_cbor_put_int(&w, TPS_PSA_SOFTWARE_COMPONENTS);
    tps_cbor_put_array(&w, 1);
    tps_cbor_put_map(&w, 3);
    put_claim(&w, TPS_PSA_COMPONENT_SIGNER_ID, 32);
    put_claim(&w, TPS_PSA_COMPONENT_MEASUREMENT, 32);
    tps_cbor_put_int(&w, TPS_PSA_COMPONENT_TYPE);
    tps_cbor_put_text(&w, "PRoT");
    return tps_cbor_writer_finish(&w, &encoded) == TPS_OK ? encoded.size : 0;
}

/* What a user of libcbor writes: each call tells how much it put, 0 when there was no room. */
typedef struct {
    uint8_t *data;
    size_t size;
    size_t used;
    bool has_failed;
} place;

static void took(place *p, size_t size)
{
    p->has_failed = p->has_failed || size == 0;
    p->used += size;
}

static void libcbor_raw(place *p, const void *bytes, size_t size)
{
    if (p->size - p->used < size) {
        p->has_failed = true;
        return;
    }
    memcpy(p->data + p->used, bytes, size);
    p->used += size;
}

static void libcbor_uint(place *p, uint64_t value)
{
    took(p, cbor_encode_uint(value, p->data + p->used, p->size - p->used));
}

static void libcbor_claim(place *p, uint64_t label, size_t size)
{
    libcbor_uint(p, label);
    took(p, cbor_encode_bytestring_start(size, p->data + p->used, p->size - p->used));
    libcbor_raw(p, cbor_sample_bytes, size);
}

static void libcbor_text(place *p, const char *text)
{
    size_t size = strlen(text);

    took(p, cbor_encode_string_start(size, p->data + p->used, p->size - p->used));
    libcbor_raw(p, text, size);
}

static void libcbor_map(place *p, size_t pairs)
{
    took(p, cbor_encode_map_start(pairs, p->data + p->used, p->size - p->used));
}

static size_t encode_libcbor(uint8_t room[ROOM])
{
    place p = {.data = room, .size = ROOM};

    libcbor_map(&p, 8);
    libcbor_claim(&p, TPS_PSA_INSTANCE_ID, 33);
    libcbor_claim(&p, TPS_PSA_IMPLEMENTATION_ID, 32);
    libcbor_claim(&p, TPS_PSA_NONCE, 32);
    libcbor_uint(&p, TPS_PSA_CLIENT_ID);
    libcbor_uint(&p, INT32_MAX);
    libcbor_uint(&p, TPS_PSA_LIFECYCLE);
    libcbor_uint(&p, 0x3000);
    libcbor_uint(&p, TPS_PSA_EAT_PROFILE);
    libcbor_text(&p, CBOR_SAMPLE_PROFILE);
    libcbor_claim(&p, TPS_PSA_BOOT_SEED, 8);
    libcbor_uint(&p, TPS_PSA_SOFTWARE_COMPONENTS);
    took(&p, cbor_encode_array_start(1, p.data + p.used, p.size - p.used));
    libcbor_map(&p, 3);
    libcbor_claim(&p, TPS_PSA_COMPONENT_SIGNER_ID, 32);
    libcbor_claim(&p, TPS_PSA_COMPONENT_MEASUREMENT, 32);
    libcbor_uint(&p, TPS_PSA_COMPONENT_TYPE);
    libcbor_text(&p, "PRoT");
    return p.has_failed ? 0 : p.used;
}

static double time_of(size_t (*encoder)(uint8_t[ROOM]), uint8_t room[ROOM], size_t count)
{
    double start = bench_cpu_seconds();

    for (size_t i = 0; i < count; i++) {
        bench_require(encoder(room) > 0, "the claims do not fit");
    }
    return (bench_cpu_seconds() - start) / (double)count;
}

int main(void)
{
    bench_rounds rounds = {.rounds = ROUNDS};
    cbor_sample expected = cbor_sample_psa();
    uint8_t ours[ROOM];
    uint8_t theirs[ROOM];
    size_t size = encode(ours);
    size_t count = 1;

    bench_pin(0);
    bench_require(tps_span_equal(tps_span_make(ours, size), expected.parts[0]) &&
                      tps_span_equal(tps_span_make(theirs, encode_libcbor(theirs)), expected.parts[0]),
                  "the two encoders disagree");
    while (time_of(encode_libcbor, theirs, count) * (double)count < ROUND_TIME) {
        count *= 2;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        rounds.ours[i] = time_of(encode, ours, count);
        rounds.bound[i] = time_of(encode_libcbor, theirs, count);
    }
    printf("{\"name\":\"cbor.encode\",\"ratio\":%.3f,\"value\":%.1f,\"unit\":\"ns\",\"bound\":%.1f,"
           "\"note\":\"PSA claim set of %zu bytes, writer against cbor_encode_*(); times faster\"}\n",
           bench_median_ratio(&rounds), bench_median_ours(&rounds) * 1e9, bench_median_bound(&rounds) * 1e9,
           size);
    return 0;
}
