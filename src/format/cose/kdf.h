/* SPDX-License-Identifier: Apache-2.0 */
/* Keys derived by HKDF with a COSE_KDF_Context (RFC 9053, 5). */
#ifndef TPS_FORMAT_COSE_KDF_H
#define TPS_FORMAT_COSE_KDF_H

#include "tps/cose_encrypt.h"

/** A derivation. */
typedef struct {
    int32_t alg;                       /**< what the key is for: a content or key wrap algorithm */
    size_t key_size;                   /**< in bytes */
    const tps_cose_message *recipient; /**< its buckets may name the parties and the salt */
    const tps_cose_kdf_info *info;     /**< may be NULL */
} cose_derivation;

/**
 * Writes the COSE_KDF_Context.
 * @retval TPS_COSE_BAD_HEADER  A party is of a wrong type, or not the one of `info`.
 * @retval TPS_TOO_LARGE        More than the room.
 */
TPS_MUST_USE tps_status cose_kdf_context(const cose_derivation *how, tps_buf room, tps_span *context);

/** True when there is a salt or a nonce of party U, in the message or known: what a secret that is used for
 * many messages must be derived with, so that each has a key of its own (RFC 9053, 6.1.2). */
bool cose_derivation_is_unique(const cose_derivation *how);

/** Derives the key from a shared secret into `key`, of `how->key_size` bytes. Errors as cose_kdf_context(),
 * and TPS_CRYPTO_FAILED. */
TPS_MUST_USE tps_status cose_derive(const cose_derivation *how, tps_span secret, uint8_t *key);

#endif
