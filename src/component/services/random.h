/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file random.h
 * The random service: bytes fit for keys, for applications on devices whose own random numbers are not.
 *
 * They are HKDF-SHA-256 of 48 bytes of the platform's entropy and 32 of the cryptographic library's generator
 * together: one of the two being good is enough, and a platform may give bytes that are not yet even. Both
 * must work: without either there are none.
 *
 * Messages in spec/random.cddl: tag 10. All logins, since random bytes say nothing of the device; but PUBLIC
 * is bounded like everyone by the sessions that it may have, and by TPS_RANDOM_MAX a request.
 */
#ifndef TPS_COMPONENT_RANDOM_H
#define TPS_COMPONENT_RANDOM_H

#include "component/core/service.h"

/** Bytes of a request, at most. */
#define TPS_RANDOM_MAX 1024u

/** Errors in responses. */
enum { TPS_RANDOM_ERROR_SIZE = 1 /**< 1 to TPS_RANDOM_MAX bytes */ };

extern const tps_service tps_random_service;

#endif
