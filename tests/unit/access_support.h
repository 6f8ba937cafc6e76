/* SPDX-License-Identifier: Apache-2.0 */
/* An identity provider for tests of access/: keys of each kind, their key set, tokens that they sign. */
#ifndef TPS_TEST_ACCESS_SUPPORT_H
#define TPS_TEST_ACCESS_SUPPORT_H

#include <openssl/evp.h>

#include "support/check.h"

/** One key of a provider. */
typedef struct {
    const char *alg; /**< "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA" */
    const char *kid;
    EVP_PKEY *key;
} issuer_key;

/** A new key; RSA has 2,048 bits. Ended by issuer_key_end(). */
issuer_key issuer_key_make(const char *alg, const char *kid);
void issuer_key_end(issuer_key *key);

/** Its public part as a JWK, to the end of the text `out`; `more` stands in it, such as ",\"use\":\"sig\"".
 */
void issuer_put_jwk(const issuer_key *key, const char *more, char *out, size_t size);

/** {"keys":[...]} of these. */
void issuer_jwks(const issuer_key *keys, size_t count, char *out, size_t size);

/** header.payload.signature of any header; signed by `key` as its alg says. */
void issuer_sign(const issuer_key *key, const char *header, const char *claims, char *out, size_t size);

/** The same with {"alg":...,"kid":...,"typ":"JWT"}. */
void issuer_token(const issuer_key *key, const char *claims, char *out, size_t size);

#endif
