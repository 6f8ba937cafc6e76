/* SPDX-License-Identifier: Apache-2.0 */
/* From a provider's root to the key that speaks for it. */
#include "component/services/authentication_peer.h"

#include "component/services/authentication.h"
#include "format/der/chain.h"
#include "tps/cbor.h"

static tps_status read_chain(tps_span encoded, tps_span *chain, size_t *count, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    *count = 0;
    while (tps_cbor_next(&r, &list)) {
        tps_span certificate = tps_cbor_get_bytes(&r);

        if (*count == TPS_AUTHENTICATION_CHAIN_MAX) {
            tps_cbor_fail(&r, TPS_COMPONENT_BAD_MESSAGE);
        } else {
            chain[(*count)++] = certificate;
        }
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK || *count == 0) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "chain");
    }
    return TPS_OK;
}

/** Whether a certificate's alternative names have the URI of those who speak for a provider. */
static bool is_for_provider(tps_span certificate)
{
    static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */
    bool is_named = false;
    bool is_critical;
    tps_span value;
    der_reader r;
    const uint8_t *outer;

    if (der_certificate_extension(certificate, TPS_SPAN_OF(subject_alt_name), &value, &is_critical, NULL) !=
        TPS_OK) {
        return false;
    }
    r = der_reader_init(value);
    outer = der_enter(&r, DER_SEQUENCE);
    while (der_peek(&r) != DER_END) {
        tps_span uri;

        if (!der_take(&r, DER_CONTEXT(6), &uri)) { /* uniformResourceIdentifier (RFC 5280, 4.2.1.6) */
            (void)der_skip(&r);
            continue;
        }
        is_named = is_named || tps_span_is_text(uri, TPS_AUTHENTICATION_PROVIDER_URI);
    }
    der_leave(&r, outer);
    return der_reader_finish(&r) == TPS_OK && is_named;
}

/** The device's time, or 0 where it has none. */
static int64_t now_of(const tps_platform *platform)
{
    uint64_t seconds;

    return platform->time(platform->context, &seconds) == TPS_OK && seconds <= INT64_MAX ? (int64_t)seconds
                                                                                         : 0;
}

static tps_status follow_chain(const tps_platform *platform, authentication_peer *peer, tps_crypto_key *root,
                               uint32_t *error, tps_error *why)
{
    der_anchor anchor = {.root = root, .now = now_of(platform)};
    tps_span chain[TPS_AUTHENTICATION_CHAIN_MAX];
    size_t count;
    tps_status status;

    TPS_TRY(read_chain(peer->chain, chain, &count, why));
    status = der_chain_verify(chain, count, &anchor, &peer->key, NULL);
    if (status == TPS_CRYPTO_FAILED || status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    if (status == TPS_OK && !is_for_provider(chain[0])) {
        tps_crypto_key_free(peer->key);
        peer->key = NULL;
        status = TPS_CRYPTO_BAD_CERTIFICATE;
    }
    if (status != TPS_OK) {
        *error = status == TPS_CRYPTO_CHAIN_EXPIRED ? TPS_AUTHENTICATION_ERROR_EXPIRED
                                                    : TPS_AUTHENTICATION_ERROR_CHAIN;
    }
    peer->is_timed = anchor.now != 0;
    return TPS_OK;
}

tps_status authentication_peer_key(const tps_platform *platform, authentication_peer *peer, uint32_t *error,
                                   tps_error *why)
{
    tps_digest digest;
    tps_crypto_key *root;
    tps_status status;

    *error = TPS_AUTHENTICATION_ERROR_ROOT;
    peer->key = NULL;
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, peer->root, &digest));
    if (memcmp(digest.bytes, peer->provider, TPS_SHA256_SIZE) != 0) {
        return TPS_OK;
    }
    status = tps_crypto_key_from_spki(peer->root, &root);
    if (status != TPS_OK) {
        return status == TPS_CRYPTO_BAD_KEY || status == TPS_CRYPTO_ALG_REFUSED ? TPS_OK : status;
    }
    *error = 0;
    if (peer->chain.size == 0) {
        peer->key = root;
        peer->is_timed = true;
        return TPS_OK;
    }
    status = follow_chain(platform, peer, root, error, why);
    tps_crypto_key_free(root);
    return status;
}
