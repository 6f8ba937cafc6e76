/* SPDX-License-Identifier: Apache-2.0 */
/* CoMID: a tag's own members, and the triples of every kind (draft-10, 5). */
#include "format/corim/walk.h"

/* Triples by their keys: all but 7 and 9, which are reserved. */
enum { TRIPLES_KNOWN = 0x57f };

/* Enters an array that stands for a record; `is_next` tells whether the next part is there. */
typedef struct {
    tps_cbor_list parts;
    const char *name;
} record;

static record enter_record(corim_walk *walk, const char *name)
{
    record r = {.name = name};

    corim_walk_at(walk, name);
    r.parts = tps_cbor_enter_array(&walk->reader);
    return r;
}

/* A part that must be there. */
static void next_part(corim_walk *walk, record *r, const char *where)
{
    corim_walk_at(walk, r->name);
    corim_walk_require(walk, tps_cbor_next(&walk->reader, &r->parts), r->name);
    corim_walk_at(walk, where);
}

static void leave_record(corim_walk *walk, record *r)
{
    corim_walk_at(walk, r->name);
    corim_walk_require(walk, !tps_cbor_next(&walk->reader, &r->parts), r->name);
}

static tps_corim_measurements read_measurements(corim_walk *walk, size_t least)
{
    tps_corim_measurement room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_measurement(walk, &room);
    }
    corim_list_leave(walk, &list, least);
    return CORIM_LIST(tps_corim_measurements, list);
}

/* [environment, [+ measurement]] */
void corim_read_statement(corim_walk *walk, tps_corim_statement *statement)
{
    record r = enter_record(walk, "environment and its values");

    *statement = (tps_corim_statement){0};
    next_part(walk, &r, "environment");
    corim_read_environment(walk, &statement->environment);
    next_part(walk, &r, "measurements");
    statement->measurements = read_measurements(walk, 1);
    leave_record(walk, &r);
}

/* {? 0: mkey, ? 1: authorized-by} */
static void read_conditions(corim_walk *walk, tps_corim_key_statement *out)
{
    corim_map map = corim_map_enter(walk, 0x3, "conditions of keys");

    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            out->element = corim_walk_value(walk, CORIM_ELEMENTS, "measurement key");
        } else {
            out->authorized_by = corim_walk_keys(walk, "authorized-by");
        }
    }
    corim_walk_require(walk, map.seen != 0, "conditions of keys");
    corim_map_close(walk, &map);
}

/* [environment, [+ key], ? conditions] */
void corim_read_key_statement(corim_walk *walk, tps_corim_key_statement *statement)
{
    record r = enter_record(walk, "environment and its keys");

    *statement = (tps_corim_key_statement){0};
    next_part(walk, &r, "environment");
    corim_read_environment(walk, &statement->environment);
    next_part(walk, &r, "keys");
    statement->keys = corim_walk_keys(walk, "keys");
    if (tps_cbor_next(&walk->reader, &r.parts)) {
        read_conditions(walk, statement);
        leave_record(walk, &r);
    }
}

/* [domain, [+ environment]] */
void corim_read_domain(corim_walk *walk, tps_corim_domain *domain)
{
    tps_corim_environment room;
    corim_list list;
    record r = enter_record(walk, "domain");

    *domain = (tps_corim_domain){0};
    next_part(walk, &r, "domain");
    corim_read_environment(walk, &domain->domain);
    next_part(walk, &r, "members of a domain");
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_environment(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    domain->members = CORIM_LIST(tps_corim_environments, list);
    leave_record(walk, &r);
}

/* [environment, [+ tag id]] */
void corim_read_coswid_link(corim_walk *walk, tps_corim_coswid_link *link)
{
    tps_corim_value room;
    corim_list list;
    record r = enter_record(walk, "CoSWID link");

    *link = (tps_corim_coswid_link){0};
    next_part(walk, &r, "environment");
    corim_read_environment(walk, &link->environment);
    next_part(walk, &r, "tag ids");
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_tag_id(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    link->tag_ids = CORIM_LIST(tps_corim_values, list);
    leave_record(walk, &r);
}

static tps_corim_statements read_statements(corim_walk *walk)
{
    tps_corim_statement room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_statement(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_statements, list);
}

/* [[+ condition], [+ endorsement]] */
void corim_read_conditional(corim_walk *walk, tps_corim_conditional *conditional)
{
    record r = enter_record(walk, "conditional endorsement");

    *conditional = (tps_corim_conditional){0};
    next_part(walk, &r, "conditions");
    conditional->conditions = read_statements(walk);
    next_part(walk, &r, "endorsements");
    conditional->endorsements = read_statements(walk);
    leave_record(walk, &r);
}

/* [[+ selection], [+ addition]] */
void corim_read_series_step(corim_walk *walk, tps_corim_series_step *step)
{
    record r = enter_record(walk, "step of a series");

    *step = (tps_corim_series_step){0};
    next_part(walk, &r, "selection");
    step->selection = read_measurements(walk, 1);
    next_part(walk, &r, "addition");
    step->addition = read_measurements(walk, 1);
    leave_record(walk, &r);
}

/* [environment, [* measurement], ? authorized-by] */
static void read_series_condition(corim_walk *walk, tps_corim_series *out)
{
    record r = enter_record(walk, "condition of a series");

    next_part(walk, &r, "environment");
    corim_read_environment(walk, &out->environment);
    next_part(walk, &r, "claims");
    out->claims = read_measurements(walk, 0);
    if (tps_cbor_next(&walk->reader, &r.parts)) {
        out->authorized_by = corim_walk_keys(walk, "authorized-by");
        leave_record(walk, &r);
    }
}

/* [condition, [+ step]] */
void corim_read_series(corim_walk *walk, tps_corim_series *series)
{
    tps_corim_series_step room;
    corim_list list;
    record r = enter_record(walk, "conditional endorsement series");

    *series = (tps_corim_series){0};
    next_part(walk, &r, "condition of a series");
    read_series_condition(walk, series);
    next_part(walk, &r, "steps of a series");
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_series_step(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    series->steps = CORIM_LIST(tps_corim_series_steps, list);
    leave_record(walk, &r);
}

/* ---- the tag ---- */

/* Each of these has its own frame: rooms of all kinds at once would be a large one. */
static tps_corim_key_statements read_key_statements(corim_walk *walk)
{
    tps_corim_key_statement room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_key_statement(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_key_statements, list);
}

static tps_corim_domains read_domains(corim_walk *walk)
{
    tps_corim_domain room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_domain(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_domains, list);
}

static tps_corim_coswid_links read_coswid_links(corim_walk *walk)
{
    tps_corim_coswid_link room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_coswid_link(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_coswid_links, list);
}

static tps_corim_series_list read_all_series(corim_walk *walk)
{
    tps_corim_series room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_series(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_series_list, list);
}

static tps_corim_conditionals read_conditionals(corim_walk *walk)
{
    tps_corim_conditional room;
    corim_list list = corim_list_enter(walk);

    while (corim_list_next(walk, &list)) {
        corim_read_conditional(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_conditionals, list);
}

static void read_triples(corim_walk *walk, tps_corim_comid *out)
{
    corim_map map = corim_map_enter(walk, TRIPLES_KNOWN, "triples: there is none");

    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case 0: out->reference_values = read_statements(walk); break;
        case 1: out->endorsed_values = read_statements(walk); break;
        case 2: out->identity_keys = read_key_statements(walk); break;
        case 3: out->attest_keys = read_key_statements(walk); break;
        case 4: out->dependencies = read_domains(walk); break;
        case 5: out->memberships = read_domains(walk); break;
        case 6: out->coswid_links = read_coswid_links(walk); break;
        case 8: out->series = read_all_series(walk); break;
        default: out->conditionals = read_conditionals(walk); break;
        }
    }
    corim_walk_require(walk, map.seen != 0 || map.foreign != 0, "triples: there is none");
    corim_map_extensions(walk, &map, &out->triples_extensions);
}

void corim_read_linked_tag(corim_walk *walk, tps_corim_linked_tag *linked)
{
    corim_map map = corim_map_enter(walk, 0x3, "linked tag");

    *linked = (tps_corim_linked_tag){0};
    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            linked->id = corim_walk_id(walk, "linked tag");
        } else {
            linked->relation = corim_walk_label(walk, "linked tag");
        }
    }
    corim_map_require(walk, &map, 0x3);
    corim_map_close(walk, &map);
}

static tps_corim_linked_tags read_linked_tags(corim_walk *walk)
{
    tps_corim_linked_tag room;
    corim_list list;

    corim_walk_at(walk, "linked tags");
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_linked_tag(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_linked_tags, list);
}

tps_status tps_corim_comid_decode(tps_span content, tps_corim_comid *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;

    *out = (tps_corim_comid){0};
    TPS_TRY(tps_cbor_check(content, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(content, "CoMID");
    map = corim_map_enter(&walk, 0x1f, "CoMID");
    while (corim_map_next(&walk, &map)) {
        switch (map.key) {
        case 0: out->language = corim_walk_text(&walk, "language"); break;
        case 1: out->identity = corim_walk_identity(&walk, "tag identity"); break;
        case 2: out->entities = corim_walk_entities(&walk); break;
        case 3: out->linked_tags = read_linked_tags(&walk); break;
        default: read_triples(&walk, out); break;
        }
    }
    corim_walk_require(&walk, (map.seen & 0x12) == 0x12, "CoMID: identity or triples are missing");
    corim_map_extensions(&walk, &map, &out->extensions);
    return corim_walk_finish(&walk, why);
}

tps_status tps_corim_cotl_decode(tps_span content, tps_corim_cotl *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;
    tps_corim_identity room;

    *out = (tps_corim_cotl){0};
    TPS_TRY(tps_cbor_check(content, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(content, "CoTL");
    map = corim_map_enter(&walk, 0x7, "CoTL");
    while (corim_map_next(&walk, &map)) {
        switch (map.key) {
        case 0: out->identity = corim_walk_identity(&walk, "tag identity"); break;
        case 1: {
            corim_list list;
            corim_walk_at(&walk, "list of tags");
            list = corim_list_enter(&walk);
            while (corim_list_next(&walk, &list)) {
                corim_read_identity(&walk, &room);
            }
            corim_list_leave(&walk, &list, 1);
            out->tags = CORIM_LIST(tps_corim_identities, list);
            break;
        }
        default: out->validity = corim_walk_validity(&walk, "validity"); break;
        }
    }
    corim_map_require(&walk, &map, 0x7);
    corim_map_close(&walk, &map);
    return corim_walk_finish(&walk, why);
}

/* ---- the lists' elements ---- */

#define NEXT(name, type, read)                                                  \
    bool tps_corim_next_##name(tps_corim_cursor *cursor, __typeof__(type) *out) \
    {                                                                           \
        corim_walk walk;                                                        \
                                                                                \
        if (corim_cursor_item(cursor, out, sizeof *out)) {                      \
            return true;                                                        \
        }                                                                       \
        if (!corim_cursor_begin(cursor, &walk)) {                               \
            return false;                                                       \
        }                                                                       \
        read(&walk, out);                                                       \
        return corim_cursor_end(cursor, &walk);                                 \
    }

NEXT(label, tps_corim_label, corim_read_label)
NEXT(value, tps_corim_value, corim_read_tag_id)
NEXT(uri, tps_span, corim_read_uri)
NEXT(digest, tps_corim_digest, corim_read_digest)
NEXT(key, tps_corim_key, corim_read_key)
NEXT(entity, tps_corim_entity, corim_read_entity)
NEXT(identity, tps_corim_identity, corim_read_identity)
NEXT(environment, tps_corim_environment, corim_read_environment)
NEXT(register, tps_corim_register, corim_read_register)
NEXT(measurement, tps_corim_measurement, corim_read_measurement)
NEXT(statement, tps_corim_statement, corim_read_statement)
NEXT(key_statement, tps_corim_key_statement, corim_read_key_statement)
NEXT(domain, tps_corim_domain, corim_read_domain)
NEXT(coswid_link, tps_corim_coswid_link, corim_read_coswid_link)
NEXT(series, tps_corim_series, corim_read_series)
NEXT(series_step, tps_corim_series_step, corim_read_series_step)
NEXT(conditional, tps_corim_conditional, corim_read_conditional)
NEXT(linked_tag, tps_corim_linked_tag, corim_read_linked_tag)
NEXT(locator, tps_corim_locator, corim_read_locator)
NEXT(tag, tps_corim_tag, corim_read_tag)
