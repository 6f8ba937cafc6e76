/* SPDX-License-Identifier: Apache-2.0 */
/* The default policy: what each state of a device means for the trustworthiness vector. */
#ifndef TPS_VERIFIER_POLICY_H
#define TPS_VERIFIER_POLICY_H

#include "verifier/judgement.h"

/** Judges evidence whose facts are established: sets claims of the vector and adds findings. */
void policy_judge(judgement *j);

#endif
