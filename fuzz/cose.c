/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes COSE_Sign1 and COSE_Mac0: taking messages apart. What is found lies inside the input, is found again
 * by its label, and nothing verifies. */
#include <stdlib.h>

#include "tps/cose.h"

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

static void require_certificates(tps_span encoded, tps_span input, size_t least)
{
    tps_span certificates[TPS_COSE_X5CHAIN_MAX + 1];
    size_t count = tps_cose_certificates(encoded, certificates, TPS_COSE_X5CHAIN_MAX + 1);

    require(count <= TPS_COSE_X5CHAIN_MAX && count >= least);
    for (size_t i = 0; i < count; i++) {
        require_inside(certificates[i], input);
    }
}

static void require_headers(const tps_cose_headers *h, tps_span input)
{
    const tps_span spans[] = {h->content_type, h->typ,        h->kid,        h->kid_context,
                              h->iv,           h->partial_iv, h->corim_meta, h->cwt_claims,
                              h->x5chain,      h->x5bag,      h->x5t,        h->x5u};
    tps_status status = tps_cose_x5t_check(h, input);

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        require_inside(spans[i], input);
    }
    require_certificates(h->x5chain, input, h->x5chain.size > 0);
    require_certificates(h->x5bag, input, h->x5bag.size > 0);
    require(status == TPS_NOT_FOUND || status == TPS_COSE_ALG_REFUSED);
    require(h->content_format == UINT64_MAX || h->content_type.data == NULL);
    require(!h->is_alg_protected || h->kid.data == NULL || h->kid.size <= input.size);
}

/* Every label known here stands in one bucket at most, and its value is not empty. */
static void require_labels(const tps_cose_message *m)
{
    for (int64_t label = -30; label < 40; label++) {
        tps_span in_protected;
        tps_span in_unprotected;
        bool is_protected = tps_cose_header_find(m->protected_raw, label, &in_protected);
        bool is_unprotected = tps_cose_header_find(m->unprotected_raw, label, &in_unprotected);

        require(!(is_protected && is_unprotected));
        require(is_protected == (in_protected.size > 0) && is_unprotected == (in_unprotected.size > 0));
        require_inside(in_protected, m->protected_raw);
        require_inside(in_unprotected, m->unprotected_raw);
    }
}

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {1};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

static void require_nothing_verifies(const tps_cose_message *m)
{
    static const uint8_t bytes[32] = {7};
    static const tps_cose_secret secret = {.bytes = {bytes, sizeof bytes}};
    const tps_cose_terms lenient = {.detached = TPS_SPAN_LITERAL("beside"), .permit_unprotected_alg = true};

    require(tps_cose_sign1_verify_parsed(m, fixed_key(), NULL) != TPS_OK);
    require(tps_cose_sign1_verify_parsed(m, fixed_key(), &lenient) != TPS_OK);
    require(tps_cose_mac0_verify_parsed(m, &secret, NULL) != TPS_OK);
    require(tps_cose_mac0_verify_parsed(m, &secret, &lenient) != TPS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t understood[] = {99, -99};
    const tps_cose_terms terms = {.understood = understood, .understood_count = 2};
    tps_span input = tps_span_make(data, size);
    tps_cose_message m;
    tps_error why = {0};
    tps_status status = tps_cose_sign1_parse(input, &m, &why);

    if (status != TPS_OK) {
        require(why.status == status && why.offset <= size);
        if (status == TPS_COSE_CRIT_UNKNOWN) {
            (void)!tps_cose_sign1_parse_under(input, &terms, &m, NULL);
        }
        return 0;
    }
    require(m.tag == TPS_TAG_COSE_SIGN1 || m.tag == TPS_TAG_COSE_MAC0 || m.tag == 0);
    require_inside(m.protected_raw, input);
    require_inside(m.unprotected_raw, input);
    require_inside(m.payload, input);
    require_inside(m.signature, input);
    require(m.recipients.size == 0 && (!m.is_detached || m.payload.size == 0));
    require_headers(&m.headers, input);
    require_labels(&m);
    require_nothing_verifies(&m);
    require(tps_cose_sign1_parse_under(input, &terms, &m, NULL) == TPS_OK);
    return 0;
}
