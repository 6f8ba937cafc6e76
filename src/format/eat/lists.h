/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of claims: read as a whole, each entry judged. Errors stay in the reader: TPS_CBOR_UNEXPECTED_TYPE
 * and TPS_CBOR_OUT_OF_RANGE become the claim's bad type and bad value. */
#ifndef TPS_FORMAT_EAT_LISTS_H
#define TPS_FORMAT_EAT_LISTS_H

#include "tps/eat.h"

/** Reads claim `label`, if its value is a list; false if it is another claim, and nothing was read. */
bool eat_list_read(tps_cbor_reader *reader, int64_t label, tps_eat_list *list);

/** Where in tps_eat_claims the list of claim `label` stands; 0 if that claim is no list. */
size_t eat_list_offset(int64_t label);

/** Reads a byte string whose size lies in [low, high]. */
tps_span eat_bytes_read(tps_cbor_reader *reader, size_t low, size_t high);

/** Reads an integer in [low, high]. */
uint32_t eat_small_read(tps_cbor_reader *reader, uint32_t low, uint32_t high);

/** Reads one submodule: its name and what it is. */
void eat_submodule_read(tps_cbor_reader *reader, tps_eat_submodule *submodule);

/** Reads what a submodule is, without its name. */
void eat_submodule_read_value(tps_cbor_reader *reader, tps_eat_submodule *submodule);

#endif
