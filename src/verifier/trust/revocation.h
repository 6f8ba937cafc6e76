/* SPDX-License-Identifier: Apache-2.0 */
/* What does not count any more: keys, certificates, images, devices. See include/tps/revocation.h. */
#ifndef TPS_VERIFIER_TRUST_REVOCATION_H
#define TPS_VERIFIER_TRUST_REVOCATION_H

#include "tps/revocation.h"

typedef struct revocations revocations;

/** Why something is revoked; NULL when it is not. `list` may be NULL: nothing is. */
const tps_revocation *revocation_find(const revocations *list, uint32_t kind, tps_span value);

/** Ends a list. NULL is allowed. */
void revocation_free(revocations *list);

#endif
