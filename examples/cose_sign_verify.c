/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Sign1 (RFC 9052): making and verifying one, with the payload inside or beside it, and what a refusal
 * says. docs/cose-in-ten-lines.md shows parts of this program.
 *
 *     cc cose_sign_verify.c $(pkg-config --cflags --libs opentps-format) -o cose_sign_verify
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cose.h"

static tps_status sign(tps_span payload, tps_crypto_key *key, tps_buf room, tps_span *message)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_cose_make_options options = {.kid = TPS_SPAN_LITERAL("sensor-7")};

    return tps_cose_sign1_make(payload, &options, &signer, room, message);
}

static tps_status verify(tps_span message, tps_crypto_key *key, tps_span *payload, tps_error *why)
{
    tps_cose_message m;

    TPS_TRY(tps_cose_sign1_parse(message, &m, why));
    TPS_TRY(tps_cose_sign1_verify_parsed(&m, key, NULL));
    *payload = m.payload;
    return TPS_OK;
}

/* The payload travels by another way; the message names no bytes of it, and signs them all the same. */
static tps_status sign_beside(tps_span payload, tps_span context, tps_crypto_key *key, tps_buf room,
                              tps_span *message)
{
    tps_cose_signer signer = tps_cose_signer_of_key(key, TPS_ALG_ESP256);
    tps_cose_make_options options = {.is_detached = true, .aad = context};

    return tps_cose_sign1_make(payload, &options, &signer, room, message);
}

static tps_status verify_beside(tps_span message, tps_span payload, tps_span context, tps_crypto_key *key,
                                tps_error *why)
{
    tps_cose_terms terms = {.detached = payload, .aad = context, .alg = TPS_ALG_ESP256};
    tps_cose_message m;

    TPS_TRY(tps_cose_sign1_parse(message, &m, why));
    return tps_cose_sign1_verify_parsed(&m, key, &terms);
}

/* Many keys: the message says whose it may be, and the finder decides whether it knows that one. */
static tps_status find_key(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    *key = context;
    return tps_span_is_text(message->headers.kid, "sensor-7") ? TPS_OK : TPS_COSE_NO_KEY;
}

static tps_status verify_by_kid(tps_span message, tps_crypto_key *only_key, tps_span *payload, tps_error *why)
{
    tps_cose_key_finder keys = {.find = find_key, .context = only_key};
    tps_cose_message m;

    TPS_TRY(tps_cose_sign1_verify(message, &keys, NULL, &m, why));
    *payload = m.payload;
    return TPS_OK;
}

static void say(const char *what, tps_status status)
{
    printf("%-18s %s: %s\n", what, tps_status_cause(status),
           status == TPS_OK ? "the payload may be believed" : tps_status_next_step(status));
}

static tps_status show(tps_crypto_key *key)
{
    static const tps_span hello = {(const uint8_t *)"hello", 5};
    tps_span context = TPS_SPAN_LITERAL("firmware 1.2.3");
    uint8_t room[256];
    uint8_t room_beside[256];
    tps_span message;
    tps_span beside;
    tps_span payload;
    tps_error why = {0};

    TPS_TRY(sign(hello, key, TPS_BUF_OF(room), &message));
    TPS_TRY(verify(message, key, &payload, &why));
    TPS_TRY(verify_by_kid(message, key, &payload, &why));
    printf("%zu bytes of COSE_Sign1 around \"%.*s\"\n", message.size, (int)payload.size,
           (const char *)payload.data);

    TPS_TRY(sign_beside(hello, context, key, TPS_BUF_OF(room_beside), &beside));
    TPS_TRY(verify_beside(beside, hello, context, key, &why));
    printf("%zu bytes of COSE_Sign1 beside it\n", beside.size);

    /* What goes wrong has a name. */
    say("as it is", verify(message, key, &payload, &why));
    say("without payload", verify(beside, key, &payload, &why));
    say("another context", verify_beside(beside, hello, TPS_SPAN_EMPTY, key, &why));
    say("cut", verify(tps_span_make(message.data, 20), key, &payload, &why));
    room[message.size - 1] ^= 1;
    say("changed", verify(message, key, &payload, &why));
    return verify(message, key, &payload, &why) == TPS_COSE_BAD_SIGNATURE ? TPS_OK : TPS_COSE_BAD_SIGNATURE;
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
