/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relying party's part: an attestation result (EAR, a JWT), which may come in a conceptual message wrapper
 * (CMW, RFC 9999), is unwrapped, verified and judged. A verifier's part, making both, is here, too, so that
 * the program needs nothing else.
 *
 *     cc result_read.c $(pkg-config --cflags --libs opentps-format) -o result_read
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cmw.h"
#include "tps/ear.h"

#define NOW 1800000000

static const uint8_t nonce[16] = {0x42};

/* The verifier: claims, signature, wrapper. */
static tps_status make_result(tps_crypto_key *key, tps_buf room, size_t *size)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ES256);
    tps_ear_appraisal_content appraisal = {.name = TPS_SPAN_LITERAL("PSA_IOT"),
                                           .status = TPS_EAR_TIER_AFFIRMING,
                                           .vector_claims = 1u << TPS_EAR_EXECUTABLES,
                                           .vector[TPS_EAR_EXECUTABLES] = TPS_EAR_EXEC_APPROVED};
    tps_ear_content content = {.generation = TPS_EAR_2026,
                               .is_json = true,
                               .has_exp = true,
                               .iat = NOW,
                               .exp = NOW + 300,
                               .nonce = TPS_SPAN_OF(nonce),
                               .developer = TPS_SPAN_LITERAL("Acme"),
                               .build = TPS_SPAN_LITERAL("1.0"),
                               .appraisals = &appraisal,
                               .appraisal_count = 1};
    tps_cmw_record record = {.type = TPS_SPAN_LITERAL("application/eat+jwt"), .indicator = TPS_CMW_RESULTS};
    uint8_t claims[512];
    uint8_t scratch[512];
    uint8_t jwt[1024];
    tps_buf scratch_room = TPS_BUF_OF(scratch);

    TPS_TRY(tps_ear_encode(&content, &scratch_room, TPS_BUF_OF(claims), size));
    TPS_TRY(tps_jws_make(tps_span_make(claims, *size), NULL, &signer, TPS_BUF_OF(jwt), size));
    record.message = tps_span_make(jwt, *size);
    return tps_cmw_write_record(&record, true, room, size);
}

/* The relying party: what is it, who signed it, is it ours and fresh? */
static tps_status read_result(tps_span wrapped, int64_t now, tps_crypto_key *verifier_key, tps_buf room,
                              tps_ear *ear, tps_error *why)
{
    tps_ear_terms terms = {.now = now, .leeway = 30, .nonce = TPS_SPAN_OF(nonce)};
    tps_cmw wrapper;
    tps_span jwt;

    TPS_TRY(tps_cmw_read(wrapped, &room, &wrapper, why));
    if (tps_cmw_is_collection(&wrapper) || !tps_span_is_text(wrapper.type, "application/eat+jwt")) {
        return tps_fail(why, TPS_UNKNOWN_FORMAT, 0, "no result in a JWT");
    }
    TPS_TRY(tps_cmw_message(&wrapper, &room, &jwt));
    return tps_ear_verify_jwt(jwt, verifier_key, &terms, &room, ear, why);
}

/* Everything must be affirmed; whoever decides otherwise writes it here. */
static bool is_good(const tps_ear *ear, tps_buf room)
{
    tps_ear_walk walk = tps_ear_appraisals(ear);
    tps_ear_appraisal appraisal;
    bool is_affirmed = true;

    while (tps_ear_next_appraisal(&walk, &room, &appraisal)) {
        printf("%.*s: %s\n", (int)appraisal.name.size, (const char *)appraisal.name.data,
               tps_ear_tier_name(appraisal.status));
        is_affirmed = is_affirmed && appraisal.status == TPS_EAR_TIER_AFFIRMING;
    }
    return walk.status == TPS_OK && is_affirmed;
}

static tps_status show(tps_crypto_key *key, tps_error *why)
{
    static uint8_t wrapped[2048];
    static uint8_t room[4096];
    static uint8_t names[256];
    size_t size;
    tps_ear ear;

    TPS_TRY(make_result(key, TPS_BUF_OF(wrapped), &size));
    TPS_TRY(read_result(tps_span_make(wrapped, size), NOW + 10, key, TPS_BUF_OF(room), &ear, why));
    if (!is_good(&ear, TPS_BUF_OF(names))) {
        return TPS_EAR_BAD_STATUS;
    }
    /* An hour later it is over. */
    return read_result(tps_span_make(wrapped, size), NOW + 3600, key, TPS_BUF_OF(room), &ear, why) ==
                   TPS_EAR_EXPIRED
               ? TPS_OK
               : TPS_EAR_EXPIRED;
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
