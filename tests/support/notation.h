/* SPDX-License-Identifier: Apache-2.0 */
/** @file notation.h CBOR from diagnostic notation, for tests that say in clear what they feed. */
#ifndef TPS_TEST_NOTATION_H
#define TPS_TEST_NOTATION_H

#include "tps/span.h"

/** The item as bytes, in heap memory of exactly its size that the next seven calls leave alone. Fails the
 * test when the text cannot be read, and says where. `format` is printf's. */
__attribute__((format(printf, 1, 2))) tps_span notation(const char *format, ...);

#endif
