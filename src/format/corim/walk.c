/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the reader and the values that manifest and CoMID have in common. */
#include "format/corim/walk.h"

corim_walk corim_walk_init(tps_span input, const char *where)
{
    corim_walk walk = {tps_cbor_reader_init(input), where};

    return walk;
}

void corim_walk_at(corim_walk *walk, const char *where)
{
    if (walk->reader.status == TPS_OK) {
        walk->where = where;
    }
}

void corim_walk_fail(corim_walk *walk, tps_status status, const char *where)
{
    if (walk->reader.status == TPS_OK && status != TPS_OK) {
        walk->where = where;
        tps_cbor_fail(&walk->reader, status);
    }
}

tps_status corim_walk_finish(corim_walk *walk, tps_error *why)
{
    tps_status status = tps_cbor_reader_finish(&walk->reader);

    if (status == TPS_OK) {
        return TPS_OK;
    }
    if (status == TPS_CBOR_UNEXPECTED_TYPE || status == TPS_CBOR_OUT_OF_RANGE ||
        status == TPS_CBOR_INDEFINITE || status == TPS_CBOR_TRUNCATED) {
        status = TPS_CORIM_BAD_VALUE;
    }
    return tps_fail(why, status, tps_cbor_offset(&walk->reader), walk->where);
}

int64_t corim_walk_key(corim_walk *walk)
{
    uint32_t type = tps_cbor_peek(&walk->reader);

    if (type == TPS_CBOR_UINT || type == TPS_CBOR_NINT) {
        return tps_cbor_get_int(&walk->reader);
    }
    tps_cbor_skip(&walk->reader);
    return CORIM_KEY_FOREIGN;
}

static tps_span bytes_between(corim_walk *walk, size_t least, size_t most)
{
    tps_span bytes = tps_cbor_get_bytes(&walk->reader);

    if (bytes.size < least || bytes.size > most) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, walk->where);
        return TPS_SPAN_EMPTY;
    }
    return bytes;
}

static bool is_key_tag(uint64_t tag)
{
    return (tag >= TPS_CORIM_TAG_KEY_PEM && tag <= TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT) ||
           tag == TPS_CORIM_TAG_PATH_THUMBPRINT || tag == TPS_CORIM_TAG_CERTIFICATE_DER;
}

static tps_corim_value value_of_tag(corim_walk *walk)
{
    uint64_t tag = tps_cbor_get_tag(&walk->reader);

    switch (tag) {
    case TPS_CORIM_TAG_UUID: return (tps_corim_value){TPS_CORIM_UUID, tag, bytes_between(walk, 16, 16)};
    case TPS_CORIM_TAG_OID: return (tps_corim_value){TPS_CORIM_OID, tag, bytes_between(walk, 1, 255)};
    case TPS_CORIM_TAG_UEID: return (tps_corim_value){TPS_CORIM_UEID, tag, bytes_between(walk, 7, 33)};
    case TPS_CORIM_TAG_BYTES: return (tps_corim_value){TPS_CORIM_BYTES, tag, bytes_between(walk, 1, 65535)};
    case TPS_CORIM_TAG_IMPLEMENTATION_ID:
        return (tps_corim_value){TPS_CORIM_IMPLEMENTATION_ID, tag,
                                 bytes_between(walk, TPS_CORIM_CLASS_ID_SIZE, TPS_CORIM_CLASS_ID_SIZE)};
    case TPS_CORIM_TAG_REFVAL_ID:
        return (tps_corim_value){TPS_CORIM_REFVAL_ID, tag, tps_cbor_skip(&walk->reader)};
    default:
        return (tps_corim_value){is_key_tag(tag) ? TPS_CORIM_KEY : TPS_CORIM_OTHER, tag,
                                 tps_cbor_skip(&walk->reader)};
    }
}

tps_corim_value corim_walk_value(corim_walk *walk)
{
    switch (tps_cbor_peek(&walk->reader)) {
    case TPS_CBOR_TEXT: return (tps_corim_value){TPS_CORIM_TEXT, 0, tps_cbor_get_text(&walk->reader)};
    case TPS_CBOR_UINT:
        return (tps_corim_value){TPS_CORIM_UINT, tps_cbor_get_uint(&walk->reader), TPS_SPAN_EMPTY};
    case TPS_CBOR_TAG: return value_of_tag(walk);
    default: return (tps_corim_value){TPS_CORIM_OTHER, 0, tps_cbor_skip(&walk->reader)};
    }
}

tps_corim_value corim_walk_id(corim_walk *walk)
{
    if (tps_cbor_peek(&walk->reader) == TPS_CBOR_TEXT) {
        return (tps_corim_value){TPS_CORIM_TEXT, 0, corim_walk_text(walk, walk->where)};
    }
    (void)tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_UUID);
    return (tps_corim_value){TPS_CORIM_UUID, 0, bytes_between(walk, 16, 16)};
}

tps_span corim_walk_text(corim_walk *walk, const char *where)
{
    tps_span text;

    corim_walk_at(walk, where);
    text = tps_cbor_get_text(&walk->reader);
    if (text.size == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, where);
    }
    return text;
}

/* An entity: {0: name, ? 1: URI, 2: roles}; name and roles are mandatory. */
static tps_span entity_name(corim_walk *walk)
{
    tps_cbor_list members = tps_cbor_enter_map(&walk->reader);
    tps_span name = TPS_SPAN_EMPTY;
    bool has_roles = false;

    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0: name = corim_walk_text(walk, "entity name"); break;
        case 2:
            has_roles = tps_cbor_peek(&walk->reader) == TPS_CBOR_ARRAY;
            tps_cbor_skip(&walk->reader);
            break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
    if (name.size == 0 || !has_roles) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "entity");
    }
    return name;
}

tps_span corim_walk_entities(corim_walk *walk)
{
    tps_cbor_list entities;
    tps_span first = TPS_SPAN_EMPTY;
    bool is_first = true;

    corim_walk_at(walk, "entities");
    entities = tps_cbor_enter_array(&walk->reader);
    while (tps_cbor_next(&walk->reader, &entities)) {
        tps_span name = entity_name(walk);
        first = is_first ? name : first;
        is_first = false;
    }
    if (is_first) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "entities");
    }
    return first;
}
