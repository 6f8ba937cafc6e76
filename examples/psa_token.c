/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PSA attestation token (RFC 9783), both ends: a device writes its claims and signs them, a verifier checks
 * the signature, then the nonce, then what the device says of itself.
 *
 *     cc psa_token.c $(pkg-config --cflags --libs opentps-format) -o psa_token
 *
 * Whether these measurements are good is another question: endorsements answer it (tps/verifier.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tps/cose.h"
#include "tps/psa.h"
#include "tps/secret.h"

/* What a real device reads from its boot loader and its fuses. */
static tps_status make_token(tps_span nonce, tps_crypto_key *device_key, tps_buf room, tps_span *token)
{
    uint8_t measurement[32];
    uint8_t signer_id[32];
    uint8_t implementation_id[32];
    uint8_t instance_id[33] = {0x01};
    uint8_t claims_room[384];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key, TPS_ALG_ES256);
    tps_psa_claims claims = {
        .nonce = nonce,
        .instance_id = TPS_SPAN_OF(instance_id),
        .implementation_id = TPS_SPAN_OF(implementation_id),
        .client_id = 1,
        .lifecycle = TPS_PSA_LIFECYCLE_SECURED << 8,
        .component_count = 1,
        .components = {{.type = TPS_SPAN_LITERAL("PRoT"),
                        .measurement = TPS_SPAN_OF(measurement),
                        .version = TPS_SPAN_LITERAL("1.3.5"),
                        .signer_id = TPS_SPAN_OF(signer_id)}},
    };
    tps_span payload;

    memset(measurement, 0x11, sizeof measurement);
    memset(signer_id, 0x22, sizeof signer_id);
    memset(implementation_id, 0x33, sizeof implementation_id);
    memset(instance_id + 1, 0x44, sizeof instance_id - 1);
    TPS_TRY(tps_psa_encode(&claims, TPS_BUF_OF(claims_room), &payload, NULL));
    return tps_cose_sign1_make(payload, NULL, &signer, room, token);
}

static tps_status verify_token(tps_span token, tps_span nonce, tps_crypto_key *device_key,
                               tps_psa_claims *claims, tps_error *why)
{
    tps_cose_message m;

    TPS_TRY(tps_cose_sign1_parse(token, &m, why));
    TPS_TRY(tps_cose_sign1_verify_parsed(&m, device_key, NULL));
    TPS_TRY(tps_psa_decode(m.payload, claims, why));
    if (claims->nonce.size != nonce.size || !tps_equal_secret(claims->nonce.data, nonce.data, nonce.size)) {
        return tps_fail(why, TPS_VERIFIER_NONCE_MISMATCH, 0, "nonce");
    }
    return TPS_OK;
}

static tps_status show(tps_crypto_key *key)
{
    static tps_psa_claims claims; /* some KiB: it has room for 32 components */
    uint8_t nonce[32];
    uint8_t room[512];
    tps_span token;
    tps_error why = {0};

    TPS_TRY(tps_crypto_random(TPS_BUF_OF(nonce)));
    TPS_TRY(make_token(TPS_SPAN_OF(nonce), key, TPS_BUF_OF(room), &token));
    TPS_TRY(verify_token(token, TPS_SPAN_OF(nonce), key, &claims, &why));
    printf("%zu bytes of token: lifecycle %s, %.*s %.*s\n", token.size,
           tps_psa_lifecycle_name(claims.lifecycle), (int)claims.components[0].type.size,
           (const char *)claims.components[0].type.data, (int)claims.components[0].version.size,
           (const char *)claims.components[0].version.data);

    nonce[0] ^= 1; /* a token that was seen before answers another nonce */
    return verify_token(token, TPS_SPAN_OF(nonce), key, &claims, &why) == TPS_VERIFIER_NONCE_MISMATCH
               ? TPS_OK
               : TPS_VERIFIER_NONCE_MISMATCH;
}

int main(void)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &key);

    if (status == TPS_OK) {
        status = show(key);
    }
    tps_crypto_key_free(key);
    if (status != TPS_OK) {
        fprintf(stderr, "%s: %s\n", tps_status_cause(status), tps_status_next_step(status));
    }
    return status == TPS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
