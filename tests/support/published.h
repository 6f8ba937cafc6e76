/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file published.h
 * Taking published test vectors in JSON apart: members by a dotted path, keys as JWK. Tests fail where a
 * member is absent.
 */
#ifndef TPS_TEST_PUBLISHED_H
#define TPS_TEST_PUBLISHED_H

#include <jansson.h>

#include "tps/crypto.h"

/** Reads the vector `name` as JSON; the caller ends it with json_decref(). */
json_t *published_json(const char *name);

/** The text at a dotted path such as "input.sign0.key.x"; owned by `root`. */
const char *published_text(const json_t *root, const char *path);

/** Bytes of the hex text at `path`, in heap memory. */
tps_buf published_hex(const json_t *root, const char *path);

/** The member at a dotted path; a number in the path counts into an array. Owned by `root`. */
const json_t *published_member(const json_t *root, const char *path);

/** True when the object `root` has the member `name`. */
bool published_has(const json_t *root, const char *name);

/** The key pair of the JWK at `path`; the caller frees it. */
tps_crypto_key *published_private_key(const json_t *root, const char *path);

/** The secret of the symmetric JWK at `path`, in heap memory. */
tps_buf published_secret(const json_t *root, const char *path);

/** The public key of the JWK at `path` ("" for the root itself); the caller frees it. */
tps_crypto_key *published_key(const json_t *root, const char *path);

/** The public key of the JWK file `name`; the caller frees it. */
tps_crypto_key *published_jwk(const char *name);

#endif
