/* SPDX-License-Identifier: Apache-2.0 */
/** @file corim_read.h Reading manifests whole, and the examples of spec/corim. */
#ifndef TPS_TEST_CORIM_READ_H
#define TPS_TEST_CORIM_READ_H

#include "tps/coswid.h"

/** Decodes a manifest and all of its tags, CoSWIDs too. `seen` (may be NULL) counts what the visitor is told.
 */
tps_status corim_read_whole(tps_span input, size_t *seen, tps_error *why);

/** The names of the examples, a NULL behind the last. */
extern const char *const corim_examples[];

/** An example's bytes, in heap memory: from its .hex, or made from its .diag. */
tps_buf corim_example_hex(const char *name);
tps_buf corim_example_notation(const char *name);

#endif
