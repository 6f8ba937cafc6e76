/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Entity Attestation Token (RFC 9711): its signature, its times, the nonce that it answers, its claims and
 * its submodules. The token is made here, too, from claims written as people read them.
 *
 *     cc eat_verify.c $(pkg-config --cflags --libs opentps-format) -o eat_verify
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cbor_diagnostic.h"
#include "tps/cose.h"
#include "tps/eat.h"

static const char claims_text[] = "{"
                                  " / exp /        4: 2000000000,"
                                  " / eat_nonce / 10: h'00112233445566778899aabbccddeeff',"
                                  " / ueid /     256: h'01 0102030405060708 090a0b0c0d0e0f10',"
                                  " / swname /   270: \"Acme OS\","
                                  " / oemboot /  262: true,"
                                  " / dbgstat /  263: 3,"
                                  " / submods /  266: {\"modem\": {/ dbgstat / 263: 0}}"
                                  "}";

static tps_status make_token(tps_crypto_key *key, tps_buf room, tps_span *token, tps_error *why)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    uint8_t claims_room[256];
    tps_span claims;

    TPS_TRY(tps_cbor_from_diagnostic(tps_span_of_text(claims_text), TPS_BUF_OF(claims_room), &claims, why));
    return tps_cose_sign1_make(claims, NULL, &signer, room, token);
}

/* Signature first; then whether it is over, and whether it is the answer to our question. */
static tps_status verify_token(tps_span token, tps_span nonce, int64_t now, tps_crypto_key *key,
                               tps_eat_claims *claims, tps_error *why)
{
    tps_cose_message m;

    TPS_TRY(tps_cose_sign1_parse(token, &m, why));
    TPS_TRY(tps_cose_sign1_verify_parsed(&m, key, NULL));
    TPS_TRY(tps_eat_decode(m.payload, claims, why));
    TPS_TRY(tps_cwt_check_time(&claims->cwt, now, 60, why));
    return tps_eat_answers(claims, nonce) ? TPS_OK
                                          : tps_fail(why, TPS_VERIFIER_NONCE_MISMATCH, 0, "eat_nonce");
}

/* Every submodule, however deep; claims sets inside are decoded before they are shown. */
static tps_status show_submodule(void *context, const tps_eat_submodule *submodule, uint32_t depth,
                                 tps_span *claims_set)
{
    tps_eat_claims inner;

    (void)context;
    printf("%*s%.*s", (int)depth * 2, "", (int)submodule->name.size, (const char *)submodule->name.data);
    if (claims_set->size != 0) {
        TPS_TRY(tps_eat_decode(*claims_set, &inner, NULL));
        printf(": debug %s", tps_eat_debug_name(inner.dbgstat));
    }
    printf("\n");
    return TPS_OK;
}

static tps_status show(tps_crypto_key *key, tps_error *why)
{
    static const uint8_t nonce[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    tps_eat_visitor visitor = {.visit = show_submodule};
    uint8_t room[512];
    tps_span token;
    tps_eat_claims claims;

    TPS_TRY(make_token(key, TPS_BUF_OF(room), &token, why));
    TPS_TRY(verify_token(token, TPS_SPAN_OF(nonce), 1800000000, key, &claims, why));
    printf("%.*s, debug %s, started by its maker's software: %s\n", (int)claims.swname.size,
           (const char *)claims.swname.data, tps_eat_debug_name(claims.dbgstat),
           (claims.present & TPS_EAT_HAS_OEMBOOT) != 0 && claims.oemboot ? "yes" : "no");
    TPS_TRY(tps_eat_walk(claims.others, &visitor, why));

    /* Ten years later it is refused. */
    return verify_token(token, TPS_SPAN_OF(nonce), 2100000000, key, &claims, why) == TPS_CLAIM_EXPIRED
               ? TPS_OK
               : TPS_CLAIM_EXPIRED;
}

int main(void)
{
    tps_crypto_key *key = NULL;
    tps_error why = {0};
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &key);

    if (status == TPS_OK) {
        status = show(key, &why);
    }
    tps_crypto_key_free(key);
    if (status != TPS_OK) {
        fprintf(stderr, "%s (%s): %s\n", tps_status_cause(status), why.detail == NULL ? "" : why.detail,
                tps_status_next_step(status));
    }
    return status == TPS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
