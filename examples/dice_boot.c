/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DICE: three stages of a boot certify one another in CBOR (Open Profile for DICE), and a verifier reads from
 * the chain what runs on the device. In a device each key is derived from the secret that the stage below
 * hands up; here they are made of constants.
 *
 *     cc dice_boot.c $(pkg-config --cflags --libs opentps-format) -o dice_boot
 */
#include <stdio.h>
#include <stdlib.h>

#include "tps/dice.h"

enum { MAKER, DEVICE, BOOTLOADER, FIRMWARE, KEYS };

static const char *const names[KEYS] = {"maker", "device", "bootloader", "firmware"};

/* The code that a stage measured before it runs it. */
static const char *const images[KEYS] = {NULL, NULL, "bootloader 2.1", "firmware 7.4"};

typedef struct {
    uint8_t room[512];
    tps_span encoded;
} certificate;

/* What stage `subject` is made of. The device itself, with its unique secret, is made of nothing. */
static tps_status measure(size_t subject, tps_digest *code, tps_dice_input *input)
{
    static const uint8_t authority[32] = {0}; /* the hash of who may release code */

    *input = (tps_dice_input){.mode = TPS_DICE_MODE_NORMAL};
    if (images[subject] == NULL) {
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_of_text(images[subject]), code));
    input->value[TPS_DICE_CODE_HASH] = tps_span_make(code->bytes, code->size);
    input->value[TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_LITERAL("debug off");
    input->value[TPS_DICE_AUTHORITY_HASH] = TPS_SPAN_OF(authority);
    input->present = 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_CONFIGURATION_DESCRIPTOR |
                     1u << TPS_DICE_AUTHORITY_HASH | 1u << TPS_DICE_MODE;
    return TPS_OK;
}

/* Stage `issuer` certifies the next one's key, and what it measured of it. */
static tps_status certify(size_t issuer, tps_crypto_key *const keys[KEYS], certificate *out)
{
    tps_cose_signer signer = tps_cose_signer_of_key(keys[issuer], TPS_ALG_ESP256);
    tps_dice_cwt_claims request = {.issuer = tps_span_of_text(names[issuer]),
                                   .subject = tps_span_of_text(names[issuer + 1]),
                                   .key_usage = TPS_DICE_USAGE_KEY_CERT_SIGN};
    uint8_t key_room[96];
    uint8_t payload_room[384];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(key_room));
    tps_digest code;

    TPS_TRY(measure(issuer + 1, &code, &request.input));
    TPS_TRY(tps_cose_key_put(&w, keys[issuer + 1]));
    TPS_TRY(tps_cbor_writer_finish(&w, &request.public_key));
    return tps_dice_cwt_make(&request, &signer, TPS_BUF_OF(payload_room), TPS_BUF_MEASURE,
                             TPS_BUF_OF(out->room), &out->encoded);
}

/* The other side: knows the maker's key alone. */
static tps_status read_chain(const tps_span *chain, tps_crypto_key *maker, tps_error *why)
{
    tps_dice_anchor anchor = {.root = maker, .issuer = TPS_SPAN_LITERAL("maker")};
    tps_dice_cwt_layer layers[KEYS - 1];

    TPS_TRY(tps_dice_cwt_chain_verify(chain, KEYS - 1, &anchor, layers, NULL, why));
    for (size_t i = 0; i < KEYS - 1; i++) {
        const tps_dice_input *input = &layers[i].input;

        printf("%-10.*s ", (int)layers[i].subject.size, (const char *)layers[i].subject.data);
        if (input->present == 0) {
            printf("has the device's secret\n");
            continue;
        }
        printf("mode %s, code ", tps_dice_mode_name(input->mode));
        for (size_t at = 0; at < 8; at++) {
            printf("%02x", input->value[TPS_DICE_CODE_HASH].data[at]);
        }
        printf("...\n");
    }
    return TPS_OK;
}

static tps_status boot_and_verify(tps_crypto_key *const keys[KEYS])
{
    certificate made[KEYS - 1];
    tps_span chain[KEYS - 1];
    tps_error why = {0};

    for (size_t i = 0; i < KEYS - 1; i++) {
        TPS_TRY(certify(i, keys, &made[i]));
        chain[i] = made[i].encoded;
    }
    TPS_TRY(read_chain(chain, keys[MAKER], &why));

    made[2].room[chain[2].size / 2] ^= 1; /* another firmware than the bootloader measured */
    if (read_chain(chain, keys[MAKER], &why) == TPS_OK) {
        return TPS_COSE_BAD_SIGNATURE;
    }
    printf("changed    %s: %s\n", tps_status_cause(why.status), tps_status_next_step(why.status));
    return TPS_OK;
}

int main(void)
{
    tps_crypto_key *keys[KEYS] = {NULL};
    tps_status status = TPS_OK;

    for (uint8_t i = 0; i < KEYS && status == TPS_OK; i++) {
        const uint8_t seed[48] = {i};
        status = tps_crypto_key_derive_p256(seed, &keys[i]);
    }
    if (status == TPS_OK) {
        status = boot_and_verify(keys);
    }
    for (size_t i = 0; i < KEYS; i++) {
        tps_crypto_key_free(keys[i]);
    }
    if (status != TPS_OK) {
        fprintf(stderr, "%s: %s\n", tps_status_cause(status), tps_status_next_step(status));
    }
    return status == TPS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
