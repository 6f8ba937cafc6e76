/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing the values of the model (tps/corim.h), each deterministically; lists of either form. */
#ifndef TPS_FORMAT_CORIM_PUT_H
#define TPS_FORMAT_CORIM_PUT_H

#include "format/corim/walk.h"

/** A map that is being written: members in ascending order, extensions where their keys belong. */
typedef struct {
    tps_cbor_writer *writer;
    const tps_corim_extensions *extensions; /**< or NULL */
    size_t left;                            /**< extensions that are not written yet */
    tps_cbor_item last;                     /**< the key of the last one that is; TPS_CBOR_END at first */
} corim_put_map;

/** Begins a map of `members` (their number) and the extensions. */
corim_put_map corim_put_map_begin(tps_cbor_writer *writer, size_t members,
                                  const tps_corim_extensions *extensions);

/** The key of a member, whose value is to be written next. */
void corim_put_member(corim_put_map *map, uint32_t key);

/** The extensions behind the last member. */
void corim_put_map_end(corim_put_map *map);

/** Ends the elements of a list, whose cursor keeps an error: a list that cannot be read is not written. */
void corim_put_end(tps_cbor_writer *writer, const tps_corim_cursor *cursor);

/** True when a is sorted before b: in the order of their deterministic encodings (RFC 8949, 4.2.1). */
bool corim_key_is_before(const tps_cbor_item *a, const tps_cbor_item *b);

void corim_put_key_of(tps_cbor_writer *writer, const tps_cbor_item *key);
void corim_put_uri(tps_cbor_writer *writer, tps_span uri);
void corim_put_value(tps_cbor_writer *writer, const tps_corim_value *value);
void corim_put_label(tps_cbor_writer *writer, const tps_corim_label *label);
void corim_put_identity(tps_cbor_writer *writer, const tps_corim_identity *identity);
void corim_put_validity(tps_cbor_writer *writer, const tps_corim_validity *validity);
void corim_put_digests(tps_cbor_writer *writer, const tps_corim_digests *digests, bool is_listed);
void corim_put_keys(tps_cbor_writer *writer, const tps_corim_keys *keys);
void corim_put_entities(tps_cbor_writer *writer, const tps_corim_entities *entities);
void corim_put_environment(tps_cbor_writer *writer, const tps_corim_environment *environment);
void corim_put_measurement(tps_cbor_writer *writer, const tps_corim_measurement *measurement);

#endif
