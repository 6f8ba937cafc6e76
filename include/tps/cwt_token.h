/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cwt_token.h
 * CBOR Web Tokens as they travel (RFC 8392, 7): the protection is taken off, layer by layer, each verified or
 * decrypted, until the claims lie open. A token may be signed (COSE_Sign1), authenticated (COSE_Mac0),
 * encrypted (COSE_Encrypt0), or one inside of the other: signed, then encrypted, is usual.
 *
 *     tps_cwt_token token;
 *     TPS_TRY(tps_cwt_open(bytes, &keys, TPS_BUF_OF(room), &token, &why));
 *     if (token.signed_count == 0) { ... nobody's signature stands behind token.claims ... }
 *     TPS_TRY(tps_eat_decode(token.claims, &claims, &why));
 *
 * No heap. Thread-safe for distinct outputs, keys and rooms. Stack on a Cortex-M33: 1.3 KiB of ours,
 * beside that of the finders and of the crypto back end.
 */
#ifndef TPS_CWT_TOKEN_H
#define TPS_CWT_TOKEN_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How many layers of protection may lie in each other. */
#define TPS_CWT_LAYERS_MAX 4u

/** Who has the keys. What is NULL finds none. */
typedef struct {
    tps_cose_key_finder signers; /**< of COSE_Sign1; its `find` may be NULL */
    /**
     * Finds the secret of a COSE_Mac0 or COSE_Encrypt0 (`message->tag` says which).
     * @return TPS_OK with `*secret`, which stays the finder's; or any failure (TPS_COSE_NO_KEY if unknown).
     */
    tps_status (*find_secret)(void *context, const tps_cose_message *message, const tps_cose_secret **secret);
    void *context;
} tps_cwt_keys;

/** A token whose every layer is taken off. */
typedef struct {
    tps_span claims;          /**< the innermost payload: of `bytes`, or of `room` behind an encryption */
    uint32_t layer_count;     /**< at least 1 */
    uint32_t signed_count;    /**< of them COSE_Sign1: who signed is known */
    uint32_t mac_count;       /**< COSE_Mac0: any holder of the key may have made it */
    uint32_t encrypted_count; /**< COSE_Encrypt0 */
    uint64_t tags[TPS_CWT_LAYERS_MAX]; /**< of each layer, the outermost first: 18, 17, 16 */
    tps_cose_headers headers;          /**< of the innermost layer */
} tps_cwt_token;

/**
 * @brief Verify and decrypt a CWT to its claims.
 *
 * A CWT tag (61) may stand around any layer, and must stand around a COSE tag (RFC 8392, 6). Inner layers
 * must be tagged, for nothing else says what they are (RFC 8392, 7.1, step 7).
 *
 * @param bytes     The token. Untagged, it is taken for a COSE_Sign1.
 * @param keys      Finds keys; not NULL.
 * @param room      Takes what is decrypted, each layer behind the one before; at most `bytes.size` for each
 * of them. May be TPS_BUF_MEASURE where nothing is encrypted.
 * @param[out] out  Points into `bytes` and `room`. Set if TPS_OK.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK                 Every layer is good. What the claims say is for their decoder.
 * @retval TPS_COSE_NO_KEY        No key for a layer.
 * @retval TPS_COSE_BAD_SIGNATURE, TPS_COSE_BAD_TAG  A layer is not what its maker made.
 * @retval TPS_COSE_NOT_WELL_FORMED  A tag that is none of these; a layer that is no such message.
 * @retval TPS_CLAIM_BAD_TYPE     The innermost payload is no map.
 * @retval TPS_CBOR_TOO_DEEP      More than TPS_CWT_LAYERS_MAX layers.
 * @retval TPS_BUFFER_TOO_SMALL   `room`; on any failure behind a decryption it is wiped.
 * @retval others                 As tps_cose_sign1_verify(), tps_cose_mac0_verify() and
 * tps_cose_encrypt0_open(), or what a finder returned.
 */
TPS_MUST_USE tps_status tps_cwt_open(tps_span bytes, const tps_cwt_keys *keys, tps_buf room,
                                     tps_cwt_token *out, tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
