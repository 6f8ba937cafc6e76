/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC over OpenSSL. The state in a tps_crypto_mac is a pointer to the library's context (NULL after a
 * failure, an end or an abort) and the size of the code. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/algorithms.h"
#include "crypto/openssl/algorithms.h"
#include "tps/secret.h"

static EVP_MAC_CTX *context_of(const tps_crypto_mac *mac)
{
    return (EVP_MAC_CTX *)(uintptr_t)mac->state[0];
}

/* A context of HMAC with this key, or NULL. An empty key is one zero byte to HMAC, and NULL is none to
 * OpenSSL. */
static EVP_MAC_CTX *begin(int32_t hash, tps_span key)
{
    static const uint8_t zero;
    const EVP_MAC_CTX *prepared = openssl_hmac(hash);
    EVP_MAC_CTX *context = prepared == NULL ? NULL : EVP_MAC_CTX_dup(prepared);
    tps_span shown = key.size == 0 ? tps_span_make(&zero, 1) : key;

    if (context == NULL) {
        return NULL;
    }
    if (EVP_MAC_init(context, shown.data, shown.size, NULL) != 1) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    return context;
}

tps_status tps_crypto_mac_begin(tps_crypto_mac *mac, int32_t alg, tps_span key)
{
    EVP_MAC_CTX *context;

    mac->state[0] = 0;
    if (tps_crypto_alg_mac_size(alg) == 0) {
        return TPS_CRYPTO_ALG_REFUSED;
    }
    if (key.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    context = begin(crypto_mac_hash(alg), key);
    if (context == NULL) {
        ERR_clear_error();
        return TPS_CRYPTO_FAILED;
    }
    mac->state[0] = (uint64_t)(uintptr_t)context;
    mac->state[1] = tps_crypto_alg_mac_size(alg);
    return TPS_OK;
}

void tps_crypto_mac_update(tps_crypto_mac *mac, tps_span bytes)
{
    if (mac->state[0] != 0 && bytes.size != 0 &&
        EVP_MAC_update(context_of(mac), bytes.data, bytes.size) != 1) {
        tps_crypto_mac_abort(mac);
    }
}

tps_status tps_crypto_mac_finish(tps_crypto_mac *mac, tps_digest *tag)
{
    size_t size = 0;
    bool good =
        mac->state[0] != 0 && EVP_MAC_final(context_of(mac), tag->bytes, &size, sizeof tag->bytes) == 1;

    tps_crypto_mac_abort(mac);
    tag->size = good ? (size_t)mac->state[1] : 0;
    tps_wipe(tag->bytes + tag->size,
             sizeof tag->bytes - tag->size); /* nothing of a longer code, or a failed one */
    return good ? TPS_OK : TPS_CRYPTO_FAILED;
}

void tps_crypto_mac_abort(tps_crypto_mac *mac)
{
    EVP_MAC_CTX_free(context_of(mac));
    mac->state[0] = 0;
}

tps_status tps_crypto_hmac_sha256(tps_span key, tps_span bytes, uint8_t mac[TPS_SHA256_SIZE])
{
    EVP_MAC_CTX *context = begin(TPS_ALG_SHA256, key);
    size_t size = 0;
    bool good = context != NULL &&
                (bytes.size == 0 || EVP_MAC_update(context, bytes.data, bytes.size) == 1) &&
                EVP_MAC_final(context, mac, &size, TPS_SHA256_SIZE) == 1;

    EVP_MAC_CTX_free(context);
    if (!good) {
        ERR_clear_error();
        tps_wipe(mac, TPS_SHA256_SIZE);
        return TPS_CRYPTO_FAILED;
    }
    return TPS_OK;
}
