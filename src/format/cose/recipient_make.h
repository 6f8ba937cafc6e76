/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients, written: each gets the content's key in its own way. */
#ifndef TPS_FORMAT_COSE_RECIPIENT_MAKE_H
#define TPS_FORMAT_COSE_RECIPIENT_MAKE_H

#include "format/cose/recipient.h"

enum { COSE_SALT_SIZE = 16 };

/** The recipients of a message under way. */
typedef struct {
    const char *context; /**< "Enc_Recipient" or "Mac_Recipient" */
    int32_t alg;         /**< of the content */
    uint32_t op;         /**< what a direct secret must allow: TPS_KEY_OP_ENCRYPT or _MAC_CREATE */
    const tps_cose_recipient *recipients;
    size_t count;
    cose_content_key key;         /**< made by cose_make_key() */
    tps_crypto_key *ephemeral;    /**< of a direct agreement; the caller frees it */
    uint8_t salt[COSE_SALT_SIZE]; /**< of a direct derivation */
} cose_recipients;

/** Whether they can be. @retval TPS_BAD_ARGUMENT, TPS_COSE_ALG_REFUSED, TPS_COSE_KEY_USE, TPS_CRYPTO_BAD_KEY
 */
TPS_MUST_USE tps_status cose_recipients_check(const cose_recipients *r);

/** Makes the content's key: random, or what the one direct recipient makes it. The caller wipes `r`. */
TPS_MUST_USE tps_status cose_make_key(cose_recipients *r);

/** Writes the array of recipients. @param is_dry  Only the sizes count: no key was made. */
TPS_MUST_USE tps_status cose_put_recipients(tps_cbor_writer *w, const cose_recipients *r, bool is_dry);

#endif
