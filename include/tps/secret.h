/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file secret.h
 * What secrets need: to be wiped so that the compiler cannot leave it out, and to be compared in constant
 * time.
 */
#ifndef TPS_SECRET_H
#define TPS_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Overwrites `size` bytes at `data` with zeros, even when nothing reads them afterwards. `data` may be NULL
 * if 0. */
void tps_wipe(void *data, size_t size);

/** True when `size` bytes at `a` and `b` are equal. The time depends on `size` alone. */
bool tps_equal_secret(const void *a, const void *b, size_t size);

#ifdef __cplusplus
}
#endif

#endif
