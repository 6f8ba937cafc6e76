/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes COSE_Encrypt0, COSE_Encrypt and COSE_Mac with keys of every kind. The corpus holds messages for
 * these keys: what opens is the same twice, and what does not open leaves nothing behind. */
#include <stdlib.h>

#include "tps/cose_encrypt.h"

enum { ROOM = 4096 };

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void require_inside(tps_span part, tps_span whole)
{
    require(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

/* The keys of cose-wg/Examples: a secret, and that of meriadoc. */
static const uint8_t secret_bytes[32] = {0x84, 0x9b, 0x57, 0x21, 0x9d, 0xae, 0x48, 0xde, 0x64, 0x6d, 0x07,
                                         0xdb, 0xb5, 0x33, 0x56, 0x6e, 0x97, 0x66, 0x86, 0x45, 0x7c, 0x14,
                                         0x91, 0xbe, 0x3a, 0x76, 0xdc, 0xea, 0x6c, 0x42, 0x71, 0x88};
static const uint8_t scalar[32] = {0xaf, 0xf9, 0x07, 0xc9, 0x9f, 0x9a, 0xd3, 0xaa, 0xe6, 0xc4, 0xcd,
                                   0xf2, 0x11, 0x22, 0xbc, 0xe2, 0xbd, 0x68, 0xb5, 0x28, 0x3e, 0x69,
                                   0x07, 0x15, 0x4a, 0xd9, 0x11, 0x84, 0x0f, 0xa2, 0x08, 0xcf};

static const tps_cose_agreement *agreement(void)
{
    static tps_crypto_key *key;
    static tps_cose_agreement own;

    if (key == NULL) {
        require(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &key) == TPS_OK);
        own = tps_cose_agreement_of_key(key);
    }
    return &own;
}

static tps_status open_once(const tps_cose_message *m, size_t key_size, tps_buf room, tps_span *plain)
{
    const tps_cose_secret secret = {.bytes = {secret_bytes, key_size}, .base_iv = {secret_bytes, 8}};
    const tps_cose_receiver me = {.secret = &secret, .agreement = agreement()};
    const tps_cose_terms terms = {.permit_unprotected_alg = true};

    return m->recipients.size == 0 ? tps_cose_encrypt0_open(m, &secret, &terms, room, plain)
                                   : tps_cose_encrypt_open(m, &me, &terms, room, plain);
}

static void require_opened_or_nothing(const tps_cose_message *m, size_t key_size)
{
    static uint8_t room[ROOM];
    static uint8_t again[ROOM];
    tps_span plain;
    tps_span second;
    tps_status status = open_once(m, key_size, TPS_BUF_OF(room), &plain);

    require(open_once(m, key_size, TPS_BUF_OF(again), &second) == status);
    require(plain.size == second.size);
    if (status == TPS_OK) {
        require(tps_span_equal(plain, second));
        require(open_once(m, key_size, TPS_BUF_MEASURE, &second) == TPS_BUFFER_TOO_SMALL);
    } else {
        require(plain.data == NULL && (plain.size == 0 || status == TPS_BUFFER_TOO_SMALL));
    }
}

static void verify(tps_span input)
{
    const tps_cose_secret secret = {.bytes = TPS_SPAN_OF(secret_bytes)};
    const tps_cose_receiver me = {.secret = &secret, .agreement = agreement()};
    tps_cose_message m;

    if (tps_cose_mac_parse(input, NULL, &m, NULL) == TPS_OK) {
        require_inside(m.recipients, input);
        require_inside(m.signature, input);
        (void)!tps_cose_mac_verify_parsed(&m, &me, NULL);
        require(m.recipients.size > 0 ||
                tps_cose_mac_verify_parsed(&m, &me, NULL) == TPS_COSE_NOT_WELL_FORMED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_cose_message m;
    tps_error why = {0};
    tps_status status = tps_cose_encrypted_parse(input, NULL, &m, &why);

    if (status == TPS_OK) {
        require(m.signature.size == 0);
        require_inside(m.recipients, input);
        require_inside(m.payload, input);
        require_opened_or_nothing(&m, 16);
        require_opened_or_nothing(&m, 32);
    } else {
        require(why.status == status && why.offset <= size);
    }
    verify(input);
    return 0;
}
