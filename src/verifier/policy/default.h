/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default policy in C. default.lua says the same for people; this form takes a fraction of a microsecond,
 * and a test holds the two against each other (tests/unit/verifier_policy_default.c).
 */
#ifndef TPS_VERIFIER_POLICY_DEFAULT_H
#define TPS_VERIFIER_POLICY_DEFAULT_H

#include "verifier/judgement.h"

void policy_default(judgement *j);

/** default.lua, as it is read when opentps is built, and its SHA-256. */
extern const uint8_t policy_default_text[];
extern const size_t policy_default_size;
extern const uint8_t policy_default_sha256[32];

#endif
