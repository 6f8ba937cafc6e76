/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption under COSE's headers (RFC 9052, 5.3): Enc_structure, and the nonce. */
#ifndef TPS_FORMAT_COSE_AEAD_H
#define TPS_FORMAT_COSE_AEAD_H

#include "tps/cose.h"

enum { COSE_NONCE_MAX = 13, COSE_KEY_MAX = 64 };

/** An Enc_structure in pieces, as additional data for the back end: nothing is assembled but the heads. */
typedef struct {
    uint8_t start[24];
    uint8_t middle[9];
    tps_span parts[4];
} cose_enc_structure;

/** Sets up [context, protected, external_aad]; `s` may not be moved while the result is used. */
tps_crypto_aad cose_enc_structure_init(cose_enc_structure *s, const char *context, tps_span protected_raw,
                                       tps_span aad);

/**
 * The nonce (RFC 9052, 3.1): the IV, or Base IV filled up with zeros behind and XORed with the Partial IV
 * filled up before.
 * @retval TPS_COSE_BAD_HEADER  Not exactly one of them, or of a wrong size; or no base_iv.
 */
TPS_MUST_USE tps_status cose_nonce(tps_span iv, tps_span partial_iv, tps_span base_iv, size_t size,
                                   uint8_t nonce[COSE_NONCE_MAX]);

/** What a ciphertext of a message or of a recipient is opened with. */
typedef struct {
    const char *context;
    int32_t alg;
    tps_span key;
    tps_span base_iv;
    tps_span aad;
    tps_span sealed;
} cose_opening;

/** The algorithm, external data and ciphertext of a message that was taken apart; the key is left empty.
 * @retval TPS_COSE_ALG_REFUSED, TPS_COSE_BAD_HEADER, TPS_COSE_DETACHED, TPS_COSE_ATTACHED */
TPS_MUST_USE tps_status cose_opening_of(const tps_cose_message *message, const char *context,
                                        const tps_cose_terms *terms, cose_opening *how);

/** Opens the ciphertext of a message that was taken apart. Errors as tps_cose_encrypt0_open(). */
TPS_MUST_USE tps_status cose_open(const tps_cose_message *message, const cose_opening *how, tps_buf room,
                                  tps_span *plain);

#endif
