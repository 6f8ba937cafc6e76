/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Keys (RFC 7517; RFC 7518, 6; RFC 8037, 2) read without a heap, into the same form as a COSE_Key:
 * what tps/cose_key.h does with one it does with the other.
 */
#ifndef TPS_FORMAT_JSON_JWK_H
#define TPS_FORMAT_JSON_JWK_H

#include "tps/cose_key.h"

/** Room for what the members of any key taken here decode to. */
#define JWK_ROOM_SIZE 1024u

/** `key.alg` of a key whose own alg is none of those that COSE has an integer for here (RS256, A128KW ...):
 * it fits nothing. */
#define JWK_ALG_OTHER INT64_MIN

/** A JWK taken apart. */
typedef struct {
    tps_cose_key key;   /**< as of a COSE_Key: the spans point into the room; `kid` and `base_iv` are empty */
    int64_t also;       /**< COSE's other name for the mathematics of `key.alg` (JOSE has one name, as ES256,
                             where COSE has two, -7 and -9); 0: none */
    bool is_enc_by_use; /**< the use is "enc", and no key_ops say what of it: `key.ops` are those of "enc" */
    bool has_private_part; /**< d is there; it was not read. `key.secret` is k of a symmetric key alone */
} jwk;

/**
 * @brief Take a JWK apart.
 *
 * Kinds: EC on P-256, P-384, P-521; OKP with Ed25519; RSA of 2,048 to 4,096 bits (n and e); oct. What the key
 * says of its use becomes `key.alg` and `key.ops`: alg by COSE's integers, key_ops by its bits, of which a
 * symmetric key's "sign" and "verify" are those of authentication codes, too; use "sig" leaves the bits of
 * signatures and codes, "enc" the others, and any other use none. Where use and key_ops are both there, both
 * count (RFC 7517, 4.3). Names of operations that are not known allow nothing.
 *
 * @param text      One JSON object, at most 64 KiB.
 * @param room      JWK_ROOM_SIZE bytes. Of a symmetric key it holds the secret: wipe it, on failure too.
 * @param[out] out  Set if TPS_OK.
 * @param[out] why  The member that is wrong; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_JWK_BAD_KEY  No object; a member is absent, of a wrong type or size, or no base64url; an
 * unknown kty or crv; an operation twice.
 * @retval TPS_JSON_*       From json_check() under json_limits_message.
 *
 * Stack: about 2.5 KiB, json_check()'s included. Thread-safe for distinct outputs.
 */
TPS_MUST_USE tps_status jwk_read(tps_span text, tps_buf room, jwk *out, tps_error *why);

#endif
