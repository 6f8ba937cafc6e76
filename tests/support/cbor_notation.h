/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR for tests, written as people read it. */
#ifndef TPS_TEST_CBOR_NOTATION_H
#define TPS_TEST_CBOR_NOTATION_H

#include "tps/cbor_diagnostic.h"

/** The CBOR of `notation` (tps_cbor_from_diagnostic()), in heap memory of exactly its size; the caller frees
 * `data`. Fails the test when it cannot be read, and says where. */
tps_buf cbor_of_diagnostic(const char *notation);

#endif
