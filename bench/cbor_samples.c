/* SPDX-License-Identifier: Apache-2.0 */
/* The samples, made with the writer; kept until the program ends. */
#include "bench/cbor_samples.h"

#include "bench/fleet.h"
#include "bench/measure.h"
#include "tps/psa.h"

#define COMID_TAG 506u
#define DEVICES   16u

const uint8_t cbor_sample_bytes[33] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void put_component(tps_cbor_writer *w)
{
    tps_span digest = tps_span_make(cbor_sample_bytes, 32);

    tps_cbor_put_int(w, TPS_PSA_SOFTWARE_COMPONENTS);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_map(w, 3);
    tps_cbor_put_int(w, TPS_PSA_COMPONENT_SIGNER_ID);
    tps_cbor_put_bytes(w, digest);
    tps_cbor_put_int(w, TPS_PSA_COMPONENT_MEASUREMENT);
    tps_cbor_put_bytes(w, digest);
    tps_cbor_put_int(w, TPS_PSA_COMPONENT_TYPE);
    tps_cbor_put_text(w, "PRoT");
}

static void put_claims(tps_cbor_writer *w)
{
    tps_cbor_put_int(w, TPS_PSA_INSTANCE_ID);
    tps_cbor_put_bytes(w, tps_span_make(cbor_sample_bytes, 33));
    tps_cbor_put_int(w, TPS_PSA_IMPLEMENTATION_ID);
    tps_cbor_put_bytes(w, tps_span_make(cbor_sample_bytes, 32));
    tps_cbor_put_int(w, TPS_PSA_NONCE);
    tps_cbor_put_bytes(w, tps_span_make(cbor_sample_bytes, 32));
    tps_cbor_put_int(w, TPS_PSA_CLIENT_ID);
    tps_cbor_put_int(w, INT32_MAX);
    tps_cbor_put_int(w, TPS_PSA_LIFECYCLE);
    tps_cbor_put_int(w, 0x3000);
    tps_cbor_put_int(w, TPS_PSA_EAT_PROFILE);
    tps_cbor_put_text(w, CBOR_SAMPLE_PROFILE);
    tps_cbor_put_int(w, TPS_PSA_BOOT_SEED);
    tps_cbor_put_bytes(w, tps_span_make(cbor_sample_bytes, 8));
    put_component(w);
}

static cbor_sample sample_of(const tps_cbor_writer *w)
{
    tps_span encoded;

    bench_require(tps_cbor_writer_finish(w, &encoded) == TPS_OK, "a sample does not fit");
    bench_require(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL) == TPS_OK, "a sample is bad");
    return (cbor_sample){{encoded}, 1, encoded.size};
}

cbor_sample cbor_sample_psa(void)
{
    static uint8_t room[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

    tps_cbor_put_map(&w, 8);
    put_claims(&w);
    return sample_of(&w);
}

cbor_sample cbor_sample_psa_full(void)
{
    static uint8_t room[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

    tps_cbor_put_map(&w, 10);
    put_claims(&w);
    tps_cbor_put_int(&w, TPS_PSA_VERIFICATION_SERVICE);
    tps_cbor_put_text(&w, CBOR_SAMPLE_SERVICE);
    tps_cbor_put_int(&w, TPS_PSA_CERTIFICATION_REFERENCE);
    tps_cbor_put_text(&w, CBOR_SAMPLE_CERTIFICATE);
    return sample_of(&w);
}

cbor_sample cbor_sample_corim(void)
{
    cbor_sample sample = {{fleet_endorsements(fleet_new(DEVICES))}, 1, 0};
    tps_cbor_reader r = tps_cbor_reader_init(sample.parts[0]);
    tps_cbor_item item = {0};
    bool is_comid = false;

    sample.size = sample.parts[0].size;
    while (tps_cbor_peek(&r) != TPS_CBOR_END && tps_cbor_read(&r, &item)) {
        if (is_comid && item.type == TPS_CBOR_BYTES && sample.count < CBOR_SAMPLE_PARTS) {
            sample.parts[sample.count++] = item.bytes;
            sample.size += item.bytes.size;
        }
        is_comid = item.type == TPS_CBOR_TAG && item.value == COMID_TAG;
    }
    bench_require(sample.count > 1, "the CoRIM holds no CoMID");
    return sample;
}
