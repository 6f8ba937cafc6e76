/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing the values that occur in manifests and in their tags; see values.c for reading them. */
#include "format/corim/put.h"

#include "tps/crypto.h"

/* ---- maps and lists ---- */

bool corim_key_is_before(const tps_cbor_item *a, const tps_cbor_item *b)
{
    if (a->type != b->type) {
        return a->type < b->type;
    }
    if (a->type != TPS_CBOR_TEXT) {
        return a->value < b->value;
    }
    if (a->bytes.size != b->bytes.size) {
        return a->bytes.size < b->bytes.size;
    }
    return a->bytes.size != 0 && memcmp(a->bytes.data, b->bytes.data, a->bytes.size) < 0;
}

void corim_put_key_of(tps_cbor_writer *writer, const tps_cbor_item *key)
{
    if (key->type == TPS_CBOR_UINT) {
        tps_cbor_put_uint(writer, key->value);
    } else if (key->type == TPS_CBOR_TEXT) {
        tps_cbor_put_text_span(writer, key->bytes);
    } else if (key->value <= INT64_MAX) {
        tps_cbor_put_int(writer, -1 - (int64_t)key->value);
    } else {
        uint8_t encoded[9] = {0x3b};
        for (size_t i = 0; i < 8; i++) {
            encoded[1 + i] = (uint8_t)(key->value >> (56 - 8 * i));
        }
        tps_cbor_put_raw(writer, TPS_SPAN_OF(encoded));
    }
}

corim_put_map corim_put_map_begin(tps_cbor_writer *writer, size_t members,
                                  const tps_corim_extensions *extensions)
{
    corim_put_map map = {
        writer, extensions, extensions == NULL ? 0 : extensions->count, {TPS_CBOR_END, 0, 0, TPS_SPAN_EMPTY}};

    tps_cbor_put_map(writer, members + map.left);
    return map;
}

/* The extension with the least key above the last one's. */
static bool next_extension(const corim_put_map *map, tps_corim_extension *least)
{
    tps_corim_cursor cursor = tps_corim_walk_extensions(map->extensions);
    tps_corim_extension one;
    bool is_found = false;

    while (tps_corim_next_extension(&cursor, &one)) {
        if ((map->last.type == TPS_CBOR_END || corim_key_is_before(&map->last, &one.key)) &&
            (!is_found || corim_key_is_before(&one.key, &least->key))) {
            *least = one;
            is_found = true;
        }
    }
    return is_found;
}

/* Extensions whose keys are numbers below `key`, or all. */
static void put_extensions_below(corim_put_map *map, uint64_t key)
{
    tps_corim_extension extension;

    while (map->left > 0 && next_extension(map, &extension)) {
        if (key != UINT64_MAX && (extension.key.type != TPS_CBOR_UINT || extension.key.value >= key)) {
            return;
        }
        corim_put_key_of(map->writer, &extension.key);
        tps_cbor_put_raw(map->writer, extension.value);
        map->last = extension.key;
        map->left--;
    }
}

void corim_put_member(corim_put_map *map, uint32_t key)
{
    put_extensions_below(map, key);
    tps_cbor_put_uint(map->writer, key);
}

void corim_put_map_end(corim_put_map *map)
{
    put_extensions_below(map, UINT64_MAX);
}

void corim_put_end(tps_cbor_writer *writer, const tps_corim_cursor *cursor)
{
    if (writer->status == TPS_OK) {
        writer->status = cursor->reader.status;
    }
}

/* ---- values ---- */

void corim_put_uri(tps_cbor_writer *writer, tps_span uri)
{
    tps_cbor_put_tag(writer, TPS_CORIM_TAG_URI);
    tps_cbor_put_text_span(writer, uri);
}

static void put_tagged_bytes(tps_cbor_writer *writer, uint64_t tag, tps_span bytes)
{
    tps_cbor_put_tag(writer, tag);
    tps_cbor_put_bytes(writer, bytes);
}

static void put_digest(tps_cbor_writer *writer, const tps_corim_digest *digest)
{
    tps_corim_label name = digest->name;

    /* Numbers of the named information registry: what readers in the field take. */
    if (name.number == 0 && name.text.size == 0 && digest->alg != TPS_ALG_NONE) {
        name.number = digest->alg == TPS_ALG_SHA256 ? 1 : digest->alg == TPS_ALG_SHA384 ? 7 : 8;
    }
    tps_cbor_put_array(writer, 2);
    corim_put_label(writer, &name);
    tps_cbor_put_bytes(writer, digest->value);
}

static void put_key(tps_cbor_writer *writer, const tps_corim_key *key)
{
    tps_cbor_put_tag(writer, key->tag);
    switch (key->tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_PATH_PEM: tps_cbor_put_text_span(writer, key->value); break;
    case TPS_CORIM_TAG_BYTES:
    case TPS_CORIM_TAG_CERTIFICATE_DER: tps_cbor_put_bytes(writer, key->value); break;
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT:
    case TPS_CORIM_TAG_PATH_THUMBPRINT: put_digest(writer, &key->digest); break;
    default: tps_cbor_put_raw(writer, key->value); break;
    }
}

/* An instance that is named by its key: thumbprints are encoded already. */
static void put_instance_key(tps_cbor_writer *writer, const tps_corim_value *value)
{
    tps_corim_key key = {.tag = value->number, .value = value->bytes};

    if (key.tag == TPS_CORIM_TAG_KEY_THUMBPRINT || key.tag == TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT) {
        corim_walk walk = corim_walk_init(value->bytes, "thumbprint");
        corim_read_digest(&walk, &key.digest);
    }
    put_key(writer, &key);
}

void corim_put_value(tps_cbor_writer *writer, const tps_corim_value *value)
{

    switch (value->kind) {
    case TPS_CORIM_TEXT:
        if (value->number == TPS_CORIM_TAG_URI) {
            tps_cbor_put_tag(writer, TPS_CORIM_TAG_URI);
        }
        tps_cbor_put_text_span(writer, value->bytes);
        break;
    case TPS_CORIM_UINT: tps_cbor_put_uint(writer, value->number); break;
    case TPS_CORIM_UUID:
        if (value->number == TPS_CORIM_TAG_UUID) {
            tps_cbor_put_tag(writer, TPS_CORIM_TAG_UUID);
        }
        tps_cbor_put_bytes(writer, value->bytes);
        break;
    case TPS_CORIM_OID: put_tagged_bytes(writer, TPS_CORIM_TAG_OID, value->bytes); break;
    case TPS_CORIM_BYTES: put_tagged_bytes(writer, TPS_CORIM_TAG_BYTES, value->bytes); break;
    case TPS_CORIM_UEID: put_tagged_bytes(writer, TPS_CORIM_TAG_UEID, value->bytes); break;
    case TPS_CORIM_IMPLEMENTATION_ID:
        put_tagged_bytes(writer, TPS_CORIM_TAG_IMPLEMENTATION_ID, value->bytes);
        break;
    case TPS_CORIM_REFVAL_ID:
        tps_cbor_put_tag(writer, TPS_CORIM_TAG_REFVAL_ID);
        tps_cbor_put_raw(writer, value->bytes);
        break;
    case TPS_CORIM_KEY: put_instance_key(writer, value); break;
    default: tps_cbor_put_raw(writer, value->bytes); break;
    }
}

void corim_put_label(tps_cbor_writer *writer, const tps_corim_label *label)
{
    if (label->text.size != 0) {
        tps_cbor_put_text_span(writer, label->text);
    } else {
        tps_cbor_put_int(writer, label->number);
    }
}

void corim_put_identity(tps_cbor_writer *writer, const tps_corim_identity *identity)
{
    tps_cbor_put_map(writer, identity->has_version ? 2 : 1);
    tps_cbor_put_uint(writer, 0);
    corim_put_value(writer, &identity->id);
    if (identity->has_version) {
        tps_cbor_put_uint(writer, 1);
        tps_cbor_put_uint(writer, identity->version);
    }
}

static void put_time(tps_cbor_writer *writer, int64_t time)
{
    tps_cbor_put_tag(writer, TPS_CORIM_TAG_TIME);
    tps_cbor_put_int(writer, time);
}

void corim_put_validity(tps_cbor_writer *writer, const tps_corim_validity *validity)
{
    tps_cbor_put_map(writer, validity->has_not_before ? 2 : 1);
    if (validity->has_not_before) {
        tps_cbor_put_uint(writer, 0);
        put_time(writer, validity->not_before);
    }
    tps_cbor_put_uint(writer, 1);
    put_time(writer, validity->not_after);
}

void corim_put_digests(tps_cbor_writer *writer, const tps_corim_digests *digests, bool is_listed)
{
    tps_corim_digest room;
    tps_corim_cursor cursor;

    if (is_listed) {
        tps_cbor_put_array(writer, digests->count);
    }
    cursor = TPS_CORIM_WALK(*digests);
    while (tps_corim_next_digest(&cursor, &room)) {
        put_digest(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

void corim_put_keys(tps_cbor_writer *writer, const tps_corim_keys *keys)
{
    tps_corim_key room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, keys->count);
    cursor = TPS_CORIM_WALK(*keys);
    while (tps_corim_next_key(&cursor, &room)) {
        put_key(writer, &room);
    }
    corim_put_end(writer, &cursor);
}

static void put_entity(tps_cbor_writer *writer, const tps_corim_entity *entity)
{
    tps_corim_label room;
    tps_corim_cursor cursor;
    corim_put_map map = corim_put_map_begin(writer, entity->reg_id.size == 0 ? 2 : 3, &entity->extensions);

    corim_put_member(&map, 0);
    tps_cbor_put_text_span(writer, entity->name);
    if (entity->reg_id.size != 0) {
        corim_put_member(&map, 1);
        corim_put_uri(writer, entity->reg_id);
    }
    corim_put_member(&map, 2);
    tps_cbor_put_array(writer, entity->roles.count);
    cursor = TPS_CORIM_WALK(entity->roles);
    while (tps_corim_next_label(&cursor, &room)) {
        corim_put_label(writer, &room);
    }
    corim_put_end(writer, &cursor);
    corim_put_map_end(&map);
}

void corim_put_entities(tps_cbor_writer *writer, const tps_corim_entities *entities)
{
    tps_corim_entity room;
    tps_corim_cursor cursor;

    tps_cbor_put_array(writer, entities->count);
    cursor = TPS_CORIM_WALK(*entities);
    while (tps_corim_next_entity(&cursor, &room)) {
        put_entity(writer, &room);
    }
    corim_put_end(writer, &cursor);
}
