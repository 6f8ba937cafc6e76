/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the manifest itself and the signature around it. The content of its tags is read in comid.c. */
#include "format/corim/walk.h"
#include "tps/corim.h"
#include "tps/crypto.h"

enum { MEMBER_ID, MEMBER_TAGS, MEMBER_DEPENDENT, MEMBER_PROFILE, MEMBER_VALIDITY, MEMBER_ENTITIES };
enum { ROLE_SIGNER = 2 };
enum { CWT_ISSUER = 1, CWT_SUBJECT = 2, CWT_EXPIRY = 4, CWT_NOT_BEFORE = 5 };

/* Header parameters (draft-10, 4.2.1). */
enum {
    HEADER_CONTENT_TYPE = 3,
    HEADER_META = 8,
    HEADER_CWT_CLAIMS = 15,
    HEADER_HASH_ALG = 258,
    HEADER_PREIMAGE_TYPE = 259,
    HEADER_LOCATION = 260
};

/* What of the protected bucket says what is signed, and by whom. */
typedef struct {
    tps_span content_type;
    tps_span meta;
    tps_span cwt_claims;
    bool is_hash_envelope;
    int64_t hash_alg;
    tps_span preimage_type;
    tps_span location;
} protected_header;

static const struct {
    uint32_t kind;
    const char *uri;
} profiles[] = {
    {TPS_CORIM_PROFILE_PSA_IOT, TPS_CORIM_PROFILE_PSA_IOT_URI},
    {TPS_CORIM_PROFILE_PSA, TPS_CORIM_PROFILE_PSA_URI},
    {TPS_CORIM_PROFILE_OPENTPS, TPS_CORIM_PROFILE_OPENTPS_URI},
};

uint32_t tps_corim_profile_of(tps_span uri)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (tps_span_is_text(uri, profiles[i].uri)) {
            return profiles[i].kind;
        }
    }
    return TPS_CORIM_PROFILE_UNKNOWN;
}

const char *tps_corim_profile_uri(uint32_t profile_kind)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (profiles[i].kind == profile_kind) {
            return profiles[i].uri;
        }
    }
    return NULL;
}

/* ---- the manifest ---- */

/* A URI, tagged or (in manifests of the legacy PSA profile) not; or an OID. */
static void read_profile(corim_walk *walk, tps_corim *out)
{
    corim_walk_at(walk, "profile");
    if (tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_OID)) {
        out->profile = (tps_corim_value){TPS_CORIM_OID, TPS_CORIM_TAG_OID,
                                         corim_walk_bytes(walk, 1, SIZE_MAX, "profile")};
        return;
    }
    out->profile.kind = TPS_CORIM_TEXT;
    out->profile.number = tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_URI) ? TPS_CORIM_TAG_URI : 0;
    out->profile.bytes = corim_walk_text(walk, "profile");
    out->profile_kind = tps_corim_profile_of(out->profile.bytes);
}

/* What is inside is read by the visitor. */
void corim_read_tag(corim_walk *walk, tps_corim_tag *tag)
{
    *tag = (tps_corim_tag){0};
    corim_walk_at(walk, "tag");
    tag->tag = tps_cbor_get_tag(&walk->reader);
    if (tag->tag == TPS_CORIM_TAG_COMID || tag->tag == TPS_CORIM_TAG_COSWID ||
        tag->tag == TPS_CORIM_TAG_COTL) {
        tag->content = tps_cbor_get_bytes(&walk->reader);
    } else {
        tag->content = tps_cbor_skip(&walk->reader);
    }
}

static bool stands_in_array(corim_walk *walk)
{
    return tps_cbor_peek(&walk->reader) == TPS_CBOR_ARRAY;
}

/* A digest is an array, too: an array of digests begins with another one. */
static bool is_list_of_digests(const corim_walk *walk)
{
    tps_cbor_reader ahead = walk->reader;

    (void)tps_cbor_enter_array(&ahead);
    return tps_cbor_peek(&ahead) == TPS_CBOR_ARRAY;
}

/* {0: URI or URIs, ? 1: digest or digests} */
void corim_read_locator(corim_walk *walk, tps_corim_locator *locator)
{
    corim_map map = corim_map_enter(walk, 0x3, "locator");
    tps_span room;

    *locator = (tps_corim_locator){0};
    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            corim_list list;
            locator->are_uris_listed = stands_in_array(walk);
            list = corim_list_enter_if(walk, locator->are_uris_listed);
            while (corim_list_next(walk, &list)) {
                corim_read_uri(walk, &room);
            }
            corim_list_leave(walk, &list, 1);
            locator->uris = CORIM_LIST(tps_corim_texts, list);
        } else {
            corim_walk_at(walk, "thumbprint");
            locator->are_thumbprints_listed = is_list_of_digests(walk);
            locator->thumbprints = corim_walk_digests(walk, locator->are_thumbprints_listed);
        }
    }
    corim_map_require(walk, &map, 0x1);
    corim_map_close(walk, &map);
}

/* Only one may be the signer (draft-10, 4.1.5). */
static void check_signers(corim_walk *walk, const tps_corim_entities *entities)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*entities);
    tps_corim_entity entity;
    size_t signers = 0;

    while (tps_corim_next_entity(&cursor, &entity)) {
        tps_corim_cursor roles = TPS_CORIM_WALK(entity.roles);
        tps_corim_label role;
        bool is_signer = false;
        while (tps_corim_next_label(&roles, &role)) {
            is_signer = is_signer || (role.text.size == 0 && role.number == ROLE_SIGNER);
        }
        signers += is_signer;
    }
    corim_walk_require(walk, signers <= 1, "entities: more than one signer");
}

static void read_member(corim_walk *walk, uint32_t key, tps_corim *out)
{
    corim_list list;

    switch (key) {
    case MEMBER_ID: out->id = corim_walk_id(walk, "id"); break;
    case MEMBER_TAGS: {
        tps_corim_tag room;
        corim_walk_at(walk, "tags: there is none");
        list = corim_list_enter(walk);
        while (corim_list_next(walk, &list)) {
            corim_read_tag(walk, &room);
        }
        corim_list_leave(walk, &list, 1);
        out->tags = CORIM_LIST(tps_corim_tags, list);
        break;
    }
    case MEMBER_DEPENDENT: {
        tps_corim_locator room;
        corim_walk_at(walk, "dependent RIMs");
        list = corim_list_enter(walk);
        while (corim_list_next(walk, &list)) {
            corim_read_locator(walk, &room);
        }
        corim_list_leave(walk, &list, 1);
        out->dependents = CORIM_LIST(tps_corim_locators, list);
        break;
    }
    case MEMBER_PROFILE: read_profile(walk, out); break;
    case MEMBER_VALIDITY: out->validity = corim_walk_validity(walk, "validity"); break;
    default:
        out->entities = corim_walk_entities(walk);
        check_signers(walk, &out->entities);
        break;
    }
}

static tps_status read_body(tps_corim *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;

    TPS_TRY(tps_cbor_check(out->body, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(out->body, "corim-map");
    if (!tps_cbor_take_tag(&walk.reader, TPS_CORIM_TAG_CORIM)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the signed content is not tagged 501");
    }
    map = corim_map_enter(&walk, 0x3f, "corim-map");
    while (corim_map_next(&walk, &map)) {
        read_member(&walk, map.key, out);
    }
    corim_map_extensions(&walk, &map, &out->extensions);
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->id.kind == TPS_CORIM_ABSENT || out->tags.count == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "its id or its tags are missing");
    }
    return TPS_OK;
}

/* ---- the signer ---- */

static void read_signer(corim_walk *walk, tps_corim *out)
{
    corim_map map = corim_map_enter(walk, 0x3, "signer");

    while (corim_map_next(walk, &map)) {
        if (map.key == 0) {
            out->signer_name = corim_walk_text(walk, "signer name");
        } else {
            out->signer_uri = corim_walk_uri(walk, "signer URI");
        }
    }
    corim_map_extensions(walk, &map, &out->signer_extensions);
}

/* corim-meta: {0: signer, ? 1: validity}. */
static tps_status read_meta(tps_span meta, tps_corim *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;

    TPS_TRY(tps_cbor_check(meta, &tps_cbor_limits_message, NULL, why));
    walk = corim_walk_init(meta, "corim-meta");
    map = corim_map_enter(&walk, 0x3, "corim-meta");
    while (corim_map_next(&walk, &map)) {
        if (map.key == 0) {
            read_signer(&walk, out);
        } else {
            out->signature_validity = corim_walk_validity(&walk, "validity");
        }
    }
    corim_map_close(&walk, &map);
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->signer_name.size == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "corim-meta names no signer");
    }
    return TPS_OK;
}

/* What CWT claims say of signer and validity; further claims are let be. */
typedef struct {
    tps_span issuer;
    tps_span subject;
    tps_corim_validity validity;
} cwt;

static tps_status read_cwt_claims(tps_span claims, cwt *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;

    *out = (cwt){.validity = {.not_after = INT64_MAX}};
    TPS_TRY(tps_cbor_check(claims, &tps_cbor_limits_message, NULL, why));
    walk = corim_walk_init(claims, "CWT claims");
    map = corim_map_enter(
        &walk, 1u << CWT_ISSUER | 1u << CWT_SUBJECT | 1u << CWT_EXPIRY | 1u << CWT_NOT_BEFORE, "CWT claims");
    while (corim_map_next(&walk, &map)) {
        switch (map.key) {
        case CWT_ISSUER: out->issuer = corim_walk_text(&walk, "issuer"); break;
        case CWT_SUBJECT: out->subject = corim_walk_text(&walk, "subject"); break;
        case CWT_EXPIRY:
            out->validity.not_after = tps_cbor_get_int(&walk.reader);
            out->validity.is_present = true;
            break;
        default:
            out->validity.not_before = tps_cbor_get_int(&walk.reader);
            out->validity.has_not_before = out->validity.is_present = true;
            break;
        }
    }
    corim_walk_require(&walk,
                       !out->validity.has_not_before || out->validity.not_before <= out->validity.not_after,
                       "CWT claims: nbf, exp");
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->issuer.size == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the CWT claims name no issuer");
    }
    return TPS_OK;
}

static bool is_same_validity(const tps_corim_validity *a, const tps_corim_validity *b)
{
    return a->is_present == b->is_present && a->has_not_before == b->has_not_before &&
           (!a->has_not_before || a->not_before == b->not_before) &&
           (!a->is_present || a->not_after == b->not_after);
}

/* corim-meta, CWT claims, or both with the same content (draft-10, 4.2.1). */
static tps_status read_meta_group(const protected_header *header, tps_corim *out, tps_error *why)
{
    cwt claims;

    if (header->meta.size == 0 && header->cwt_claims.size == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "its signer is not named (corim-meta)");
    }
    if (header->meta.size != 0) {
        TPS_TRY(read_meta(header->meta, out, why));
    }
    if (header->cwt_claims.size != 0) {
        TPS_TRY(read_cwt_claims(header->cwt_claims, &claims, why));
        out->subject = claims.subject;
        if (header->meta.size == 0) {
            out->signer_name = claims.issuer;
            out->signature_validity = claims.validity;
        } else if (!tps_span_equal(out->signer_name, claims.issuer) ||
                   !is_same_validity(&out->signature_validity, &claims.validity)) {
            return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0,
                            "corim-meta and CWT claims contradict each other");
        }
    }
    return TPS_OK;
}

/* ---- the envelope ---- */

/* A parameter of the protected bucket as a walk over its value; false when it is not there. */
static bool find(tps_span bucket, int64_t label, corim_walk *walk)
{
    tps_span value;

    *walk = corim_walk_init(TPS_SPAN_EMPTY, "a header parameter of a signed CoRIM");
    if (!tps_cose_header_find(bucket, label, &value)) {
        return false;
    }
    walk->reader = tps_cbor_reader_init(value);
    return true;
}

/* A content type may be a number, too; that is another one than ours. */
static tps_span text_of(tps_span bucket, int64_t label)
{
    corim_walk walk;

    return find(bucket, label, &walk) ? tps_cbor_get_text(&walk.reader) : TPS_SPAN_EMPTY;
}

/* Read from the protected bucket alone: what says how a manifest is signed counts only if it is signed. */
static tps_status read_protected(tps_span bucket, protected_header *out, tps_error *why)
{
    corim_walk walk;

    *out = (protected_header){.content_type = text_of(bucket, HEADER_CONTENT_TYPE),
                              .preimage_type = text_of(bucket, HEADER_PREIMAGE_TYPE),
                              .location = text_of(bucket, HEADER_LOCATION)};
    if (find(bucket, HEADER_META, &walk)) {
        out->meta = tps_cbor_get_bytes(&walk.reader);
        TPS_TRY(corim_walk_finish(&walk, why));
    }
    (void)tps_cose_header_find(bucket, HEADER_CWT_CLAIMS, &out->cwt_claims);
    out->is_hash_envelope = find(bucket, HEADER_HASH_ALG, &walk);
    if (out->is_hash_envelope) {
        out->hash_alg = tps_cbor_get_int(&walk.reader);
        TPS_TRY(corim_walk_finish(&walk, why));
    }
    return TPS_OK;
}

/* The content from elsewhere has the hash that was signed. */
static tps_status check_hash(const tps_corim *corim, tps_span content, tps_error *why)
{
    tps_digest digest;

    if (corim_digest_size(corim->hash_alg) == 0) {
        return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "the hash algorithm of the hash envelope");
    }
    TPS_TRY(tps_crypto_hash_of((int32_t)corim->hash_alg, content, &digest));
    return tps_span_equal(tps_span_make(digest.bytes, digest.size), corim->envelope.payload)
               ? TPS_OK
               : tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "its content has another hash than was signed");
}

/* Enclosed, detached, or only its hash enclosed. */
static tps_status find_body(const protected_header *header, tps_span content, tps_corim *out, tps_error *why)
{
    bool is_elsewhere = out->envelope.is_detached || header->is_hash_envelope;
    bool has_content_type =
        out->envelope.headers.content_type.size != 0 || out->envelope.headers.content_format != UINT64_MAX;
    tps_span type = header->is_hash_envelope ? header->preimage_type : header->content_type;

    if (header->is_hash_envelope && (has_content_type || out->envelope.is_detached)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "a hash envelope has a content type, or no hash");
    }
    if (!tps_span_is_text(type, TPS_CORIM_CONTENT_TYPE)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the content type is not " TPS_CORIM_CONTENT_TYPE);
    }
    TPS_TRY(read_meta_group(header, out, why));
    if (is_elsewhere && content.size == 0) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, "the signature comes without the manifest");
    }
    out->body = is_elsewhere ? content : out->envelope.payload;
    if (header->is_hash_envelope) {
        return check_hash(out, content, why);
    }
    out->envelope.payload = out->body;
    out->envelope.is_detached = false;
    return TPS_OK;
}

static tps_status read_envelope(tps_span input, tps_span content, tps_corim *out, tps_error *why)
{
    static const int64_t understood[] = {HEADER_HASH_ALG, HEADER_PREIMAGE_TYPE, HEADER_LOCATION};
    tps_cose_terms terms = {.understood = understood, .understood_count = 3};
    protected_header header;

    TPS_TRY(tps_cose_sign1_parse_under(input, &terms, &out->envelope, why));
    out->is_signed = true;
    TPS_TRY(read_protected(out->envelope.protected_raw, &header, why));
    out->hash_alg = header.hash_alg;
    out->location = header.location;
    return find_body(&header, content, out, why);
}

static tps_status refuse(uint32_t type, uint64_t tag, tps_error *why)
{
    if (type == TPS_CBOR_TAG && (tag == TPS_CORIM_TAG_LEGACY || tag == TPS_CORIM_TAG_LEGACY_SIGNED)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0,
                        "it has the wrapper of an old draft (tag 500 or 502)");
    }
    if (type == TPS_CBOR_MAP) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "it is a map without the tag 501");
    }
    return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, NULL);
}

tps_status tps_corim_decode(tps_span input, tps_corim *out, tps_error *why)
{
    return tps_corim_decode_with(input, TPS_SPAN_EMPTY, out, why);
}

tps_status tps_corim_decode_with(tps_span input, tps_span content, tps_corim *out, tps_error *why)
{
    tps_cbor_reader reader = tps_cbor_reader_init(input);
    tps_cbor_item head;

    *out = (tps_corim){0};
    if (!tps_cbor_read(&reader, &head)) {
        return tps_fail(why, reader.status == TPS_OK ? TPS_CBOR_TRUNCATED : reader.status, 0, NULL);
    }
    if (head.type == TPS_CBOR_TAG && head.value == TPS_TAG_COSE_SIGN1) {
        TPS_TRY(read_envelope(input, content, out, why));
    } else if (head.type == TPS_CBOR_TAG && head.value == TPS_CORIM_TAG_CORIM) {
        out->body = input;
    } else {
        return refuse(head.type, head.value, why);
    }
    return read_body(out, why);
}

tps_status tps_corim_validity_check(const tps_corim_validity *validity, int64_t now)
{
    if (validity->is_present &&
        (now > validity->not_after || (validity->has_not_before && now < validity->not_before))) {
        return TPS_CORIM_EXPIRED;
    }
    return TPS_OK;
}
