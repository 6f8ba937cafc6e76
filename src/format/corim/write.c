/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing a whole manifest from the model; see decode.c and comid.c for reading it. */
#include "format/corim/put.h"

/* ---- triples ---- */

static void put_measurements(tps_cbor_writer *writer, const tps_corim_measurements *list)
{
    tps_corim_measurement room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, list->count);
    cursor = TPS_CORIM_WALK(*list);
    while (tps_corim_next_measurement(&cursor, &room)) {
        corim_put_measurement(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_statement(tps_cbor_writer *writer, const tps_corim_statement *statement)
{
    tps_cbor_put_array(writer, 2);
    corim_put_environment(writer, &statement->environment);
    put_measurements(writer, &statement->measurements);
}

static void put_statements(tps_cbor_writer *writer, const tps_corim_statements *list)
{
    tps_corim_statement room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, list->count);
    cursor = TPS_CORIM_WALK(*list);
    while (tps_corim_next_statement(&cursor, &room)) {
        put_statement(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_key_statement(tps_cbor_writer *writer, const tps_corim_key_statement *statement)
{
    bool has_element = statement->element.kind != TPS_CORIM_ABSENT;
    bool has_authority = statement->authorized_by.count != 0;

    tps_cbor_put_array(writer, has_element || has_authority ? 3 : 2);
    corim_put_environment(writer, &statement->environment);
    corim_put_keys(writer, &statement->keys);
    if (has_element || has_authority) {
        tps_cbor_put_map(writer, (uint64_t)has_element + has_authority);
    }
    if (has_element) {
        tps_cbor_put_uint(writer, 0);
        corim_put_value(writer, &statement->element);
    }
    if (has_authority) {
        tps_cbor_put_uint(writer, 1);
        corim_put_keys(writer, &statement->authorized_by);
    }
}

static void put_domain(tps_cbor_writer *writer, const tps_corim_domain *domain)
{
    tps_corim_environment room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, 2);
    corim_put_environment(writer, &domain->domain);
    tps_cbor_put_array(writer, domain->members.count);
    cursor = TPS_CORIM_WALK(domain->members);
    while (tps_corim_next_environment(&cursor, &room)) {
        corim_put_environment(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_coswid_link(tps_cbor_writer *writer, const tps_corim_coswid_link *link)
{
    tps_corim_value room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, 2);
    corim_put_environment(writer, &link->environment);
    tps_cbor_put_array(writer, link->tag_ids.count);
    cursor = TPS_CORIM_WALK(link->tag_ids);
    while (tps_corim_next_value(&cursor, &room)) {
        corim_put_value(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_series_step(tps_cbor_writer *writer, const tps_corim_series_step *step)
{
    tps_cbor_put_array(writer, 2);
    put_measurements(writer, &step->selection);
    put_measurements(writer, &step->addition);
}

static void put_series(tps_cbor_writer *writer, const tps_corim_series *series)
{
    tps_corim_series_step room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, 2);
    tps_cbor_put_array(writer, series->authorized_by.count == 0 ? 2 : 3);
    corim_put_environment(writer, &series->environment);
    put_measurements(writer, &series->claims);
    if (series->authorized_by.count != 0) {
        corim_put_keys(writer, &series->authorized_by);
    }
    tps_cbor_put_array(writer, series->steps.count);
    cursor = TPS_CORIM_WALK(series->steps);
    while (tps_corim_next_series_step(&cursor, &room)) {
        put_series_step(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_conditional(tps_cbor_writer *writer, const tps_corim_conditional *conditional)
{
    tps_cbor_put_array(writer, 2);
    put_statements(writer, &conditional->conditions);
    put_statements(writer, &conditional->endorsements);
}

/* Each of the following writes one kind of triples, if there are any; each has its own frame. */

static void put_statement_triples(corim_put_map *map, uint32_t key, const tps_corim_statements *list)
{
    if (list->count != 0) {
        corim_put_member(map, key);
        put_statements(map->writer, list);
    }
}

static void put_key_triples(corim_put_map *map, uint32_t key, const tps_corim_key_statements *list)
{
    tps_corim_key_statement room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, key);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_key_statement(&cursor, &room)) {
            put_key_statement(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_domain_triples(corim_put_map *map, uint32_t key, const tps_corim_domains *list)
{
    tps_corim_domain room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, key);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_domain(&cursor, &room)) {
            put_domain(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_link_triples(corim_put_map *map, const tps_corim_coswid_links *list)
{
    tps_corim_coswid_link room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, 6);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_coswid_link(&cursor, &room)) {
            put_coswid_link(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_series_triples(corim_put_map *map, const tps_corim_series_list *list)
{
    tps_corim_series room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, 8);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_series(&cursor, &room)) {
            put_series(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_conditional_triples(corim_put_map *map, const tps_corim_conditionals *list)
{
    tps_corim_conditional room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, 10);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_conditional(&cursor, &room)) {
            put_conditional(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_triples(tps_cbor_writer *writer, const tps_corim_comid *c)
{
    size_t kinds = (size_t)(c->reference_values.count != 0) + (c->endorsed_values.count != 0) +
                   (c->identity_keys.count != 0) + (c->attest_keys.count != 0) +
                   (c->dependencies.count != 0) + (c->memberships.count != 0) + (c->coswid_links.count != 0) +
                   (c->series.count != 0) + (c->conditionals.count != 0);
    corim_put_map map = corim_put_map_begin(writer, kinds, &c->triples_extensions);

    put_statement_triples(&map, 0, &c->reference_values);
    put_statement_triples(&map, 1, &c->endorsed_values);
    put_key_triples(&map, 2, &c->identity_keys);
    put_key_triples(&map, 3, &c->attest_keys);
    put_domain_triples(&map, 4, &c->dependencies);
    put_domain_triples(&map, 5, &c->memberships);
    put_link_triples(&map, &c->coswid_links);
    put_series_triples(&map, &c->series);
    put_conditional_triples(&map, &c->conditionals);
    corim_put_map_end(&map);
}

/* ---- tags ---- */

static void put_linked_tag(tps_cbor_writer *writer, const tps_corim_linked_tag *linked)
{
    tps_cbor_put_map(writer, 2);
    tps_cbor_put_uint(writer, 0);
    corim_put_value(writer, &linked->id);
    tps_cbor_put_uint(writer, 1);
    corim_put_label(writer, &linked->relation);
}

static void put_comid(tps_cbor_writer *writer, const tps_corim_comid *c)
{
    tps_corim_linked_tag room;
    tps_corim_cursor cursor;
    corim_put_map map = corim_put_map_begin(
        writer, 2u + (c->language.size != 0) + (c->entities.count != 0) + (c->linked_tags.count != 0),
        &c->extensions);

    if (c->language.size != 0) {
        corim_put_member(&map, 0);
        tps_cbor_put_text_span(writer, c->language);
    }
    corim_put_member(&map, 1);
    corim_put_identity(writer, &c->identity);
    if (c->entities.count != 0) {
        corim_put_member(&map, 2);
        corim_put_entities(writer, &c->entities);
    }
    if (c->linked_tags.count != 0) {
        corim_put_member(&map, 3);
        tps_cbor_put_array(writer, c->linked_tags.count);
        cursor = TPS_CORIM_WALK(c->linked_tags);
        while (tps_corim_next_linked_tag(&cursor, &room)) {
            put_linked_tag(writer, &room);
        }
        corim_put_end(writer, &cursor);
    }
    corim_put_member(&map, 4);
    put_triples(writer, c);
    corim_put_map_end(&map);
}

static void put_cotl(tps_cbor_writer *writer, const tps_corim_cotl *cotl)
{
    tps_corim_identity room;
    tps_corim_cursor cursor;

    tps_cbor_put_map(writer, 3);
    tps_cbor_put_uint(writer, 0);
    corim_put_identity(writer, &cotl->identity);
    tps_cbor_put_uint(writer, 1);
    tps_cbor_put_array(writer, cotl->tags.count);
    cursor = TPS_CORIM_WALK(cotl->tags);
    while (tps_corim_next_identity(&cursor, &room)) {
        corim_put_identity(writer, &room);
    }
    corim_put_end(writer, &cursor);
    tps_cbor_put_uint(writer, 2);
    corim_put_validity(writer, &cotl->validity);
}

/* The content of a tag is a byte string: it is measured before it is written. */
static void put_comid_tag(tps_cbor_writer *writer, const tps_corim_tag *tag)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    const tps_corim_comid *comid = tag->comid;
    tps_corim_comid decoded;

    if (comid == NULL) {
        tps_status status = tps_corim_comid_decode(tag->content, &decoded, NULL);
        writer->status = writer->status == TPS_OK ? status : writer->status;
        comid = &decoded;
    }
    put_comid(&measure, comid);
    tps_cbor_put_bytes_head(writer, measure.size);
    put_comid(writer, comid);
}

static void put_cotl_tag(tps_cbor_writer *writer, const tps_corim_tag *tag)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    const tps_corim_cotl *cotl = tag->cotl;
    tps_corim_cotl decoded;

    if (cotl == NULL) {
        tps_status status = tps_corim_cotl_decode(tag->content, &decoded, NULL);
        writer->status = writer->status == TPS_OK ? status : writer->status;
        cotl = &decoded;
    }
    put_cotl(&measure, cotl);
    tps_cbor_put_bytes_head(writer, measure.size);
    put_cotl(writer, cotl);
}

static void put_tag(tps_cbor_writer *writer, const tps_corim_tag *tag)
{
    tps_cbor_put_tag(writer, tag->tag);
    switch (tag->tag) {
    case TPS_CORIM_TAG_COMID: put_comid_tag(writer, tag); break;
    case TPS_CORIM_TAG_COTL: put_cotl_tag(writer, tag); break;
    case TPS_CORIM_TAG_COSWID: tps_cbor_put_bytes(writer, tag->content); break;
    default: tps_cbor_put_raw(writer, tag->content); break;
    }
}

/* ---- the manifest ---- */

/* One URI or thumbprint stands alone, unless it stood in an array. */
static void put_locator(tps_cbor_writer *writer, const tps_corim_locator *locator)
{
    tps_span room;
    tps_corim_cursor cursor;

    tps_cbor_put_map(writer, locator->thumbprints.count == 0 ? 1 : 2);
    tps_cbor_put_uint(writer, 0);
    if (locator->uris.count != 1 || locator->are_uris_listed) {
        tps_cbor_put_array(writer, locator->uris.count);
    }
    cursor = TPS_CORIM_WALK(locator->uris);
    while (tps_corim_next_uri(&cursor, &room)) {
        corim_put_uri(writer, room);
    }
    corim_put_end(writer, &cursor);
    if (locator->thumbprints.count != 0) {
        tps_cbor_put_uint(writer, 1);
        corim_put_digests(writer, &locator->thumbprints,
                          locator->thumbprints.count != 1 || locator->are_thumbprints_listed);
    }
}

static void put_dependents(corim_put_map *map, const tps_corim_locators *list)
{
    tps_corim_locator room;
    tps_corim_cursor cursor;

    if (list->count != 0) {
        corim_put_member(map, 2);
        tps_cbor_put_array(map->writer, list->count);
        cursor = TPS_CORIM_WALK(*list);
        while (tps_corim_next_locator(&cursor, &room)) {
            put_locator(map->writer, &room);
        }
        corim_put_end(map->writer, &cursor);
    }
}

static void put_manifest(tps_cbor_writer *writer, const tps_corim *corim)
{
    tps_corim_tag room;
    tps_corim_cursor cursor;
    corim_put_map map;

    tps_cbor_put_tag(writer, TPS_CORIM_TAG_CORIM);
    map =
        corim_put_map_begin(writer,
                            2u + (corim->dependents.count != 0) + (corim->profile.kind != TPS_CORIM_ABSENT) +
                                corim->validity.is_present + (corim->entities.count != 0),
                            &corim->extensions);
    corim_put_member(&map, 0);
    corim_put_value(writer, &corim->id);
    corim_put_member(&map, 1);
    tps_cbor_put_array(writer, corim->tags.count);
    cursor = TPS_CORIM_WALK(corim->tags);
    while (tps_corim_next_tag(&cursor, &room)) {
        put_tag(writer, &room);
    }
    corim_put_end(writer, &cursor);
    put_dependents(&map, &corim->dependents);
    if (corim->profile.kind != TPS_CORIM_ABSENT) {
        corim_put_member(&map, 3);
        corim_put_value(writer, &corim->profile);
    }
    if (corim->validity.is_present) {
        corim_put_member(&map, 4);
        corim_put_validity(writer, &corim->validity);
    }
    if (corim->entities.count != 0) {
        corim_put_member(&map, 5);
        corim_put_entities(writer, &corim->entities);
    }
    corim_put_map_end(&map);
}

/* What was written is read as anybody would read it. */
static tps_status check(tps_span encoded, tps_error *why)
{
    static const tps_corim_visitor nobody = {0};
    tps_corim corim;

    TPS_TRY(tps_corim_decode(encoded, &corim, why));
    return tps_corim_visit(&corim, &nobody, why);
}

tps_status tps_corim_write(const tps_corim *corim, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer writer = tps_cbor_writer_init(out);
    tps_span written;
    tps_status status;

    put_manifest(&writer, corim);
    status = tps_cbor_writer_finish(&writer, &written);
    if (status == TPS_OK && out.data != NULL) {
        status = check(written, why);
    }
    *encoded = status == TPS_OK || status == TPS_BUFFER_TOO_SMALL ? written : TPS_SPAN_EMPTY;
    return status;
}
