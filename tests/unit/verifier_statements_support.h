/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endorsements and claims for the tests of match_statements(): triples of the caller's making are written as
 * manifests, read again, and put into a knowledge of their own.
 */
#ifndef TPS_TEST_VERIFIER_STATEMENTS_SUPPORT_H
#define TPS_TEST_VERIFIER_STATEMENTS_SUPPORT_H

#include "tps/crypto.h"
#include "verifier/knowledge/statements.h"
#include "verifier/match/statements.h"
#include "verifier/trust/revocation.h"

#define NOW ((int64_t)1790000000)

#define ITEMS(array)                                               \
    {                                                              \
        .items = (array), .count = sizeof(array) / sizeof *(array) \
    }
#define SPAN(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }
#define KEY(text)                                                                     \
    {                                                                                 \
        .kind = TPS_CORIM_TEXT, .bytes = {(const uint8_t *)(text), sizeof(text) - 1 } \
    }

/** The list of one thing. */
#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }

/** Two hashes, of 32 bytes, and one of 48. */
extern const tps_corim_digest hash_a;
extern const tps_corim_digest hash_b;
extern const tps_corim_digest long_hash;

/** One verifier's worth of them. */
typedef struct {
    knowledge k;
    accepted_claims set;
    revocations *revoked;
    tps_appraisal appraisal;
    const uint8_t *maker;
    size_t looks;
} world;

/** An empty world with one source (0), of nobody, and one (1) of the maker 0x11..., (2) of the maker 0x22...,
 * (3) that is not valid any more, (4) under the demonstration CA. For a test's setup and teardown. */
int world_begin(void **state);
int world_end(void **state);

/** "ACME Lamp, layer N" */
tps_corim_environment layer(uint64_t number);

/** Puts the triples of a CoMID, all of one kind, into the knowledge, each as a statement of `source`. */
void know(world *w, uint32_t kind, const tps_corim_comid *comid, uint32_t source);

/** know() of one reference triple, or endorsed values. */
void know_values(world *w, uint32_t kind, tps_corim_environment environment,
                 const tps_corim_measurement *measurements, size_t count, uint32_t source);

/** Keeps a CoSWID of firmware 1.4 with the files "boot" (hash_a), "readme" (no hash) and "app" 7 (hash_b). */
void know_software(world *w, const char *id, bool is_evidence, uint32_t source);

/** Links layer(number) to a CoSWID, after one that nobody has. */
void link_software(world *w, uint64_t number, const char *id);

/** A claim of evidence that must match. */
accepted_claim *claim(world *w, tps_corim_environment environment, tps_corim_measurement measurement);

/** Measurements by one digest, and by name and svn. */
extern const tps_corim_measurement digest_a;
extern const tps_corim_measurement digest_b;
extern const tps_corim_measurement svn_5;
extern const tps_corim_measurement svn_4;

/** The names "certified", "outdated", "application", "loader". */
extern const tps_corim_measurement certified;
extern const tps_corim_measurement outdated;
extern const tps_corim_measurement application;
extern const tps_corim_measurement loader;

/** "ACME MODEL" */
tps_corim_environment product(const char *model);

/** A claim of evidence that need not match. */
void observe(world *w, tps_corim_environment environment, tps_corim_measurement measurement);

/** know_values() of one endorsed value. */
void endorse(world *w, tps_corim_environment environment, const tps_corim_measurement *value,
             uint32_t source);

/** "When the first is a, and (unless b is NULL) the second is b, the lamp is `value`." */
void condition(world *w, tps_corim_environment first, const tps_corim_measurement *a,
               tps_corim_environment second, const tps_corim_measurement *b,
               const tps_corim_measurement *value, uint32_t source);

/** A series: certified from svn 5 on, else outdated. `claims` and `authorized_by` may be NULL. */
void know_series(world *w, tps_corim_environment environment, const tps_corim_measurement *claims,
                 const tps_corim_keys *authorized_by);

/** Matches. */
void match(world *w);

/** Fails unless there is just this finding (NULL: none). */
void expect(const world *w, const char *name);

/** Whether there is an endorsed claim with this name of this environment. */
bool has_endorsed(const world *w, tps_corim_environment environment, const char *name);

/** How many endorsed claims there are. */
size_t count_endorsed(const world *w);

#endif
