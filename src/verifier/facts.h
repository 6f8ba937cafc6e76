/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about a device whose evidence is signed and fresh, before any policy: class, hardware, software. */
#ifndef TPS_VERIFIER_FACTS_H
#define TPS_VERIFIER_FACTS_H

#include "verifier/judgement.h"

/**
 * Finds the class, compares what the evidence says with reference values, and gathers what is endorsed: sets
 * the claims of identity, hardware and executables, adds findings, and fills `class_index` and `accepted`.
 * @return False when the device is not of the class that it claims: no policy has a say in that.
 */
TPS_MUST_USE bool facts_establish(judgement *j);

#endif
