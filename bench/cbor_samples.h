/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks of CBOR read and write: PSA claim sets, and a CoRIM with the CoMIDs inside it. */
#ifndef TPS_BENCH_CBOR_SAMPLES_H
#define TPS_BENCH_CBOR_SAMPLES_H

#include "tps/cbor.h"

#define CBOR_SAMPLE_PARTS 4u

/** CBOR items, to be walked one after the other. */
typedef struct {
    tps_span parts[CBOR_SAMPLE_PARTS];
    size_t count;
    size_t size; /**< bytes of all parts */
} cbor_sample;

/** Bytes of 32, 33 and 8, text and numbers: what the claims are made of. */
extern const uint8_t cbor_sample_bytes[33];
#define CBOR_SAMPLE_PROFILE     "tag:psacertified.org,2023:psa#tfm"
#define CBOR_SAMPLE_CERTIFICATE "0604565272829-10010"
#define CBOR_SAMPLE_SERVICE     "https://psa-verifier.org"

/** The eight claims of the token that RFC 9783 has as its example: 256 bytes, keys not sorted. */
cbor_sample cbor_sample_psa(void);

/** The same with the certification reference and the verification service: all ten claims, keys not sorted.
 */
cbor_sample cbor_sample_psa_full(void);

/** A CoRIM of sixteen devices, as tps_corim_encode() makes it: the outer item, then the CoMID in it. */
cbor_sample cbor_sample_corim(void);

#endif
