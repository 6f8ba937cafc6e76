/* SPDX-License-Identifier: Apache-2.0 */
/* CoMID: environments and measurements (draft-10, 5.1.4). */
#include "format/corim/walk.h"

/* ---- environments ---- */

/* An environment with an unknown member cannot be matched: what it says would be taken for more than it is.
 */
static void read_class(corim_walk *walk, tps_corim_environment *out)
{
    corim_map map = corim_map_enter(walk, 0x1f, "class");

    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case 0: out->class_id = corim_walk_value(walk, CORIM_CLASS_IDS, "class id"); break;
        case 1: out->vendor = corim_walk_text(walk, "vendor"); break;
        case 2: out->model = corim_walk_text(walk, "model"); break;
        case 3:
            out->layer = tps_cbor_get_uint(&walk->reader);
            out->has_layer = true;
            break;
        default:
            out->index = tps_cbor_get_uint(&walk->reader);
            out->has_index = true;
            break;
        }
    }
    if (map.foreign != 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "class: an unknown member");
    }
    corim_walk_require(walk, map.seen != 0, "class: it is empty");
    corim_walk_require(walk, out->model.size == 0 || out->vendor.size != 0,
                       "class: a model without a vendor");
}

void corim_read_environment(corim_walk *walk, tps_corim_environment *environment)
{
    corim_map map = corim_map_enter(walk, 0x7, "environment");

    *environment = (tps_corim_environment){0};
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case 0: read_class(walk, environment); break;
        case 1: environment->instance = corim_walk_value(walk, CORIM_INSTANCES, "instance"); break;
        default: environment->group = corim_walk_value(walk, CORIM_GROUPS, "group"); break;
        }
    }
    if (map.foreign != 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "environment: an unknown member");
    }
    corim_walk_require(walk, map.seen != 0, "environment: it is empty");
}

/* ---- measured values ---- */

/* {0: version, ? 1: scheme} */
static void read_version(corim_walk *walk, tps_corim_measurement *out)
{
    corim_map map = corim_map_enter(walk, 0x3, "version");

    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            out->version = corim_walk_text(walk, "version");
        } else {
            out->version_scheme = corim_walk_label(walk, "version scheme");
            out->has_version_scheme = true;
        }
    }
    corim_map_require(walk, &map, 0x1);
    corim_map_close(walk, &map);
}

static void read_svn(corim_walk *walk, tps_corim_measurement *out)
{
    corim_walk_at(walk, "security version number");
    out->has_svn = true;
    if (tps_cbor_peek(&walk->reader) == TPS_CBOR_TAG) {
        uint64_t tag = tps_cbor_get_tag(&walk->reader);
        corim_walk_require(walk, tag == TPS_CORIM_TAG_SVN || tag == TPS_CORIM_TAG_MIN_SVN,
                           "security version number");
        out->svn_tag = (uint32_t)tag;
    }
    out->svn = tps_cbor_get_uint(&walk->reader);
}

static void read_flags(corim_walk *walk, tps_corim_measurement *out)
{
    corim_map map = corim_map_enter(walk, (1u << TPS_CORIM_FLAG_COUNT) - 1, "flags");

    while (corim_map_next(walk, &map)) {
        out->flags_present |= 1u << map.key;
        out->flags |= tps_cbor_get_bool(&walk->reader) ? 1u << map.key : 0;
    }
    corim_walk_require(walk, map.seen != 0 || map.foreign != 0, "flags");
    corim_map_extensions(walk, &map, &out->flag_extensions);
}

/* 563([value, mask]) */
static void read_masked(corim_walk *walk, tps_corim_measurement *out)
{
    tps_cbor_list parts = tps_cbor_enter_array(&walk->reader);
    size_t count = 0;

    while (tps_cbor_next(&walk->reader, &parts)) {
        tps_span part = tps_cbor_get_bytes(&walk->reader);
        if (count == 0) {
            out->raw_value = part;
        } else {
            out->raw_mask = part;
        }
        count++;
    }
    corim_walk_require(walk, count == 2, "raw value");
}

static void read_raw_value(corim_walk *walk, tps_corim_measurement *out)
{
    corim_walk_at(walk, "raw value");
    out->raw_tag = tps_cbor_get_tag(&walk->reader);
    corim_walk_require(walk, out->raw_tag != 0, "raw value");
    if (out->raw_tag == TPS_CORIM_TAG_MASKED) {
        read_masked(walk, out);
    } else {
        out->raw_value = tps_cbor_get_bytes(&walk->reader); /* any tag, but bytes (draft-10, 5.1.4.5.6) */
    }
}

/* The obsolete mask behind a raw value. */
static void read_mask(corim_walk *walk, tps_corim_measurement *out)
{
    out->raw_mask = corim_walk_bytes(walk, 1, SIZE_MAX, "raw value mask");
    out->is_mask_apart = true;
}

static void read_mac(corim_walk *walk, tps_corim_measurement *out)
{
    out->mac = corim_walk_bytes(walk, 6, 8, "MAC address");
    corim_walk_require(walk, out->mac.size != 7, "MAC address");
}

static void read_ip(corim_walk *walk, tps_corim_measurement *out)
{
    out->ip = corim_walk_bytes(walk, 4, 16, "IP address");
    corim_walk_require(walk, out->ip.size == 4 || out->ip.size == 16, "IP address");
}

void corim_read_register(corim_walk *walk, tps_corim_register *reg)
{
    corim_walk_at(walk, "integrity register");
    reg->id = corim_walk_key(walk);
    corim_walk_require(walk, reg->id.type == TPS_CBOR_UINT || reg->id.bytes.size != 0, "integrity register");
    reg->digests = corim_walk_digests(walk, true);
}

static void read_registers(corim_walk *walk, tps_corim_measurement *out)
{
    tps_corim_register room;
    tps_cbor_list pairs;
    size_t start;
    corim_list list = {0};

    corim_walk_at(walk, "integrity registers");
    pairs = tps_cbor_enter_map(&walk->reader);
    start = tps_cbor_offset(&walk->reader);
    while (tps_cbor_next(&walk->reader, &pairs)) {
        corim_read_register(walk, &room);
        list.encoded = tps_span_make(walk->reader.start + start, tps_cbor_offset(&walk->reader) - start);
        list.count++;
    }
    corim_walk_require(walk, list.count != 0, "integrity registers");
    if (list.count > TPS_CORIM_REGISTERS_MAX) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 1024 integrity registers");
    }
    out->registers = CORIM_LIST(tps_corim_registers, list);
}

static void read_bound(corim_walk *walk, bool *is_there, int64_t *bound)
{
    *is_there = tps_cbor_peek(&walk->reader) != TPS_CBOR_SIMPLE;
    if (*is_there) {
        *bound = tps_cbor_get_int(&walk->reader);
    } else {
        tps_cbor_get_null(&walk->reader);
    }
}

/* A number, or 564([min or null, max or null]) */
static void read_range(corim_walk *walk, tps_corim_measurement *out)
{
    tps_corim_range *range = &out->range;
    tps_cbor_list parts;

    corim_walk_at(walk, "range");
    range->is_present = true;
    if (!tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_RANGE)) {
        range->is_number = true;
        range->min = tps_cbor_get_int(&walk->reader);
        return;
    }
    parts = tps_cbor_enter_array(&walk->reader);
    if (tps_cbor_next(&walk->reader, &parts)) {
        read_bound(walk, &range->has_min, &range->min);
    }
    corim_walk_require(walk, tps_cbor_next(&walk->reader, &parts), "range");
    read_bound(walk, &range->has_max, &range->max);
    corim_walk_require(walk, !tps_cbor_next(&walk->reader, &parts), "range");
    corim_walk_require(walk, !range->has_min || !range->has_max || range->min <= range->max, "range");
}

static void read_value(corim_walk *walk, uint32_t key, tps_corim_measurement *out)
{
    switch (key) {
    case 0: read_version(walk, out); break;
    case 1: read_svn(walk, out); break;
    case 2:
        corim_walk_at(walk, "digests");
        out->digests = corim_walk_digests(walk, true);
        break;
    case 3: read_flags(walk, out); break;
    case 4: read_raw_value(walk, out); break;
    case 5: read_mask(walk, out); break;
    case 6: read_mac(walk, out); break;
    case 7: read_ip(walk, out); break;
    case 8: out->serial = corim_walk_text(walk, "serial number"); break;
    case 9: out->ueid = corim_walk_bytes(walk, 7, 33, "UEID"); break;
    case 10: out->uuid = corim_walk_bytes(walk, 16, 16, "UUID"); break;
    case 11: out->name = corim_walk_text(walk, "name"); break;
    case 13: out->keys = corim_walk_keys(walk, "keys"); break;
    case 14: read_registers(walk, out); break;
    default: read_range(walk, out); break;
    }
}

static void read_values(corim_walk *walk, tps_corim_measurement *out)
{
    corim_map map = corim_map_enter(walk, 0xefff, "measurement values");

    while (corim_map_next(walk, &map)) {
        read_value(walk, map.key, out);
    }
    corim_walk_require(walk, map.seen != 0 || map.foreign != 0, "a measurement is empty");
    corim_walk_require(walk,
                       !out->is_mask_apart || (out->raw_tag != 0 && out->raw_tag != TPS_CORIM_TAG_MASKED),
                       "a mask without a raw value of its own");
    corim_map_extensions(walk, &map, &out->extensions);
}

/* {? 0: mkey, 1: values, ? 2: authorized-by} */
void corim_read_measurement(corim_walk *walk, tps_corim_measurement *measurement)
{
    corim_map map = corim_map_enter(walk, 0x7, "measurement");

    *measurement = (tps_corim_measurement){0};
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case 0: measurement->key = corim_walk_value(walk, CORIM_ELEMENTS, "measurement key"); break;
        case 1: read_values(walk, measurement); break;
        default: measurement->authorized_by = corim_walk_keys(walk, "authorized-by"); break;
        }
    }
    corim_walk_require(walk, (map.seen & 0x2) != 0, "a measurement has no values");
    corim_map_close(walk, &map);
}
