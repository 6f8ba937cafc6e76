/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as evidence of a composite device. The first byte chooses: 'S' they are the submodules of a token
 * that is signed by a key that the verifier trusts; 'T' a JWT's claims in JSON, signed by it, too; all else:
 * they are what came. Nothing may be affirmed, for nothing is endorsed; and what is said of each part must be
 * fit for people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tps/crypto.h"
#include "tps/eat.h"
#include "tps/jws.h"
#include "tps/psa.h"
#include "tps/verifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t digest[32] = {1};
static const uint8_t instance[33] = {1};

static void must(bool is_so)
{
    if (!is_so) {
        abort();
    }
}

/* The claims of a PSA token with the bytes as submodules. */
static tps_span claims_with(tps_span submods)
{
    static uint8_t room[1 << 17];
    uint8_t plain[1024];
    const tps_psa_claims claims = {
        .nonce = TPS_SPAN_OF(digest),
        .instance_id = TPS_SPAN_OF(instance),
        .implementation_id = TPS_SPAN_OF(digest),
        .client_id = 1,
        .lifecycle = 0x3000,
        .components = {{.measurement = TPS_SPAN_OF(digest), .signer_id = TPS_SPAN_OF(digest)}},
        .component_count = 1};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span map;

    must(tps_psa_encode(&claims, TPS_BUF_OF(plain), &map, NULL) == TPS_OK && map.data[0] < 0xb7);
    tps_cbor_put_map(&w, (uint64_t)(map.data[0] - 0xa0) + 1);
    tps_cbor_put_int(&w, TPS_EAT_SUBMODS);
    memcpy(room + w.size, submods.data, submods.size);
    memcpy(room + w.size + submods.size, map.data + 1, map.size - 1);
    return tps_span_make(room, w.size + submods.size + map.size - 1);
}

static tps_span sign(tps_crypto_key *key, tps_span claims)
{
    static uint8_t room[1 << 18];
    tps_cose_sign1_options options = {.scratch = {NULL, 0}};
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_span message = TPS_SPAN_EMPTY;

    must(tps_cose_sign1_make(claims, &options, &signer, TPS_BUF_OF(room), &message) == TPS_OK);
    return message;
}

static tps_span sign_jwt(tps_crypto_key *key, tps_span json)
{
    static uint8_t room[1 << 18];
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    size_t size;

    must(tps_jws_make(json, NULL, &signer, TPS_BUF_OF(room), &size) == TPS_OK);
    return tps_span_make(room, size);
}

static void judge(tps_verifier *v, tps_span bytes)
{
    static tps_appraisal parts[TPS_PARTS_MAX];
    static uint8_t room[TPS_APPRAISAL_ROOM(1 << 18)];
    const tps_appraisal_request request = {.nonce = TPS_SPAN_OF(digest), .now = 1790000000};
    size_t count;
    uint8_t tier;

    tps_verifier_appraise_all(v, bytes, (tps_buf){room, TPS_APPRAISAL_ROOM(bytes.size)}, &request, parts,
                              TPS_PARTS_MAX, &count, &tier);
    must(count >= 1 && count <= TPS_PARTS_MAX && tier != TPS_EAR_TIER_AFFIRMING);
    for (size_t i = 0; i < count; i++) {
        must(parts[i].tier != TPS_EAR_TIER_AFFIRMING && parts[i].finding_count > 0);
        must(memchr(parts[i].name, 0, sizeof parts[i].name) != NULL);
        must(strpbrk(parts[i].name, "\x1b\n\r\x7f") == NULL);
        for (size_t f = 0; f < parts[i].finding_count; f++) {
            must(parts[i].findings[f].cause[0] != '\0' && parts[i].findings[f].next_step[0] != '\0');
        }
    }
}

static tps_crypto_key *make_key(uint8_t point[65])
{
    static const uint8_t scalar[32] = {[31] = 7};
    tps_crypto_key *key = NULL;
    tps_crypto_point p;

    must(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &key) == TPS_OK);
    must(tps_crypto_key_point(key, &p) == TPS_OK);
    point[0] = 4;
    memcpy(point + 1, p.x, 32);
    memcpy(point + 33, p.y, 32);
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tps_verifier *v;
    static tps_crypto_key *key;
    const tps_verifier_options options = {0};
    uint8_t point[65];
    tps_span rest = tps_span_make(data + (size > 0), size - (size > 0));

    if (size == 0 || size > 1 << 15) {
        return 0;
    }
    if (v == NULL) {
        key = make_key(point);
        must(tps_verifier_new(&options, &v) == TPS_OK &&
             tps_verifier_add_key(v, TPS_SPAN_OF(point)) == TPS_OK);
    }
    switch (data[0]) {
    case 'S': judge(v, sign(key, claims_with(rest))); break;
    case 'T': judge(v, sign_jwt(key, rest)); break;
    default: judge(v, tps_span_make(data, size)); break;
    }
    return 0;
}
