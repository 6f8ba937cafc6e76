/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of composite devices, for the tests of the verifier: a lamp that carries a lock. */
#ifndef TPS_TEST_COMPOSITE_SUPPORT_H
#define TPS_TEST_COMPOSITE_SUPPORT_H

#include "verifier_support.h"

#define COMPOSITE_ROOM (1u << 20)

/** The verifier of the test that runs: it knows lamp and lock. */
extern tps_verifier *v;

/** The outcome of the last appraisal, and its room. */
extern tps_appraisal parts[TPS_PARTS_MAX];
extern size_t count;
extern uint8_t tier;
extern uint8_t room[COMPOSITE_ROOM];

/** What goes into a map of submodules. */
typedef struct {
    const char *name;
    tps_span bytes; /**< as byte string; if empty: */
    tps_span raw;   /**< as it is */
    const char *text;
} submodule;

/** Around each test. */
int composite_set_up(void **state);
int composite_tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, composite_set_up, composite_tear_down)

/** A copy that stays until the test ends. */
tps_span keep(tps_span bytes);

/** Appraises into `parts`, `count` and `tier`, with this room and capacity. */
void appraise_within(tps_span bytes, tps_buf within, size_t capacity, const tps_appraisal_request *request);

/** Appraises what came as the answer to the_nonce at NOW. */
void appraise_all(tps_span bytes);

/** An encoded map of submodules. */
tps_span submods_of(const submodule *list, size_t n);

/** The digest of a claims set, as the value of a submodule. */
tps_span digest_of(tps_span claims);

/** Claims of a lock (device 2) that is as it should be. */
tps_device_claims lock_eat(void);

/** Tokens of lamp and lock. */
tps_span lamp(void);

tps_span lock(void);

/** The claims, encoded. */
tps_span claims_of(const tps_device_claims *claims);

/** A lamp of the opentps profile whose token carries others'. */
tps_span lamp_with(const submodule *list, size_t n);

/** A PSA token, whose profile leaves open what submodules are, by a key, with a certificate if there is one.
 */
tps_span psa_under(const tps_psa_claims *claims, tps_span submods, tps_crypto_key *key, const tps_span *leaf);

/** The same by the key of device 1. */
tps_span psa_with(const tps_psa_claims *claims, tps_span submods);

/** A lamp with a PSA token. */
tps_span psa_lamp_with(tps_span submods);

/** Makes the verifier one that knows the lock's software, and no lock by its key. */
void forget_locks_key(void);

/** Fails unless the part has this name and tier. */
void expect_part(size_t index, const char *name, uint8_t expected);

/** Makes the verifier one with two makers, each with an anchor: one for lamps, one for locks. */
void trust_two_makers(void);

/** Revokes device 2. */
void revoke_lock(void);

#endif
