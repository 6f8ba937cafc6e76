/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: the tags of a manifest. CoMIDs are read triple by triple; other tags are named to the visitor. */
#include "format/corim/walk.h"
#include "tps/corim.h"
#include "tps/crypto.h"

/* What one visit needs at hand. */
typedef struct {
    const tps_corim_visitor *visitor;
    corim_walk walk;
} visit;

enum { TRIPLES_REFERENCE = 0, TRIPLES_IDENTITY = 2, TRIPLES_ATTEST = 3 };

/* The names of triples that are not read, by their keys (draft-10, 5.1.7). */
static const struct {
    int64_t key;
    const char *name;
} other_triples[] = {
    {1, "endorsed values"},
    {4, "domain dependencies"},
    {5, "domain memberships"},
    {6, "CoSWID links"},
    {8, "conditional endorsement series"},
    {10, "conditional endorsements"},
};

static void tell_unsupported(visit *v, const char *name)
{
    if (v->visitor->unsupported != NULL && v->walk.reader.status == TPS_OK) {
        corim_walk_fail(&v->walk, v->visitor->unsupported(v->visitor->context, name), name);
    }
}

static void read_class(corim_walk *walk, tps_corim_environment *out)
{
    tps_cbor_list members;
    bool is_empty = true;

    corim_walk_at(walk, "class");
    members = tps_cbor_enter_map(&walk->reader);
    while (tps_cbor_next(&walk->reader, &members)) {
        is_empty = false;
        switch (corim_walk_key(walk)) {
        case 0:
            corim_walk_at(walk, "class id");
            out->class_id = corim_walk_value(walk);
            break;
        case 1: out->vendor = corim_walk_text(walk, "vendor"); break;
        case 2: out->model = corim_walk_text(walk, "model"); break;
        case 3:
            out->layer = tps_cbor_get_uint(&walk->reader);
            out->has_layer = true;
            break;
        case 4:
            out->index = tps_cbor_get_uint(&walk->reader);
            out->has_index = true;
            break;
        default: corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "class: an unknown member"); break;
        }
    }
    if (is_empty) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "class: it is empty");
    }
}

/* An environment with an unknown member cannot be matched: what it says would be taken for more than it is.
 */
static void read_environment(corim_walk *walk, tps_corim_environment *out)
{
    tps_cbor_list members;
    bool is_empty = true;

    *out = (tps_corim_environment){0};
    corim_walk_at(walk, "environment");
    members = tps_cbor_enter_map(&walk->reader);
    while (tps_cbor_next(&walk->reader, &members)) {
        is_empty = false;
        switch (corim_walk_key(walk)) {
        case 0: read_class(walk, out); break;
        case 1:
            corim_walk_at(walk, "instance");
            out->instance = corim_walk_value(walk);
            break;
        case 2:
            corim_walk_at(walk, "group");
            out->group = corim_walk_value(walk);
            break;
        default: corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "environment: an unknown member"); break;
        }
    }
    if (is_empty) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "environment: it is empty");
    }
}

/* Both registries in use number SHA-256 differently: named information (1) and COSE (-16); names are text. */
static int32_t read_digest_alg(corim_walk *walk)
{
    static const struct {
        int64_t number;
        int64_t cose;
        const char *name;
    } algs[] = {
        {1, TPS_ALG_SHA256, "sha-256"}, {7, TPS_ALG_SHA384, "sha-384"}, {8, TPS_ALG_SHA512, "sha-512"}};
    bool is_text = tps_cbor_peek(&walk->reader) == TPS_CBOR_TEXT;
    tps_span name = is_text ? tps_cbor_get_text(&walk->reader) : TPS_SPAN_EMPTY;
    int64_t number = is_text ? 0 : tps_cbor_get_int(&walk->reader);

    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        if (is_text ? tps_span_is_text(name, algs[i].name)
                    : number == algs[i].number || number == algs[i].cose) {
            return (int32_t)algs[i].cose;
        }
    }
    return TPS_ALG_NONE;
}

static size_t digest_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return 32;
    case TPS_ALG_SHA384: return 48;
    case TPS_ALG_SHA512: return 64;
    default: return 0;
    }
}

/* [alg, value] */
static tps_corim_digest read_digest(corim_walk *walk)
{
    tps_cbor_list parts = tps_cbor_enter_array(&walk->reader);
    tps_corim_digest digest = {TPS_ALG_NONE, TPS_SPAN_EMPTY};
    size_t count = 0;

    while (tps_cbor_next(&walk->reader, &parts)) {
        switch (count++) {
        case 0: digest.alg = read_digest_alg(walk); break;
        case 1: digest.value = tps_cbor_get_bytes(&walk->reader); break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
    if (count != 2 || digest.value.size == 0 ||
        (digest.alg != TPS_ALG_NONE && digest.value.size != digest_size(digest.alg))) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "digest");
    }
    return digest;
}

static void read_digests(corim_walk *walk, tps_corim_measurement *out)
{
    tps_cbor_list digests;

    corim_walk_at(walk, "digests");
    digests = tps_cbor_enter_array(&walk->reader);
    while (tps_cbor_next(&walk->reader, &digests)) {
        tps_corim_digest digest = read_digest(walk);
        if (out->digest_count == TPS_CORIM_DIGESTS_MAX) {
            corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 4 digests of one measurement");
            return;
        }
        out->digests[out->digest_count++] = digest;
    }
    if (out->digest_count == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "digests: there is none");
    }
}

static tps_corim_key read_key(corim_walk *walk)
{
    tps_corim_key key = {tps_cbor_get_tag(&walk->reader), TPS_SPAN_EMPTY};

    switch (key.tag) {
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_PATH_PEM: key.value = corim_walk_text(walk, "PEM key"); break;
    case TPS_CORIM_TAG_BYTES:
    case TPS_CORIM_TAG_CERTIFICATE_DER: key.value = tps_cbor_get_bytes(&walk->reader); break;
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
    case TPS_CORIM_TAG_COSE_KEY:
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT:
    case TPS_CORIM_TAG_PATH_THUMBPRINT: key.value = tps_cbor_skip(&walk->reader); break;
    default: corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "a key of an unknown kind"); break;
    }
    if (key.value.size == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "a key is empty");
    }
    return key;
}

static size_t read_keys(corim_walk *walk, tps_corim_key keys[TPS_CORIM_KEYS_MAX])
{
    tps_cbor_list list;
    size_t count = 0;

    corim_walk_at(walk, "keys");
    list = tps_cbor_enter_array(&walk->reader);
    while (tps_cbor_next(&walk->reader, &list)) {
        tps_corim_key key = read_key(walk);
        if (count == TPS_CORIM_KEYS_MAX) {
            corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 4 keys in one place");
            return 0;
        }
        keys[count++] = key;
    }
    if (count == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "keys: there is none");
    }
    return count;
}

/* {0: version, ? 1: scheme} */
static tps_span read_version(corim_walk *walk)
{
    tps_cbor_list members = tps_cbor_enter_map(&walk->reader);
    tps_span version = TPS_SPAN_EMPTY;

    while (tps_cbor_next(&walk->reader, &members)) {
        if (corim_walk_key(walk) == 0) {
            version = corim_walk_text(walk, "version");
        } else {
            tps_cbor_skip(&walk->reader);
        }
    }
    if (version.size == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "version");
    }
    return version;
}

static void read_svn(corim_walk *walk, tps_corim_measurement *out)
{
    corim_walk_at(walk, "security version number");
    out->has_svn = true;
    out->is_min_svn = tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_MIN_SVN);
    if (!out->is_min_svn) {
        (void)tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_SVN);
    }
    out->svn = tps_cbor_get_uint(&walk->reader);
}

static void skip_value(corim_walk *walk, tps_corim_measurement *out)
{
    tps_cbor_skip(&walk->reader);
    out->unsupported_count++;
}

static void read_raw_value(corim_walk *walk, tps_corim_measurement *out)
{
    if (tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_BYTES)) {
        out->raw_value = tps_cbor_get_bytes(&walk->reader);
    } else {
        skip_value(walk, out);
    }
}

static void read_values(corim_walk *walk, tps_corim_measurement *out)
{
    tps_cbor_list members;
    bool is_empty = true;

    corim_walk_at(walk, "measurement values");
    members = tps_cbor_enter_map(&walk->reader);
    while (tps_cbor_next(&walk->reader, &members)) {
        is_empty = false;
        switch (corim_walk_key(walk)) {
        case 0: out->version = read_version(walk); break;
        case 1: read_svn(walk, out); break;
        case 2: read_digests(walk, out); break;
        case 4: read_raw_value(walk, out); break;
        case 11: out->name = corim_walk_text(walk, "name"); break;
        case 13: out->key_count = read_keys(walk, out->keys); break;
        default: skip_value(walk, out); break;
        }
    }
    if (is_empty) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "a measurement is empty");
    }
}

/* {? 0: mkey, 1: values, ? 2: authorized-by} */
static void read_measurement(corim_walk *walk, tps_corim_measurement *out)
{
    tps_cbor_list members;
    bool has_values = false;

    *out = (tps_corim_measurement){0};
    corim_walk_at(walk, "measurement");
    members = tps_cbor_enter_map(&walk->reader);
    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0:
            corim_walk_at(walk, "measurement key");
            out->key = corim_walk_value(walk);
            break;
        case 1:
            read_values(walk, out);
            has_values = true;
            break;
        default: skip_value(walk, out); break;
        }
    }
    if (!has_values) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "a measurement has no values");
    }
}

/* [environment, [+ measurement]] */
static void visit_reference(visit *v)
{
    corim_walk *walk = &v->walk;
    tps_cbor_list parts = tps_cbor_enter_array(&walk->reader);
    tps_corim_environment environment;
    tps_corim_measurement measurement;
    size_t count = 0;
    tps_cbor_list measurements;

    if (tps_cbor_next(&walk->reader, &parts)) {
        read_environment(walk, &environment);
    }
    if (tps_cbor_next(&walk->reader, &parts)) {
        measurements = tps_cbor_enter_array(&walk->reader);
        while (tps_cbor_next(&walk->reader, &measurements)) {
            read_measurement(walk, &measurement);
            if (walk->reader.status == TPS_OK && v->visitor->reference_value != NULL) {
                corim_walk_fail(walk,
                                v->visitor->reference_value(v->visitor->context, &environment, &measurement),
                                "reference value");
            }
            count++;
        }
    }
    if (count == 0 || tps_cbor_next(&walk->reader, &parts)) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "reference values");
    }
}

/* [environment, [+ key], ? conditions]; conditions narrow what is said, so they cannot be skipped. */
static void visit_keys(visit *v, bool is_attest)
{
    corim_walk *walk = &v->walk;
    tps_cbor_list parts = tps_cbor_enter_array(&walk->reader);
    tps_corim_environment environment;
    tps_corim_key keys[TPS_CORIM_KEYS_MAX];
    size_t count = 0;
    tps_status (*take)(void *, const tps_corim_environment *, const tps_corim_key *, size_t) =
        is_attest ? v->visitor->attest_keys : v->visitor->identity_keys;

    if (tps_cbor_next(&walk->reader, &parts)) {
        read_environment(walk, &environment);
    }
    if (tps_cbor_next(&walk->reader, &parts)) {
        count = read_keys(walk, keys);
    }
    if (count == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "keys");
    }
    if (tps_cbor_next(&walk->reader, &parts)) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "keys under conditions");
    }
    if (walk->reader.status == TPS_OK && take != NULL) {
        corim_walk_fail(walk, take(v->visitor->context, &environment, keys, count),
                        is_attest ? "attestation key" : "identity key");
    }
}

static const char *name_of_triples(int64_t key)
{
    for (size_t i = 0; i < sizeof other_triples / sizeof other_triples[0]; i++) {
        if (other_triples[i].key == key) {
            return other_triples[i].name;
        }
    }
    return "triples of an unknown kind";
}

static void visit_triples(visit *v, int64_t key)
{
    tps_cbor_list records;
    bool is_empty = true;

    if (key != TRIPLES_REFERENCE && key != TRIPLES_IDENTITY && key != TRIPLES_ATTEST) {
        tps_cbor_skip(&v->walk.reader);
        tell_unsupported(v, name_of_triples(key));
        return;
    }
    corim_walk_at(&v->walk, "triples");
    records = tps_cbor_enter_array(&v->walk.reader);
    while (tps_cbor_next(&v->walk.reader, &records)) {
        is_empty = false;
        if (key == TRIPLES_REFERENCE) {
            visit_reference(v);
        } else {
            visit_keys(v, key == TRIPLES_ATTEST);
        }
    }
    if (is_empty) {
        corim_walk_fail(&v->walk, TPS_CORIM_BAD_VALUE, "triples: there is none");
    }
}

/* {0: id, ? 1: version} */
static void read_identity(corim_walk *walk, tps_corim_comid *out)
{
    tps_cbor_list members;

    corim_walk_at(walk, "tag identity");
    members = tps_cbor_enter_map(&walk->reader);
    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0: out->id = corim_walk_id(walk); break;
        case 1: out->version = tps_cbor_get_uint(&walk->reader); break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
    if (out->id.kind == TPS_CORIM_ABSENT) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "tag identity: no id");
    }
}

/* The CoMID's members; its triples are left for the second reading, behind the visitor's comid(). */
static tps_span read_comid(corim_walk *walk, tps_corim_comid *comid)
{
    tps_cbor_list members = tps_cbor_enter_map(&walk->reader);
    tps_span triples = TPS_SPAN_EMPTY;

    while (tps_cbor_next(&walk->reader, &members)) {
        switch (corim_walk_key(walk)) {
        case 0: comid->language = corim_walk_text(walk, "language"); break;
        case 1: read_identity(walk, comid); break;
        case 2: comid->entity_name = corim_walk_entities(walk); break;
        case 4: triples = tps_cbor_skip(&walk->reader); break;
        default: tps_cbor_skip(&walk->reader); break;
        }
    }
    if (comid->id.kind == TPS_CORIM_ABSENT || triples.size == 0) {
        corim_walk_fail(walk, TPS_CORIM_BAD_VALUE, "CoMID: identity or triples are missing");
    }
    return triples;
}

static tps_status visit_comid(tps_span encoded, const tps_corim_visitor *visitor, tps_error *why)
{
    corim_walk walk;
    tps_corim_comid comid = {0};
    tps_span triples;
    visit v = {.visitor = visitor};
    tps_cbor_list kinds;
    bool is_empty = true;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(encoded, "CoMID");
    triples = read_comid(&walk, &comid);
    TPS_TRY(corim_walk_finish(&walk, why));
    if (visitor->comid != NULL) {
        TPS_TRY(visitor->comid(visitor->context, &comid));
    }
    v.walk = corim_walk_init(triples, "triples");
    kinds = tps_cbor_enter_map(&v.walk.reader);
    while (tps_cbor_next(&v.walk.reader, &kinds)) {
        is_empty = false;
        visit_triples(&v, corim_walk_key(&v.walk));
    }
    if (is_empty) {
        corim_walk_fail(&v.walk, TPS_CORIM_BAD_VALUE, "triples: there is none");
    }
    return corim_walk_finish(&v.walk, why);
}

static tps_status visit_tag(tps_span encoded, const tps_corim_visitor *visitor, tps_error *why)
{
    corim_walk walk = corim_walk_init(encoded, "tag");
    uint64_t tag = tps_cbor_get_tag(&walk.reader);
    tps_span content = tps_cbor_get_bytes(&walk.reader);

    TPS_TRY(corim_walk_finish(&walk, why));
    switch (tag) {
    case TPS_CORIM_TAG_COMID: return visit_comid(content, visitor, why);
    case TPS_CORIM_TAG_COSWID:
    case TPS_CORIM_TAG_COTL:
        TPS_TRY(tps_cbor_check(content, &tps_cbor_limits_file, NULL, why));
        return visitor->unsupported == NULL
                   ? TPS_OK
                   : visitor->unsupported(visitor->context, tag == TPS_CORIM_TAG_COTL ? "CoTL" : "CoSWID");
    default: return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "a tag that is neither CoMID, CoSWID nor CoTL");
    }
}

tps_status tps_corim_visit(const tps_corim *corim, const tps_corim_visitor *visitor, tps_error *why)
{
    corim_walk walk = corim_walk_init(corim->tags, "tags");
    tps_cbor_list tags = tps_cbor_enter_array(&walk.reader);

    while (tps_cbor_next(&walk.reader, &tags)) {
        tps_span encoded = tps_cbor_skip(&walk.reader);
        if (walk.reader.status == TPS_OK) {
            TPS_TRY(visit_tag(encoded, visitor, why));
        }
    }
    return corim_walk_finish(&walk, why);
}
