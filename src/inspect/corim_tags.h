/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a CoRIM's tags, and the values that the manifest has in common with them. */
#ifndef TPS_INSPECT_CORIM_TAGS_H
#define TPS_INSPECT_CORIM_TAGS_H

#include "inspect/model.h"
#include "tps/coswid.h"

/** How much of everything there is. */
typedef struct {
    size_t comids;
    size_t reference_values;
    size_t keys;
    size_t others; /**< further triples and tags */
} corim_counts;

/** Tells of all tags; what the visit ends with becomes a warning. */
corim_counts corim_tags_explain(inspect_node *into, const tps_corim *corim);

void corim_add_value(inspect_node *into, const char *name, const tps_corim_value *value);
void corim_add_text(inspect_node *into, const char *name, tps_span text);
void corim_add_validity(inspect_node *into, const char *name, const tps_corim_validity *validity);
void corim_add_digests(inspect_node *into, const char *name, const tps_corim_digests *digests);
void corim_add_entities(inspect_node *into, const tps_corim_entities *entities, bool is_manifest);
void corim_add_extensions(inspect_node *into, const tps_corim_extensions *extensions);
void corim_add_environment(inspect_node *into, const char *name, const tps_corim_environment *environment);
void corim_add_keys(inspect_node *into, const char *name, const tps_corim_keys *keys);
void corim_add_measurement(inspect_node *into, const tps_corim_measurement *measurement);

/** Tells of a CoSWID's content. */
void coswid_explain(inspect_node *into, tps_span content);

#endif
