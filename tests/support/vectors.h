/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vectors.h
 * Finding and reading the published test vectors. They lie at ../shared/vectors from the project's root, or
 * where the environment's TPS_VECTORS points. Where they are absent a test says "skipped" with the reason;
 * with TPS_REQUIRE_VECTORS set it fails instead.
 */
#ifndef TPS_TEST_VECTORS_H
#define TPS_TEST_VECTORS_H

#include "tps/span.h"

/** True when the vectors are there; else prints the reason, and fails the test if they are required. */
bool vectors_present(void);

/** Skips the running cmocka test when the vectors are absent. */
void vectors_require(void);

/** The bytes of the vector `name` ("psa/psa-sign1.cbor"), in heap memory; fails the test if it cannot be
 * read. */
tps_buf vector_read(const char *name);

/** The bytes of any file, in heap memory; fails the test if it cannot be read. */
tps_buf file_read(const char *path);

/** The span of a buffer. */
static inline tps_span span_of(tps_buf buffer)
{
    return (tps_span){buffer.data, buffer.size};
}

/** Bytes from hex digits (white space allowed), in heap memory; fails the test on anything else. */
tps_buf bytes_from_hex(const char *hex);

#endif
