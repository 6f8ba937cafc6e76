/* SPDX-License-Identifier: Apache-2.0 */
/* What numbers mean, in words: algorithms, curves, tags, media types (IANA's registries, as far as they
 * occur). */
#ifndef TPS_INSPECT_NAMES_H
#define TPS_INSPECT_NAMES_H

#include "tps/cbor.h"

/** Each returns NULL for a number it does not know. */
const char *name_of_algorithm(int64_t alg);
const char *name_of_curve(int64_t curve);
const char *name_of_key_type(int64_t type);
const char *name_of_key_operation(int64_t operation);
const char *name_of_tag(uint64_t tag);
const char *name_of_content_format(uint64_t format);

/** True for an algorithm that makes MACs: with one key for both ends. */
bool is_mac_algorithm(int64_t alg);

#endif
