/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Mac0, COSE_Encrypt0 and COSE_Encrypt (RFC 9052, 5 and 6): for two ends that share a key, and for
 * recipients each with a key of its own. docs/cose-in-ten-lines.md shows parts of this program.
 *
 *     cc cose_mac_encrypt.c $(pkg-config --cflags --libs opentps-format) -o cose_mac_encrypt
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/cose_encrypt.h"
#include "tps/secret.h"

static tps_status authenticate(tps_span payload, tps_span shared, tps_buf room, tps_span *message)
{
    tps_cose_secret key = {.bytes = shared};

    return tps_cose_mac0_make(payload, NULL, TPS_ALG_HMAC256, &key, room, message);
}

static tps_status check(tps_span message, tps_span shared, tps_span *payload, tps_error *why)
{
    tps_cose_secret key = {.bytes = shared};
    tps_cose_message m;

    TPS_TRY(tps_cose_mac0_verify(message, &key, NULL, &m, why));
    *payload = m.payload;
    return TPS_OK;
}

static tps_status encrypt(tps_span plain, tps_span shared, tps_buf room, tps_span *message)
{
    tps_cose_secret key = {.bytes = shared};

    return tps_cose_encrypt0_make(plain, NULL, TPS_ALG_A128GCM, &key, room, message);
}

static tps_status decrypt(tps_span message, tps_span shared, tps_buf room, tps_span *plain, tps_error *why)
{
    tps_cose_secret key = {.bytes = shared};
    tps_cose_message m;

    TPS_TRY(tps_cose_encrypted_parse(message, NULL, &m, why));
    return tps_cose_encrypt0_open(&m, &key, NULL, room, plain);
}

/* The content is encrypted once; its key is wrapped for each recipient under a key that only it can agree on.
 */
static tps_status encrypt_to(tps_span plain, const tps_crypto_key *phone, const tps_crypto_key *cloud,
                             tps_buf room, tps_span *message)
{
    tps_cose_recipient to[] = {
        {.alg = TPS_ALG_ECDH_ES_A128KW, .kid = TPS_SPAN_LITERAL("phone"), .peer = phone},
        {.alg = TPS_ALG_ECDH_ES_A128KW, .kid = TPS_SPAN_LITERAL("cloud"), .peer = cloud},
    };

    return tps_cose_encrypt_make(plain, NULL, TPS_ALG_A128GCM, to, 2, room, message);
}

static tps_status decrypt_as(const char *name, tps_span message, tps_crypto_key *own, tps_buf room,
                             tps_span *plain, tps_error *why)
{
    tps_cose_agreement agreement = tps_cose_agreement_of_key(own);
    tps_cose_receiver me = {.kid = tps_span_of_text(name), .agreement = &agreement};
    tps_cose_message m;

    TPS_TRY(tps_cose_encrypted_parse(message, NULL, &m, why));
    return tps_cose_encrypt_open(&m, &me, NULL, room, plain);
}

static tps_status show_shared(void)
{
    uint8_t shared[16];
    uint8_t room[128];
    uint8_t plain_room[64];
    tps_span key = TPS_SPAN_OF(shared);
    tps_span message;
    tps_span plain;
    tps_error why = {0};

    TPS_TRY(tps_crypto_random(TPS_BUF_OF(shared)));
    TPS_TRY(authenticate(TPS_SPAN_LITERAL("open the door"), key, TPS_BUF_OF(room), &message));
    TPS_TRY(check(message, key, &plain, &why));
    printf("%zu bytes of COSE_Mac0 around %zu\n", message.size, plain.size);

    TPS_TRY(encrypt(TPS_SPAN_LITERAL("open the door"), key, TPS_BUF_OF(room), &message));
    TPS_TRY(decrypt(message, key, TPS_BUF_OF(plain_room), &plain, &why));
    printf("%zu bytes of COSE_Encrypt0 around %zu\n", message.size, plain.size);
    shared[0] ^= 1;
    if (decrypt(message, key, TPS_BUF_OF(plain_room), &plain, &why) != TPS_COSE_BAD_TAG) {
        return TPS_COSE_BAD_TAG;
    }
    tps_wipe(shared, sizeof shared); /* keys of the caller are the caller's to wipe */
    return TPS_OK;
}

static tps_status show_recipients(tps_crypto_key *phone, tps_crypto_key *cloud)
{
    uint8_t room[512];
    uint8_t plain_room[64];
    tps_span message;
    tps_span plain;
    tps_error why = {0};

    TPS_TRY(encrypt_to(TPS_SPAN_LITERAL("open the door"), phone, cloud, TPS_BUF_OF(room), &message));
    TPS_TRY(decrypt_as("phone", message, phone, TPS_BUF_OF(plain_room), &plain, &why));
    TPS_TRY(decrypt_as("cloud", message, cloud, TPS_BUF_OF(plain_room), &plain, &why));
    printf("%zu bytes of COSE_Encrypt for two around %zu\n", message.size, plain.size);
    return decrypt_as("thief", message, phone, TPS_BUF_OF(plain_room), &plain, &why) == TPS_COSE_NO_KEY
               ? TPS_OK
               : TPS_COSE_NO_KEY;
}

int main(void)
{
    tps_crypto_key *phone = NULL;
    tps_crypto_key *cloud = NULL;
    tps_status status = show_shared();

    if (status == TPS_OK) {
        status = tps_crypto_key_generate(TPS_CURVE_P256, &phone);
    }
    if (status == TPS_OK) {
        status = tps_crypto_key_generate(TPS_CURVE_P256, &cloud);
    }
    if (status == TPS_OK) {
        status = show_recipients(phone, cloud);
    }
    tps_crypto_key_free(phone);
    tps_crypto_key_free(cloud);
    if (status != TPS_OK) {
        fprintf(stderr, "%s: %s\n", tps_status_cause(status), tps_status_next_step(status));
    }
    return status == TPS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
