/* SPDX-License-Identifier: Apache-2.0 */
/* Recipients (RFC 9052, 5.1 and 8.5): from a message to the content's key, and back. */
#ifndef TPS_FORMAT_COSE_RECIPIENT_H
#define TPS_FORMAT_COSE_RECIPIENT_H

#include "format/cose/aead.h"
#include "tps/cose_encrypt.h"

/** The kinds of recipient algorithms. */
enum {
    COSE_UNKNOWN_KIND,
    COSE_DIRECT,
    COSE_DIRECT_HKDF,
    COSE_KEY_WRAP,
    COSE_KEY_AEAD,
    COSE_ECDH_DIRECT,
    COSE_ECDH_WRAP
};

/** The kind of a recipient's algorithm. */
uint32_t cose_recipient_kind(int64_t alg);

/** The key wrap inside of an ECDH algorithm, or the algorithm itself. */
int32_t cose_wrap_alg(int32_t alg);

/** The size of a key wrap algorithm's key: 16, 24, 32. */
size_t cose_wrap_key_size(int32_t alg);

/** The size of the key of a content algorithm (encryption or MAC); 0 if it is none. */
size_t cose_content_key_size(int32_t alg);

/** The content's key. */
typedef struct {
    uint8_t bytes[COSE_KEY_MAX];
    size_t size;
    tps_span base_iv; /**< of a direct recipient's key */
} cose_content_key;

/**
 * Finds the content's key for a receiver. The caller wipes it, on failure too.
 * @param context  "Enc_Recipient" or "Mac_Recipient".
 * @param op       What a direct secret must allow: TPS_KEY_OP_DECRYPT or TPS_KEY_OP_MAC_VERIFY.
 * Errors as tps_cose_encrypt_open().
 */
TPS_MUST_USE tps_status cose_find_key(const tps_cose_message *message, const char *context, int32_t alg,
                                      uint32_t op, const tps_cose_receiver *receiver, cose_content_key *key);

#endif
