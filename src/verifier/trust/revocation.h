/* SPDX-License-Identifier: Apache-2.0 */
/* What does not count any more: keys, certificates, images, devices. See include/tps/revocation.h. */
#ifndef TPS_VERIFIER_TRUST_REVOCATION_H
#define TPS_VERIFIER_TRUST_REVOCATION_H

#include "tps/revocation.h"

/** A table by kind and value. */
typedef struct revocations revocations;

/** Why something is revoked, from some moment on; NULL when it is not. `list` may be NULL: nothing is. */
const tps_revocation *revocation_find(const revocations *list, uint32_t kind, tps_span value);

/** As revocation_find(), of what does not count at `now`. */
const tps_revocation *revocation_at(const revocations *list, uint32_t kind, tps_span value, int64_t now);

/** Whether any of a kind is in the list: for who would have to make a value first. */
bool revocation_has(const revocations *list, uint32_t kind);

/** Whether it is one. @retval TPS_OK, TPS_BAD_ARGUMENT  See tps_verifier_revoke(). */
TPS_MUST_USE tps_status revocation_check(const tps_revocation *revocation);

/**
 * Adds one to `*list`, which may be NULL and is made then.
 * @param[out] is_new  Whether it says something that the list did not: a new value, or an earlier `since`.
 * @retval TPS_OK, TPS_OUT_OF_MEMORY
 * @retval TPS_BAD_ARGUMENT  See tps_verifier_revoke().
 * @retval TPS_TOO_LARGE     There are a million already.
 */
TPS_MUST_USE tps_status revocation_add(revocations **list, const tps_revocation *revocation, bool *is_new);

/** All of them, in the order in which they were added: of index 0 .. revocation_count() - 1. */
size_t revocation_count(const revocations *list);
const tps_revocation *revocation_get(const revocations *list, size_t index);

/**
 * What follows when a key or a certificate is revoked, or a list of an issuer changes: chains are verified
 * anew, signers of endorsements asked anew, and keys that were established with devices (established.h)
 * forgotten, as each rests on a signature whose key may be revoked now.
 */
void revocations_changed(tps_verifier *v);

/** Whether a key or certificate may be revoked in `v` that was not in another verifier. */
bool revocations_say_more(const tps_verifier *v, const tps_verifier *than);

/** Ends a list. NULL is allowed. */
void revocation_free(revocations *list);

#endif
