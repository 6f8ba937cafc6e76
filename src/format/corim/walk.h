/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of CoRIM, CoMID, CoTL and CoSWID share: a reader that knows, for error messages, which
 * member it is reading; lists that are checked once and walked later; and the values that occur in several of
 * them.
 */
#ifndef TPS_FORMAT_CORIM_WALK_H
#define TPS_FORMAT_CORIM_WALK_H

#include "tps/corim.h"

/** A reader with the name of what is being read; `reader.status` keeps the first error of any kind. */
typedef struct {
    tps_cbor_reader reader;
    const char *where;
    bool is_checked; /**< what lies in lists was read once already: their elements are only passed over */
} corim_walk;

/** A walk over checked CBOR. */
corim_walk corim_walk_init(tps_span input, const char *where);

/** Says what is read now, unless there is an error already. */
void corim_walk_at(corim_walk *walk, const char *where);

/** Sets the first error: `status`, in the member `where`. TPS_OK changes nothing. */
void corim_walk_fail(corim_walk *walk, tps_status status, const char *where);

/** TPS_CORIM_BAD_VALUE in `where`, unless `is_good`. */
void corim_walk_require(corim_walk *walk, bool is_good, const char *where);

/** Ends a walk: trailing bytes are an error; a reader's type errors become TPS_CORIM_BAD_VALUE. Fills `why`.
 */
TPS_MUST_USE tps_status corim_walk_finish(corim_walk *walk, tps_error *why);

/* ---- maps ---- */

/**
 * A map whose members have numbers from 0 to 63, and others if it may be extended:
 *
 *     corim_map map = corim_map_enter(walk, KNOWN, "class");
 *     while (corim_map_next(walk, &map)) { switch (map.key) { ... } }
 *     corim_map_extensions(walk, &map, &out->extensions);
 */
typedef struct {
    tps_cbor_list list;
    uint64_t known; /**< a bit for each key that the caller reads */
    uint64_t seen;
    uint32_t key;   /**< of the member whose value is to be read */
    size_t start;   /**< of the pairs */
    size_t foreign; /**< pairs that were passed over */
    const char *name;
} corim_map;

corim_map corim_map_enter(corim_walk *walk, uint64_t known, const char *name);

/** The next member that is known; others are passed over and counted. */
bool corim_map_next(corim_walk *walk, corim_map *map);

/** What was passed over, behind the last member. */
void corim_map_extensions(corim_walk *walk, const corim_map *map, tps_corim_extensions *out);

/** For a map that may not be extended: refuses it when something was passed over. */
void corim_map_close(corim_walk *walk, const corim_map *map);

/** The members `keys` (bits) must be there. */
void corim_map_require(corim_walk *walk, const corim_map *map, uint64_t keys);

/** A pair's key: an integer or a text. */
tps_cbor_item corim_walk_key(corim_walk *walk);

/** True when the key is a member's number: an unsigned integer with its bit in `known`. */
bool corim_key_is_known(const tps_cbor_item *key, uint64_t known);

/* ---- lists ---- */

/**
 * A list of any type (see TPS_CORIM_LIST) that is being read:
 *
 *     corim_list list = corim_list_enter(walk);
 *     while (corim_list_next(walk, &list)) { corim_read_key(walk, &room); }
 *     corim_list_leave(walk, &list, 1);
 *     out->keys = CORIM_LIST(tps_corim_keys, list);
 */
typedef struct {
    tps_cbor_list elements;
    size_t start; /**< of the elements */
    size_t end;
    const char *where;
    bool is_single; /**< one element without an array */
    size_t count;
    tps_span encoded; /**< behind corim_list_leave() */
} corim_list;

/** Enters an array. */
corim_list corim_list_enter(corim_walk *walk);

/** Enters an array if it is one; else one element that stands alone. */
corim_list corim_list_enter_if(corim_walk *walk, bool is_array);

/** True when an element is to be read now. Elements that were checked before are only passed over. */
bool corim_list_next(corim_walk *walk, corim_list *list);

/** Ends a list, which must have `least` elements or more. */
void corim_list_leave(corim_walk *walk, corim_list *list, size_t least);

/** `(corim_list)` as the list type of the public header. */
#define CORIM_LIST(type, list) ((type){NULL, (list).count, (list).encoded})

/** The next item of a cursor over an array of the caller's, `size` bytes large; false when there is none. */
bool corim_cursor_item(tps_corim_cursor *cursor, void *out, size_t size);

/** Begins to read a cursor's next encoded element, and ends it; false when there is none, or it cannot be
 * read. */
bool corim_cursor_begin(const tps_corim_cursor *cursor, corim_walk *walk);
bool corim_cursor_end(tps_corim_cursor *cursor, const corim_walk *walk);

/* ---- values ---- */

/** What corim_walk_value() takes: a bit 1 << TPS_CORIM_TEXT ... for each kind. */
enum {
    CORIM_CLASS_IDS = 1 << TPS_CORIM_UUID | 1 << TPS_CORIM_OID | 1 << TPS_CORIM_BYTES |
                      1 << TPS_CORIM_IMPLEMENTATION_ID | 1 << TPS_CORIM_OTHER,
    CORIM_INSTANCES = 1 << TPS_CORIM_UUID | 1 << TPS_CORIM_BYTES | 1 << TPS_CORIM_UEID | 1 << TPS_CORIM_KEY |
                      1 << TPS_CORIM_OTHER,
    CORIM_GROUPS = 1 << TPS_CORIM_UUID | 1 << TPS_CORIM_BYTES | 1 << TPS_CORIM_OTHER,
    CORIM_ELEMENTS = 1 << TPS_CORIM_TEXT | 1 << TPS_CORIM_UINT | 1 << TPS_CORIM_UUID | 1 << TPS_CORIM_OID |
                     1 << TPS_CORIM_REFVAL_ID | 1 << TPS_CORIM_OTHER
};

/** Reads an identifier of one of the kinds; a tag that is not the draft's becomes TPS_CORIM_OTHER. */
tps_corim_value corim_walk_value(corim_walk *walk, uint32_t kinds, const char *where);

/** Reads an id of a manifest or a tag: text, or a UUID bare or tagged. */
tps_corim_value corim_walk_id(corim_walk *walk, const char *where);

/** Text that must not be empty; a URI (tag 32); bytes of a size within the bounds. */
tps_span corim_walk_text(corim_walk *walk, const char *where);
tps_span corim_walk_uri(corim_walk *walk, const char *where);
tps_span corim_walk_bytes(corim_walk *walk, size_t least, size_t most, const char *where);

/** A number, or a text that is not empty. */
tps_corim_label corim_walk_label(corim_walk *walk, const char *where);

/** A validity-map. */
tps_corim_validity corim_walk_validity(corim_walk *walk, const char *where);

/** Lists of digests, each algorithm once, and keys. */
tps_corim_digests corim_walk_digests(corim_walk *walk, bool is_array);
tps_corim_keys corim_walk_keys(corim_walk *walk, const char *where);

/** An identity map {0: id, ? 1: version}. */
tps_corim_identity corim_walk_identity(corim_walk *walk, const char *where);

/** A list of entities of a CoRIM or CoMID. */
tps_corim_entities corim_walk_entities(corim_walk *walk);

/* Elements of lists; of a register key and value. */
void corim_read_label(corim_walk *walk, tps_corim_label *out);
void corim_read_tag_id(corim_walk *walk, tps_corim_value *out);
void corim_read_uri(corim_walk *walk, tps_span *out);
void corim_read_digest(corim_walk *walk, tps_corim_digest *digest);
void corim_read_key(corim_walk *walk, tps_corim_key *key);
void corim_read_entity(corim_walk *walk, tps_corim_entity *entity);
void corim_read_identity(corim_walk *walk, tps_corim_identity *out);
void corim_read_environment(corim_walk *walk, tps_corim_environment *environment);
void corim_read_register(corim_walk *walk, tps_corim_register *reg);
void corim_read_measurement(corim_walk *walk, tps_corim_measurement *measurement);
void corim_read_statement(corim_walk *walk, tps_corim_statement *statement);
void corim_read_key_statement(corim_walk *walk, tps_corim_key_statement *statement);
void corim_read_domain(corim_walk *walk, tps_corim_domain *domain);
void corim_read_coswid_link(corim_walk *walk, tps_corim_coswid_link *link);
void corim_read_conditional(corim_walk *walk, tps_corim_conditional *conditional);
void corim_read_series_step(corim_walk *walk, tps_corim_series_step *step);
void corim_read_series(corim_walk *walk, tps_corim_series *series);
void corim_read_linked_tag(corim_walk *walk, tps_corim_linked_tag *linked);
void corim_read_locator(corim_walk *walk, tps_corim_locator *locator);
void corim_read_tag(corim_walk *walk, tps_corim_tag *tag);

/** The size of a digest by its algorithm's number in COSE; 0 for an unknown one. */
size_t corim_digest_size(int64_t alg);

#endif
