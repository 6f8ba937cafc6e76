/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes of trust anchors from a file. See tps_verifier_add_anchor_with_scopes(). */
#ifndef TPS_VERIFIER_TRUST_SCOPE_READ_H
#define TPS_VERIFIER_TRUST_SCOPE_READ_H

#include "tps/anchor.h"

/** Takes one scope; what it points to is valid during the call. */
typedef tps_status (*scope_taker)(void *context, const tps_anchor_scope *scope);

/**
 * Reads a file, and gives each of its scopes to `take`; after the first failure none. `why` may be NULL.
 * @retval As tps_verifier_add_anchor_with_scopes(), and what `take` returned.
 */
TPS_MUST_USE tps_status scope_read(tps_span text, scope_taker take, void *context, tps_error *why);

#endif
