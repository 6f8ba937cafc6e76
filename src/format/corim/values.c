/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the values that occur in manifests and in their tags (draft-10, 7): identifiers, validities,
 * digests, keys, entities. */
#include "format/corim/walk.h"
#include "tps/crypto.h"

tps_span corim_walk_bytes(corim_walk *walk, size_t least, size_t most, const char *where)
{
    tps_span bytes;

    corim_walk_at(walk, where);
    bytes = tps_cbor_get_bytes(&walk->reader);
    corim_walk_require(walk, bytes.size >= least && bytes.size <= most, where);
    return bytes;
}

tps_span corim_walk_text(corim_walk *walk, const char *where)
{
    tps_span text;

    corim_walk_at(walk, where);
    text = tps_cbor_get_text(&walk->reader);
    corim_walk_require(walk, text.size != 0, where);
    return text;
}

tps_span corim_walk_uri(corim_walk *walk, const char *where)
{
    corim_walk_at(walk, where);
    corim_walk_require(walk, tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_URI), where);
    return corim_walk_text(walk, where);
}

tps_corim_label corim_walk_label(corim_walk *walk, const char *where)
{
    tps_corim_label label = {0, TPS_SPAN_EMPTY};

    corim_walk_at(walk, where);
    if (tps_cbor_peek(&walk->reader) == TPS_CBOR_TEXT) {
        label.text = corim_walk_text(walk, where);
    } else {
        label.number = tps_cbor_get_int(&walk->reader);
    }
    return label;
}

void corim_read_label(corim_walk *walk, tps_corim_label *out)
{
    *out = corim_walk_label(walk, walk->where);
}

void corim_read_uri(corim_walk *walk, tps_span *out)
{
    *out = corim_walk_uri(walk, "URI");
}

/* ---- identifiers ---- */

static bool is_thumbprint(uint64_t tag)
{
    return tag == TPS_CORIM_TAG_KEY_THUMBPRINT || tag == TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT ||
           tag == TPS_CORIM_TAG_PATH_THUMBPRINT;
}

static bool is_key(uint64_t tag)
{
    return tag >= TPS_CORIM_TAG_KEY_PEM && tag <= TPS_CORIM_TAG_CERTIFICATE_DER;
}

/* Keys that may name an instance: neither paths nor their thumbprints (draft-10, 5.1.4.3). */
static bool is_instance_key(uint64_t tag)
{
    return is_key(tag) && tag != TPS_CORIM_TAG_PATH_PEM && tag != TPS_CORIM_TAG_PATH_THUMBPRINT;
}

static uint32_t kind_of_tag(uint64_t tag)
{
    switch (tag) {
    case TPS_CORIM_TAG_UUID: return TPS_CORIM_UUID;
    case TPS_CORIM_TAG_OID: return TPS_CORIM_OID;
    case TPS_CORIM_TAG_UEID: return TPS_CORIM_UEID;
    case TPS_CORIM_TAG_BYTES: return TPS_CORIM_BYTES;
    case TPS_CORIM_TAG_IMPLEMENTATION_ID: return TPS_CORIM_IMPLEMENTATION_ID;
    case TPS_CORIM_TAG_REFVAL_ID: return TPS_CORIM_REFVAL_ID;
    default: return is_instance_key(tag) ? TPS_CORIM_KEY : TPS_CORIM_OTHER;
    }
}

/* The draft's own tags, in a place where they have no meaning, are no profile's extension. */
static bool is_misplaced(uint64_t tag)
{
    return (tag >= TPS_CORIM_TAG_LEGACY && tag <= TPS_CORIM_TAG_RANGE && tag != TPS_CORIM_TAG_INT) ||
           tag == TPS_CORIM_TAG_TIME || tag == TPS_CORIM_TAG_URI;
}

/* A key is a map with a type (1), a set is an array of them (RFC 9052, 7); more is for who uses it. */
static tps_span read_cose_key(corim_walk *walk, const char *where)
{
    bool is_set = tps_cbor_peek(&walk->reader) == TPS_CBOR_ARRAY;
    tps_span encoded = tps_cbor_skip(&walk->reader);
    corim_walk inner = corim_walk_init(encoded, where);

    if (!is_set && walk->reader.status == TPS_OK) {
        corim_map map = corim_map_enter(&inner, 1u << 1, where);
        while (corim_map_next(&inner, &map)) {
            tps_cbor_skip(&inner.reader);
        }
        corim_walk_require(walk, map.seen != 0, where);
    }
    return encoded;
}

static void read_key_value(corim_walk *walk, tps_corim_key *key, const char *where)
{
    switch (key->tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_PATH_PEM: key->value = corim_walk_text(walk, where); break;
    case TPS_CORIM_TAG_BYTES:
    case TPS_CORIM_TAG_CERTIFICATE_DER: key->value = corim_walk_bytes(walk, 1, SIZE_MAX, where); break;
    case TPS_CORIM_TAG_COSE_KEY: key->value = read_cose_key(walk, where); break;
    default: key->value = tps_cbor_skip(&walk->reader); break;
    }
    if (is_thumbprint(key->tag) && walk->reader.status == TPS_OK) {
        corim_walk digest = corim_walk_init(key->value, where);
        corim_read_digest(&digest, &key->digest);
        corim_walk_fail(walk, digest.reader.status, digest.where);
    }
}

static tps_corim_value value_of_tag(corim_walk *walk, const char *where)
{
    tps_cbor_reader at_tag = walk->reader;
    tps_corim_value value = {TPS_CORIM_ABSENT, tps_cbor_get_tag(&walk->reader), TPS_SPAN_EMPTY};
    tps_corim_key key = {.tag = value.number};

    value.kind = kind_of_tag(value.number);
    switch (value.kind) {
    case TPS_CORIM_UUID: value.bytes = corim_walk_bytes(walk, 16, 16, where); break;
    case TPS_CORIM_UEID: value.bytes = corim_walk_bytes(walk, 7, 33, where); break;
    case TPS_CORIM_OID:
    case TPS_CORIM_BYTES: value.bytes = corim_walk_bytes(walk, 1, SIZE_MAX, where); break;
    case TPS_CORIM_IMPLEMENTATION_ID:
        value.bytes = corim_walk_bytes(walk, TPS_CORIM_CLASS_ID_SIZE, TPS_CORIM_CLASS_ID_SIZE, where);
        break;
    case TPS_CORIM_REFVAL_ID: value.bytes = tps_cbor_skip(&walk->reader); break;
    case TPS_CORIM_KEY:
        read_key_value(walk, &key, where);
        value.bytes = key.value;
        break;
    default:
        corim_walk_require(walk, !is_misplaced(value.number), where);
        value.bytes = tps_cbor_skip(&at_tag);
        tps_cbor_skip(&walk->reader);
        break;
    }
    return value;
}

tps_corim_value corim_walk_value(corim_walk *walk, uint32_t kinds, const char *where)
{
    tps_corim_value value = {TPS_CORIM_OTHER, 0, TPS_SPAN_EMPTY};

    corim_walk_at(walk, where);
    switch (tps_cbor_peek(&walk->reader)) {
    case TPS_CBOR_TEXT: value = (tps_corim_value){TPS_CORIM_TEXT, 0, corim_walk_text(walk, where)}; break;
    case TPS_CBOR_UINT:
        value = (tps_corim_value){TPS_CORIM_UINT, tps_cbor_get_uint(&walk->reader), TPS_SPAN_EMPTY};
        break;
    case TPS_CBOR_TAG: value = value_of_tag(walk, where); break;
    default: corim_walk_require(walk, false, where); break;
    }
    corim_walk_require(walk, (kinds >> value.kind & 1) != 0, where);
    return value;
}

tps_corim_value corim_walk_id(corim_walk *walk, const char *where)
{
    tps_corim_value id = {TPS_CORIM_UUID, 0, TPS_SPAN_EMPTY};

    corim_walk_at(walk, where);
    if (tps_cbor_peek(&walk->reader) == TPS_CBOR_TEXT) {
        return (tps_corim_value){TPS_CORIM_TEXT, 0, corim_walk_text(walk, where)};
    }
    id.number = tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_UUID) ? TPS_CORIM_TAG_UUID : 0;
    id.bytes = corim_walk_bytes(walk, 16, 16, where);
    return id;
}

void corim_read_tag_id(corim_walk *walk, tps_corim_value *out)
{
    *out = corim_walk_id(walk, "tag id");
}

tps_corim_identity corim_walk_identity(corim_walk *walk, const char *where)
{
    tps_corim_identity identity = {0};
    corim_map map = corim_map_enter(walk, 1u << 0 | 1u << 1, where);

    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            identity.id = corim_walk_id(walk, where);
        } else {
            identity.version = tps_cbor_get_uint(&walk->reader);
            identity.has_version = true;
        }
    }
    corim_map_require(walk, &map, 1u << 0);
    corim_map_close(walk, &map);
    return identity;
}

void corim_read_identity(corim_walk *walk, tps_corim_identity *out)
{
    *out = corim_walk_identity(walk, "tag identity");
}

/* ---- validity ---- */

static int64_t read_time(corim_walk *walk, const char *where)
{
    if (!tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_TIME)) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "validity: a time (CBOR tag 1) is needed");
    }
    if (tps_cbor_peek(&walk->reader) == TPS_CBOR_FLOAT) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "validity: a time with a fraction of a second");
    }
    corim_walk_at(walk, where);
    return tps_cbor_get_int(&walk->reader);
}

tps_corim_validity corim_walk_validity(corim_walk *walk, const char *where)
{
    tps_corim_validity validity = {.is_present = true};
    corim_map map = corim_map_enter(walk, 1u << 0 | 1u << 1, where);

    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            validity.not_before = read_time(walk, where);
            validity.has_not_before = true;
        } else {
            validity.not_after = read_time(walk, where);
        }
    }
    corim_map_require(walk, &map, 1u << 1);
    corim_map_close(walk, &map);
    corim_walk_require(walk, !validity.has_not_before || validity.not_before <= validity.not_after, where);
    return validity;
}

/* ---- digests ---- */

/* Both registries in use number SHA-256 differently: named information (1) and COSE (-16); names are text. */
static int32_t known_algorithm(const tps_corim_label *name)
{
    static const struct {
        int64_t number;
        int32_t cose;
        const char *text;
    } algs[] = {
        {1, TPS_ALG_SHA256, "sha-256"}, {7, TPS_ALG_SHA384, "sha-384"}, {8, TPS_ALG_SHA512, "sha-512"}};

    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        if (name->text.size != 0 ? tps_span_is_text(name->text, algs[i].text)
                                 : name->number == algs[i].number || name->number == algs[i].cose) {
            return algs[i].cose;
        }
    }
    return TPS_ALG_NONE;
}

size_t corim_digest_size(int64_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return 32;
    case TPS_ALG_SHA384: return 48;
    case TPS_ALG_SHA512: return 64;
    default: return 0;
    }
}

void corim_read_digest(corim_walk *walk, tps_corim_digest *digest)
{
    tps_cbor_list parts;

    *digest = (tps_corim_digest){0};
    corim_walk_at(walk, "digest");
    parts = tps_cbor_enter_array(&walk->reader);
    if (tps_cbor_next(&walk->reader, &parts)) {
        digest->name = corim_walk_label(walk, "digest");
        digest->alg = known_algorithm(&digest->name);
    }
    if (tps_cbor_next(&walk->reader, &parts)) {
        digest->value = corim_walk_bytes(walk, 1, SIZE_MAX, "digest");
    }
    corim_walk_require(walk, digest->value.size != 0 && !tps_cbor_next(&walk->reader, &parts), "digest");
    corim_walk_require(
        walk, digest->alg == TPS_ALG_NONE || digest->value.size == corim_digest_size(digest->alg), "digest");
}

static bool have_one_algorithm(const tps_corim_digest *a, const tps_corim_digest *b)
{
    if (a->alg != TPS_ALG_NONE || b->alg != TPS_ALG_NONE) {
        return a->alg == b->alg;
    }
    return a->name.number == b->name.number && tps_span_equal(a->name.text, b->name.text);
}

static void check_algorithms(corim_walk *walk, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest one;
    tps_corim_digest other;

    while (tps_corim_next_digest(&cursor, &one)) {
        tps_corim_cursor further = cursor;
        while (tps_corim_next_digest(&further, &other)) {
            corim_walk_require(walk, !have_one_algorithm(&one, &other), "two digests of one algorithm");
        }
    }
}

tps_corim_digests corim_walk_digests(corim_walk *walk, bool is_array)
{
    tps_corim_digest room;
    corim_list list = corim_list_enter_if(walk, is_array);
    tps_corim_digests digests;

    while (corim_list_next(walk, &list)) {
        corim_read_digest(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    digests = CORIM_LIST(tps_corim_digests, list);
    if (digests.count > TPS_CORIM_DIGESTS_MAX) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 16 digests of one thing");
    }
    if (walk->reader.status == TPS_OK && !walk->is_checked) {
        check_algorithms(walk, &digests);
    }
    return digests;
}

/* ---- keys ---- */

void corim_read_key(corim_walk *walk, tps_corim_key *key)
{
    *key = (tps_corim_key){.tag = tps_cbor_get_tag(&walk->reader)};
    corim_walk_require(
        walk, is_key(key->tag) || (kind_of_tag(key->tag) == TPS_CORIM_OTHER && !is_misplaced(key->tag)),
        "a key of a kind that is none");
    read_key_value(walk, key, "key");
}

tps_corim_keys corim_walk_keys(corim_walk *walk, const char *where)
{
    tps_corim_key room;
    corim_list list;

    corim_walk_at(walk, where);
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_key(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_keys, list);
}

/* ---- entities ---- */

void corim_read_entity(corim_walk *walk, tps_corim_entity *entity)
{
    corim_map map = corim_map_enter(walk, 1u << 0 | 1u << 1 | 1u << 2, "entity");
    tps_corim_label room;

    *entity = (tps_corim_entity){0};
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case 0: entity->name = corim_walk_text(walk, "entity name"); break;
        case 1: entity->reg_id = corim_walk_uri(walk, "entity URI"); break;
        default: {
            corim_list roles;
            corim_walk_at(walk, "entity roles");
            roles = corim_list_enter(walk);
            while (corim_list_next(walk, &roles)) {
                corim_read_label(walk, &room);
            }
            corim_list_leave(walk, &roles, 1);
            entity->roles = CORIM_LIST(tps_corim_labels, roles);
            break;
        }
        }
    }
    corim_map_require(walk, &map, 1u << 0 | 1u << 2);
    corim_map_extensions(walk, &map, &entity->extensions);
}

tps_corim_entities corim_walk_entities(corim_walk *walk)
{
    tps_corim_entity room;
    corim_list list;

    corim_walk_at(walk, "entities");
    list = corim_list_enter(walk);
    while (corim_list_next(walk, &list)) {
        corim_read_entity(walk, &room);
    }
    corim_list_leave(walk, &list, 1);
    return CORIM_LIST(tps_corim_entities, list);
}
