/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of the CoRIM decoder share: a reader that knows, for error messages, which member it is
 * reading, and the values that occur in both the manifest and its CoMIDs.
 */
#ifndef TPS_FORMAT_CORIM_WALK_H
#define TPS_FORMAT_CORIM_WALK_H

#include "tps/corim.h"

/** A reader with the name of what is being read; `reader.status` keeps the first error of any kind. */
typedef struct {
    tps_cbor_reader reader;
    const char *where;
} corim_walk;

/** A walk over checked CBOR. */
corim_walk corim_walk_init(tps_span input, const char *where);

/** Says what is read now, unless there is an error already. */
void corim_walk_at(corim_walk *walk, const char *where);

/** Sets the first error: `status`, in the member `where`. TPS_OK changes nothing. */
void corim_walk_fail(corim_walk *walk, tps_status status, const char *where);

/** Ends a walk: trailing bytes are an error; a reader's type errors become TPS_CORIM_BAD_VALUE. Fills `why`.
 */
TPS_MUST_USE tps_status corim_walk_finish(corim_walk *walk, tps_error *why);

/** The next key of a map: an integer, or CORIM_KEY_FOREIGN for any other type (an extension's; skipped). */
int64_t corim_walk_key(corim_walk *walk);
#define CORIM_KEY_FOREIGN INT64_MIN

/** Reads any identifier; what it does not know becomes TPS_CORIM_OTHER. */
tps_corim_value corim_walk_value(corim_walk *walk);

/** Reads an id of a manifest or a tag: text, or a UUID bare or tagged. */
tps_corim_value corim_walk_id(corim_walk *walk);

/** Reads text that must not be empty. */
tps_span corim_walk_text(corim_walk *walk, const char *where);

/** Reads an array of entities and returns the first one's name. */
tps_span corim_walk_entities(corim_walk *walk);

#endif
