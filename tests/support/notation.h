/* SPDX-License-Identifier: Apache-2.0 */
/** @file notation.h CBOR from diagnostic notation, for tests that say in clear what they feed. */
#ifndef TPS_TEST_NOTATION_H
#define TPS_TEST_NOTATION_H

#include "tps/span.h"

/** The item as bytes, in memory that the next eight calls leave alone; fails the test if the text is none.
 * `format` is printf's. */
__attribute__((format(printf, 1, 2))) tps_span notation(const char *format, ...);

#endif
