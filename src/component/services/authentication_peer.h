/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file authentication_peer.h
 * The key that speaks for a service provider: its root's own, or one that a chain of X.509 certificates leads
 * to. Private to the authentication service.
 */
#ifndef TPS_COMPONENT_AUTHENTICATION_PEER_H
#define TPS_COMPONENT_AUTHENTICATION_PEER_H

#include "component/platform.h"
#include "tps/crypto.h"

/** Who says to be a provider. */
typedef struct {
    const uint8_t *provider; /**< P, 32 bytes */
    tps_span root;           /**< DER SubjectPublicKeyInfo, as the peer gives it */
    tps_span chain;          /**< encoded array of DER certificates, leaf first; empty: the root's own key */
    tps_crypto_key *key;     /**< out: the caller frees it; NULL with an error */
    bool is_timed;           /**< out: no certificate was out of its times, or there is none */
} authentication_peer;

/**
 * Finds the key, if root and chain hold. Without a clock, times are not judged, and `is_timed` says so.
 * @param[out] error  An error of the response, or 0.
 * @retval TPS_OK                     `*error` tells.
 * @retval TPS_COMPONENT_BAD_MESSAGE  The chain is no array of 1 to TPS_AUTHENTICATION_CHAIN_MAX certificates.
 * @retval TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status authentication_peer_key(const tps_platform *platform, authentication_peer *peer,
                                                uint32_t *error, tps_error *why);

#endif
