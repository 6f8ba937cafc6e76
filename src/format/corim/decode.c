/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the manifest itself and the signature around it. The content of its tags is read in comid_decode.c.
 */
#include "format/corim/walk.h"
#include "tps/corim.h"

enum { MEMBER_ID, MEMBER_TAGS, MEMBER_DEPENDENT, MEMBER_PROFILE, MEMBER_VALIDITY, MEMBER_ENTITIES };
enum { TAG_EPOCH_TIME = 1, TAG_URI = 32 };
enum { CWT_ISSUER = 1 };

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

static int64_t read_time(corim_walk *walk)
{
    if (!tps_cbor_take_tag(&walk->reader, TAG_EPOCH_TIME)) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "validity: a time (CBOR tag 1) is needed");
    }
    return tps_cbor_get_int(&walk->reader);
}

static void read_validity(corim_walk *walk, tps_corim_validity *validity)
{
    tps_cbor_list members = tps_cbor_enter_map(&walk->reader);
    bool has_not_after = false;

    validity->is_present = true;
    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0:
            validity->not_before = read_time(walk);
            validity->has_not_before = true;
            break;
        case 1:
            validity->not_after = read_time(walk);
            has_not_after = true;
            break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
    if (!has_not_after || (validity->has_not_before && validity->not_before > validity->not_after)) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "validity");
    }
}

/* A URI, tagged or (in manifests of the legacy PSA profile) not; or an OID. */
static void read_profile(corim_walk *walk, tps_corim *out)
{
    corim_walk_at(walk, "profile");
    if (tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_OID)) {
        out->profile = (tps_corim_value){TPS_CORIM_OID, TPS_CORIM_TAG_OID, tps_cbor_get_bytes(&walk->reader)};
        return;
    }
    (void)tps_cbor_take_tag(&walk->reader, TAG_URI);
    out->profile = (tps_corim_value){TPS_CORIM_TEXT, 0, corim_walk_text(walk, "profile")};
    out->profile_kind = tps_corim_profile_of(out->profile.bytes);
}

/* The array of tags as it stands, and how many there are. */
static void read_tags(corim_walk *walk, tps_corim *out)
{
    size_t start = tps_cbor_offset(&walk->reader);
    tps_cbor_list tags;

    corim_walk_at(walk, "tags");
    tags = tps_cbor_enter_array(&walk->reader);
    while (tps_cbor_next(&walk->reader, &tags)) {
        tps_cbor_skip(&walk->reader);
        out->tag_count++;
    }
    if (out->tag_count == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "tags: there is none");
    }
    out->tags = tps_span_make(out->body.data + start, tps_cbor_offset(&walk->reader) - start);
}

static void read_dependents(corim_walk *walk, tps_corim *out)
{
    tps_cbor_list locators;

    corim_walk_at(walk, "dependent RIMs");
    locators = tps_cbor_enter_array(&walk->reader);
    while (tps_cbor_next(&walk->reader, &locators)) {
        tps_cbor_skip(&walk->reader);
        out->dependent_rim_count++;
    }
}

static void read_member(corim_walk *walk, int64_t key, tps_corim *out)
{
    switch (key) {
    case MEMBER_ID:
        corim_walk_at(walk, "id");
        out->id = corim_walk_id(walk);
        break;
    case MEMBER_TAGS: read_tags(walk, out); break;
    case MEMBER_DEPENDENT: read_dependents(walk, out); break;
    case MEMBER_PROFILE: read_profile(walk, out); break;
    case MEMBER_VALIDITY:
        corim_walk_at(walk, "validity");
        read_validity(walk, &out->validity);
        break;
    case MEMBER_ENTITIES: out->entity_name = corim_walk_entities(walk); break;
    default: tps_cbor_skip(&walk->reader); break;
    }
}

static tps_status read_body(tps_corim *out, tps_error *why)
{
    corim_walk walk;
    tps_cbor_list members;

    TPS_TRY(tps_cbor_check(out->body, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(out->body, "corim-map");
    if (!tps_cbor_take_tag(&walk.reader, TPS_CORIM_TAG_CORIM)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the signed content is not tagged 501");
    }
    members = tps_cbor_enter_map(&walk.reader);
    while (tps_cbor_next(&walk.reader, &members)) {
        read_member(&walk, corim_walk_key(&walk), out);
    }
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->id.kind == TPS_CORIM_ABSENT || out->tag_count == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "its id or its tags are missing");
    }
    return TPS_OK;
}

static void read_signer(corim_walk *walk, tps_corim *out)
{
    tps_cbor_list members = tps_cbor_enter_map(&walk->reader);

    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0: out->signer_name = corim_walk_text(walk, "signer name"); break;
        case 1:
            (void)tps_cbor_take_tag(&walk->reader, TAG_URI);
            out->signer_uri = corim_walk_text(walk, "signer URI");
            break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
}

/* corim-meta: {0: signer, ? 1: validity}. */
static tps_status read_meta(tps_corim *out, tps_error *why)
{
    corim_walk walk;
    tps_cbor_list members;

    TPS_TRY(tps_cbor_check(out->envelope.headers.corim_meta, &tps_cbor_limits_message, NULL, why));
    walk = corim_walk_init(out->envelope.headers.corim_meta, "corim-meta");
    members = tps_cbor_enter_map(&walk.reader);
    while (tps_cbor_next(&walk.reader, &members)) {
        switch (corim_walk_key(&walk)) {
        case 0: read_signer(&walk, out); break;
        case 1: read_validity(&walk, &out->signature_validity); break;
        default: tps_cbor_skip(&walk.reader); break;
        }
    }
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->signer_name.size == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "corim-meta names no signer");
    }
    return TPS_OK;
}

/* CWT claims instead of corim-meta: the issuer is the signer. */
static tps_status read_cwt_claims(tps_corim *out, tps_error *why)
{
    corim_walk walk;
    tps_cbor_list members;

    TPS_TRY(tps_cbor_check(out->envelope.headers.cwt_claims, &tps_cbor_limits_message, NULL, why));
    walk = corim_walk_init(out->envelope.headers.cwt_claims, "CWT claims");
    members = tps_cbor_enter_map(&walk.reader);
    while (tps_cbor_next(&walk.reader, &members)) {
        if (corim_walk_key(&walk) == CWT_ISSUER) {
            out->signer_name = corim_walk_text(&walk, "issuer");
        } else {
            tps_cbor_skip(&walk.reader);
        }
    }
    TPS_TRY(corim_walk_finish(&walk, why));
    if (out->signer_name.size == 0) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the CWT claims name no issuer");
    }
    return TPS_OK;
}

static tps_status read_envelope(tps_span input, tps_corim *out, tps_error *why)
{
    const tps_cose_headers *headers = &out->envelope.headers;

    TPS_TRY(tps_cose_sign1_parse(input, &out->envelope, why));
    out->is_signed = true;
    if (out->envelope.is_detached) {
        return tps_fail(why, TPS_COSE_DETACHED, 0, NULL);
    }
    if (!tps_span_is_text(headers->content_type, TPS_CORIM_CONTENT_TYPE)) {
        return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "the content type is not " TPS_CORIM_CONTENT_TYPE);
    }
    out->body = out->envelope.payload;
    if (headers->corim_meta.size != 0) {
        return read_meta(out, why);
    }
    if (headers->cwt_claims.size != 0) {
        return read_cwt_claims(out, why);
    }
    return tps_fail(why, TPS_CORIM_NOT_WELL_FORMED, 0, "its signer is not named (corim-meta)");
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
    tps_cbor_reader reader = tps_cbor_reader_init(input);
    tps_cbor_item head;

    *out = (tps_corim){0};
    if (!tps_cbor_read(&reader, &head)) {
        return tps_fail(why, reader.status == TPS_OK ? TPS_CBOR_TRUNCATED : reader.status, 0, NULL);
    }
    if (head.type == TPS_CBOR_TAG && head.value == TPS_TAG_COSE_SIGN1) {
        TPS_TRY(read_envelope(input, out, why));
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
