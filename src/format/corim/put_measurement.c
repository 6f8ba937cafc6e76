/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing environments and measurements; see measurement.c for reading them. */
#include "format/corim/put.h"

static void put_text_member(corim_put_map *map, uint32_t key, tps_span text)
{
    if (text.size != 0) {
        corim_put_member(map, key);
        tps_cbor_put_text_span(map->writer, text);
    }
}

static void put_bytes_member(corim_put_map *map, uint32_t key, tps_span bytes)
{
    if (bytes.size != 0) {
        corim_put_member(map, key);
        tps_cbor_put_bytes(map->writer, bytes);
    }
}

static void put_value_member(corim_put_map *map, uint32_t key, const tps_corim_value *value)
{
    if (value->kind != TPS_CORIM_ABSENT) {
        corim_put_member(map, key);
        corim_put_value(map->writer, value);
    }
}

static void put_keys_member(corim_put_map *map, uint32_t key, const tps_corim_keys *keys)
{
    if (keys->count != 0) {
        corim_put_member(map, key);
        corim_put_keys(map->writer, keys);
    }
}

/* ---- environments ---- */

static size_t members_of_class(const tps_corim_environment *e)
{
    return (size_t)(e->class_id.kind != TPS_CORIM_ABSENT) + (e->vendor.size != 0) + (e->model.size != 0) +
           e->has_layer + e->has_index;
}

static void put_class(tps_cbor_writer *writer, const tps_corim_environment *e)
{
    corim_put_map map = corim_put_map_begin(writer, members_of_class(e), NULL);

    put_value_member(&map, 0, &e->class_id);
    put_text_member(&map, 1, e->vendor);
    put_text_member(&map, 2, e->model);
    if (e->has_layer) {
        corim_put_member(&map, 3);
        tps_cbor_put_uint(writer, e->layer);
    }
    if (e->has_index) {
        corim_put_member(&map, 4);
        tps_cbor_put_uint(writer, e->index);
    }
}

void corim_put_environment(tps_cbor_writer *writer, const tps_corim_environment *e)
{
    bool has_class = members_of_class(e) != 0;
    corim_put_map map = corim_put_map_begin(writer,
                                            (size_t)has_class + (e->instance.kind != TPS_CORIM_ABSENT) +
                                                (e->group.kind != TPS_CORIM_ABSENT),
                                            NULL);

    if (has_class) {
        corim_put_member(&map, 0);
        put_class(writer, e);
    }
    put_value_member(&map, 1, &e->instance);
    put_value_member(&map, 2, &e->group);
}

/* ---- measured values ---- */

static void put_version(corim_put_map *map, const tps_corim_measurement *m)
{
    if (m->version.size == 0) {
        return;
    }
    corim_put_member(map, 0);
    tps_cbor_put_map(map->writer, m->has_version_scheme ? 2 : 1);
    tps_cbor_put_uint(map->writer, 0);
    tps_cbor_put_text_span(map->writer, m->version);
    if (m->has_version_scheme) {
        tps_cbor_put_uint(map->writer, 1);
        corim_put_label(map->writer, &m->version_scheme);
    }
}

static void put_svn(corim_put_map *map, const tps_corim_measurement *m)
{
    if (m->has_svn) {
        corim_put_member(map, 1);
        if (m->svn_tag != 0) {
            tps_cbor_put_tag(map->writer, m->svn_tag);
        }
        tps_cbor_put_uint(map->writer, m->svn);
    }
}

static bool has_flags(const tps_corim_measurement *m)
{
    return m->flags_present != 0 || m->flag_extensions.count != 0;
}

static void put_flags(corim_put_map *map, const tps_corim_measurement *m)
{
    size_t count = 0;
    corim_put_map flags;

    if (!has_flags(m)) {
        return;
    }
    corim_put_member(map, 3);
    for (uint32_t i = 0; i < TPS_CORIM_FLAG_COUNT; i++) {
        count += m->flags_present >> i & 1;
    }
    flags = corim_put_map_begin(map->writer, count, &m->flag_extensions);
    for (uint32_t i = 0; i < TPS_CORIM_FLAG_COUNT; i++) {
        if ((m->flags_present >> i & 1) != 0) {
            corim_put_member(&flags, i);
            tps_cbor_put_bool(map->writer, (m->flags >> i & 1) != 0);
        }
    }
    corim_put_map_end(&flags);
}

static void put_raw_value(corim_put_map *map, const tps_corim_measurement *m)
{
    if (m->raw_tag == 0) {
        return;
    }
    corim_put_member(map, 4);
    tps_cbor_put_tag(map->writer, m->raw_tag);
    if (m->raw_tag == TPS_CORIM_TAG_MASKED) {
        tps_cbor_put_array(map->writer, 2);
        tps_cbor_put_bytes(map->writer, m->raw_value);
        tps_cbor_put_bytes(map->writer, m->raw_mask);
    } else {
        tps_cbor_put_bytes(map->writer, m->raw_value);
    }
    if (m->is_mask_apart) {
        corim_put_member(map, 5);
        tps_cbor_put_bytes(map->writer, m->raw_mask);
    }
}

/* The register with the least id above `last`. */
static bool next_register(const tps_corim_registers *registers, const tps_cbor_item *last,
                          tps_corim_register *least)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*registers);
    tps_corim_register one;
    bool is_found = false;

    while (tps_corim_next_register(&cursor, &one)) {
        if ((last->type == TPS_CBOR_END || corim_key_is_before(last, &one.id)) &&
            (!is_found || corim_key_is_before(&one.id, &least->id))) {
            *least = one;
            is_found = true;
        }
    }
    return is_found;
}

static void put_registers(corim_put_map *map, const tps_corim_registers *registers)
{
    tps_cbor_item last = {TPS_CBOR_END, 0, 0, TPS_SPAN_EMPTY};
    tps_corim_register one;

    if (registers->count == 0) {
        return;
    }
    corim_put_member(map, 14);
    tps_cbor_put_map(map->writer, registers->count);
    while (next_register(registers, &last, &one)) {
        corim_put_key_of(map->writer, &one.id);
        corim_put_digests(map->writer, &one.digests, true);
        last = one.id;
    }
}

static void put_bound(tps_cbor_writer *writer, bool is_there, int64_t bound)
{
    if (is_there) {
        tps_cbor_put_int(writer, bound);
    } else {
        tps_cbor_put_null(writer);
    }
}

static void put_range(corim_put_map *map, const tps_corim_range *range)
{
    if (!range->is_present) {
        return;
    }
    corim_put_member(map, 15);
    if (range->is_number) {
        tps_cbor_put_int(map->writer, range->min);
        return;
    }
    tps_cbor_put_tag(map->writer, TPS_CORIM_TAG_RANGE);
    tps_cbor_put_array(map->writer, 2);
    put_bound(map->writer, range->has_min, range->min);
    put_bound(map->writer, range->has_max, range->max);
}

static size_t members_of_values(const tps_corim_measurement *m)
{
    return (size_t)(m->version.size != 0) + m->has_svn + (m->digests.count != 0) + has_flags(m) +
           (m->raw_tag != 0) + (m->raw_tag != 0 && m->is_mask_apart) + (m->mac.size != 0) +
           (m->ip.size != 0) + (m->serial.size != 0) + (m->ueid.size != 0) + (m->uuid.size != 0) +
           (m->name.size != 0) + (m->keys.count != 0) + (m->registers.count != 0) + m->range.is_present;
}

static void put_values(tps_cbor_writer *writer, const tps_corim_measurement *m)
{
    corim_put_map map = corim_put_map_begin(writer, members_of_values(m), &m->extensions);

    put_version(&map, m);
    put_svn(&map, m);
    if (m->digests.count != 0) {
        corim_put_member(&map, 2);
        corim_put_digests(writer, &m->digests, true);
    }
    put_flags(&map, m);
    put_raw_value(&map, m);
    put_bytes_member(&map, 6, m->mac);
    put_bytes_member(&map, 7, m->ip);
    put_text_member(&map, 8, m->serial);
    put_bytes_member(&map, 9, m->ueid);
    put_bytes_member(&map, 10, m->uuid);
    put_text_member(&map, 11, m->name);
    put_keys_member(&map, 13, &m->keys);
    put_registers(&map, &m->registers);
    put_range(&map, &m->range);
    corim_put_map_end(&map);
}

void corim_put_measurement(tps_cbor_writer *writer, const tps_corim_measurement *m)
{
    corim_put_map map = corim_put_map_begin(
        writer, 1u + (m->key.kind != TPS_CORIM_ABSENT) + (m->authorized_by.count != 0), NULL);

    put_value_member(&map, 0, &m->key);
    corim_put_member(&map, 1);
    put_values(writer, m);
    put_keys_member(&map, 2, &m->authorized_by);
}
