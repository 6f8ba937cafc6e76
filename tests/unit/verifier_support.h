/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A maker with two classes of devices, and evidence of them, for the tests of the verifier. Everything is
 * made from fixed keys; results lie in static memory until the same function is called again.
 */
#ifndef TPS_TEST_VERIFIER_SUPPORT_H
#define TPS_TEST_VERIFIER_SUPPORT_H

#include "tps/corim.h"
#include "tps/crypto.h"
#include "tps/device_claims.h"
#include "tps/psa.h"
#include "tps/verifier.h"

/** "Now" in these tests. */
#define NOW ((int64_t)1790000000)

/** The nonce that is asked with: 32 bytes of 1. */
extern const uint8_t the_nonce[32];

/** The class ids of lamp and lock. */
extern const uint8_t lamp_class[32];
extern const uint8_t lock_class[32];

/** The key of device `number`, from test_key(); freed by support_end(). */
tps_crypto_key *device_key(uint8_t number);

/** The instance id that goes with a key: 0x01, SHA-256(0x04, X, Y). 33 bytes. */
tps_span instance_of(tps_crypto_key *key);

/** Claims of a lamp (device 1) that is as it should be; components "boot", "rot", "app" 1.0. */
tps_psa_claims lamp_psa(void);
tps_device_claims lamp_eat(void);

/** The lamp's or the lock's software, as endorsed: 3 components. */
const tps_corim_component *lamp_software(void);
const tps_corim_component *lock_software(void);

/** The claims as signed evidence. */
tps_span sign_psa(const tps_psa_claims *claims, tps_crypto_key *key, int32_t alg);
tps_span sign_eat(const tps_device_claims *claims, tps_crypto_key *key, const tps_span *chain,
                  size_t chain_count);

/** Any bytes as the payload of a signed message. */
tps_span sign_bytes(tps_span payload, tps_crypto_key *key, int32_t alg);

/** A manifest of the lamp with its software and device 1, or of the lock with device 2; to be changed as
 * needed. */
tps_corim_manifest lamp_manifest(void);
tps_corim_manifest lock_manifest(void);

/** The manifest in bytes. */
tps_span encode(const tps_corim_manifest *manifest);

/** The manifest signed by `key`, with a chain. */
tps_span sign_manifest(const tps_corim_manifest *manifest, tps_crypto_key *key, const tps_span *chain,
                       size_t count, tps_corim_validity validity);

/** A CA certificate for `key`, self-signed or issued by `issuer` (then with its key). */
tps_span make_ca(const char *name, tps_crypto_key *key, tps_span issuer, tps_crypto_key *issuer_key);

/** A lamp's certificate. */
tps_span make_leaf(const char *name, tps_crypto_key *key, tps_span issuer, tps_crypto_key *issuer_key,
                   int64_t not_after);

/** A certificate for any purpose; a class id of size 0 is left out. */
tps_span make_leaf_for(uint32_t purpose, tps_span class_id, tps_crypto_key *key, tps_span issuer,
                       tps_crypto_key *issuer_key, int64_t not_after);

/** A strict verifier, except for what is given. */
tps_verifier *make_verifier(tps_verifier_options options);

/** One that takes unsigned endorsements and knows the lamp and the lock. */
tps_verifier *maker_verifier(void);

/** Appraises with the_nonce at NOW. The result lies in static memory. */
const tps_appraisal *appraise(tps_verifier *v, tps_span evidence);

/** Fails unless the appraisal is not affirming and has this finding (by name, with this status). */
void expect_finding(const tps_appraisal *appraisal, const char *name, tps_status status);

/** Fails unless affirming. */
void expect_affirming(const tps_appraisal *appraisal);

/** Frees the keys. For a group's teardown. */
int support_end(void **state);

#endif
