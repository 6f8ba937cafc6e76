/* SPDX-License-Identifier: Apache-2.0 */
/* What RFC 9711 has beside plain claims: nested tokens of both encodings, digests, bundles, letters of
 * approval, results of measurements. Read by the decoders of tps/eat.h and its neighbours. */
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"

#include "tps/base64.h"
#include "tps/eat_bundle.h"
#include "tps/eat_json.h"
#include "tps/jws.h"

/* A list of a claim as the decoder of all claims sees it; empty if it refuses the claim. */
static tps_eat_claims read_alone(int64_t label, tps_span item, inspect_document *document)
{
    tps_eat_claims claims = {.unknown_count = 0};
    size_t size = item.size + 16;
    uint8_t *room = inspect_allocate(document, size);
    tps_cbor_writer w = tps_cbor_writer_init((tps_buf){room, size});

    tps_cbor_put_map(&w, 1);
    tps_cbor_put_int(&w, label);
    tps_cbor_put_raw(&w, item);
    if (room == NULL || tps_eat_decode(tps_span_make(room, w.size), &claims, NULL) != TPS_OK) {
        claims = (tps_eat_claims){.unknown_count = 1};
    }
    return claims;
}

void claim_dloas(inspect_node *into, const char *name, tps_span item)
{
    tps_eat_claims claims = read_alone(TPS_EAT_DLOAS, item, into->document);
    tps_eat_iterator it = tps_eat_each(&claims.dloas);
    inspect_node *list;
    tps_eat_dloa dloa;

    if (claims.unknown_count > 0) {
        inspect_cbor(into, name, item);
        return;
    }
    list = inspect_list(into, name);
    while (tps_eat_next_dloa(&it, &dloa)) {
        inspect_node *one = inspect_object(list, NULL);
        inspect_text(one, "registrar", dloa.registrar);
        inspect_text(one, "platform", dloa.platform);
        if (dloa.application.data != NULL) {
            inspect_text(one, "application", dloa.application);
        }
    }
}

static void add_results(inspect_node *into, const tps_eat_measurement_results *group)
{
    tps_eat_iterator it = tps_eat_each(&group->results);
    tps_eat_result result;

    while (tps_eat_next_result(&it, &result)) {
        inspect_node *one = inspect_object(into, NULL);
        if (result.is_id_binary) {
            inspect_bytes(one, "id", result.id);
        } else {
            inspect_text(one, "id", result.id);
        }
        inspect_means(inspect_uint(one, "result", result.result), tps_eat_result_name(result.result));
    }
}

void claim_measres(inspect_node *into, const char *name, tps_span item)
{
    tps_eat_claims claims = read_alone(TPS_EAT_MEASRES, item, into->document);
    tps_eat_iterator it = tps_eat_each(&claims.measres);
    tps_eat_measurement_results group;
    inspect_node *list;

    if (claims.unknown_count > 0) {
        inspect_cbor(into, name, item);
        return;
    }
    list = inspect_list(into, name);
    while (tps_eat_next_measurement_results(&it, &group)) {
        inspect_node *one = inspect_object(list, NULL);
        inspect_text(one, "system", group.system);
        add_results(inspect_list(one, "results"), &group);
    }
}

/* ---- tokens inside of tokens ---- */

/* Claims in JSON, as claims in CBOR that live as long as the document; empty if they are none. */
static tps_span turn(inspect_document *document, tps_span json)
{
    tps_span claims;
    uint8_t *room;
    size_t size;

    if (tps_eat_from_json(json, TPS_BUF_MEASURE, &claims, NULL) != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    size = claims.size;
    room = inspect_allocate(document, size);
    return room != NULL && tps_eat_from_json(json, (tps_buf){room, size}, &claims, NULL) == TPS_OK
               ? claims
               : TPS_SPAN_EMPTY;
}

static void add_json_claims(inspect_node *into, tps_span json)
{
    tps_span claims = turn(into->document, json);

    if (claims.size > 0) {
        inspect_later(into, claims_explain, claims);
    } else {
        inspect_text(into, "content", json);
    }
}

void eat_judge(inspect_document *document, tps_span claims)
{
    tps_error why = {TPS_OK, 0, NULL};

    if (tps_eat_walk(claims, NULL, &why) != TPS_OK) {
        inspect_warn(document, "this is not as RFC 9711 says: %s%s%s%s", tps_status_cause(why.status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
}

bool eat_explain_json(inspect_node *into, tps_span json)
{
    tps_span claims = turn(into->document, json);

    if (claims.size == 0) {
        return false;
    }
    claims_explain(into, claims);
    eat_judge(into->document, claims);
    return true;
}

static void add_jwt(inspect_node *into, tps_span token)
{
    tps_jws jws;
    uint8_t *room = inspect_allocate(into->document, token.size);
    size_t size = 0;

    inspect_text(into, "jwt", token);
    if (room == NULL || tps_jws_parse(token, &jws) != TPS_OK ||
        tps_base64_read(jws.payload, (tps_buf){room, token.size}, &size) != TPS_OK) {
        return;
    }
    add_json_claims(inspect_object(into, "claims"), tps_span_make(room, size));
}

void eat_explain_json_token(inspect_node *into, tps_span text)
{
    uint8_t *room = inspect_allocate(into->document, text.size + 1);
    tps_eat_json_token token;

    if (room == NULL || tps_eat_json_token_read(text, (tps_buf){room, text.size}, &token, NULL) != TPS_OK) {
        inspect_text(into, "nested_token_in_json", text);
        return;
    }
    switch (token.kind) {
    case TPS_EAT_JSON_JWT: add_jwt(into, token.content); break;
    case TPS_EAT_JSON_CBOR: eat_explain_cbor_token(into, token.content); break;
    case TPS_EAT_JSON_UJCS:
        inspect_warn(into->document, "claims in a nested token that nobody signed (UJCS)");
        add_json_claims(inspect_object(into, "unprotected_claims"), token.content);
        break;
    default: inspect_text(into, "bundle_in_json", token.content); break;
    }
}

void eat_explain_cbor_token(inspect_node *into, tps_span token)
{
    bool is_detached = false;
    tps_span payload = TPS_SPAN_EMPTY;
    tps_uccs unprotected;

    inspect_uint(into, "nested_token_size", token.size);
    if (tps_uccs_read(token, &unprotected, NULL) == TPS_OK) {
        inspect_warn(into->document, "claims in a nested token that nobody signed (UCCS)");
        inspect_later(inspect_object(into, "unprotected_claims"), claims_explain,
                      unprotected.unprotected_claims);
        return;
    }
    if (tps_cbor_check(token, &tps_cbor_limits_message, NULL, NULL) != TPS_OK || !cose_is_message(token)) {
        claim_bytes(into, "nested_token", token);
        return;
    }
    if (cose_envelope(inspect_object(into, "cose"), token, &payload, &is_detached) &&
        tps_cbor_check(payload, &tps_cbor_limits_message, NULL, NULL) == TPS_OK) {
        inspect_later(inspect_object(into, "claims"), claims_explain, payload);
    }
}

void eat_explain_digest(inspect_node *into, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    inspect_node *node;
    int64_t alg = 0;
    tps_span name;
    tps_span digest;

    name = tps_cbor_skip(&r);
    digest = tps_cbor_get_bytes(&r);
    if (r.status != TPS_OK || list.left != 2) {
        inspect_cbor(into, "detached_digest", item);
        return;
    }
    node = inspect_object(into, "detached_digest");
    if (walk_int(name, &alg)) {
        inspect_means(inspect_int(node, "alg", alg), name_of_algorithm(alg));
    } else {
        inspect_cbor(node, "alg", name);
    }
    inspect_bytes(node, "digest", digest);
}

/* ---- bundles ---- */

/* Where verdicts on names go. */
typedef struct {
    inspect_node *into;
    size_t bad;
} verdicts;

static void add_verdict(void *context, tps_span name, uint32_t verdict)
{
    static const char *const words[] = {"its digest is in the main token", "its digest is another",
                                        "it is not in the bundle", "the main token has no digest of it",
                                        "the hash of its digest is not known"};
    verdicts *v = context;
    inspect_node *node = inspect_words(v->into, NULL, words[verdict]);

    inspect_named(node, name);
    v->bad += verdict != TPS_EAT_DETACHED_GOOD;
}

/* The comparison is with what the main token says; whether that may be believed is another question. */
static void compare(inspect_document *document, const tps_eat_bundle *bundle, tps_span claims_set)
{
    verdicts v = {inspect_object(inspect_fields(document), "digests"), 0};
    tps_eat_bundle_reporter reporter = {add_verdict, &v};
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_eat_bundle_check(bundle, claims_set, &reporter, &why);

    if (status != TPS_OK) {
        inspect_warn(document, "the bundle does not belong to its main token: %s", tps_status_cause(status));
    }
}

static void add_detached(inspect_node *into, const tps_eat_bundle *bundle)
{
    tps_eat_iterator it = tps_eat_each(&bundle->detached);
    tps_eat_detached detached;

    while (tps_eat_next_detached(&it, &detached)) {
        inspect_node *one = inspect_named(inspect_object(into, NULL), detached.name);
        if (bundle->is_json) {
            add_json_claims(one, detached.content);
        } else if (tps_cbor_check(detached.content, &tps_cbor_limits_message, NULL, NULL) == TPS_OK) {
            inspect_later(one, claims_explain, detached.content);
        } else {
            inspect_bytes(one, "content", detached.content);
            inspect_warn(into->document, "a detached claims set is no CBOR");
        }
    }
}

/* The claims of the main token, if it shows them. */
static tps_span payload_of(const tps_eat_bundle *bundle)
{
    tps_cose_message message;

    return bundle->main_kind == TPS_EAT_SUBMODULE_CBOR_TOKEN &&
                   tps_cose_sign1_parse(bundle->main_token, &message, NULL) == TPS_OK
               ? message.payload
               : TPS_SPAN_EMPTY;
}

static void explain_bundle(inspect_document *document, const tps_eat_bundle *bundle)
{
    inspect_node *root = inspect_fields(document);
    tps_span payload = payload_of(bundle);

    inspect_is(document, "eat-bundle", "Detached EAT bundle (RFC 9711) in %s: a token and %u claims set%s",
               bundle->is_json ? "JSON" : "CBOR", bundle->detached.count,
               bundle->detached.count == 1 ? "" : "s");
    if (bundle->main_kind == TPS_EAT_SUBMODULE_CBOR_TOKEN) {
        eat_explain_cbor_token(inspect_object(root, "main_token"), bundle->main_token);
    } else {
        eat_explain_json_token(inspect_object(root, "main_token"), bundle->main_token);
    }
    add_detached(inspect_object(root, "detached_claims_sets"), bundle);
    if (payload.size > 0) {
        compare(document, bundle, payload);
    }
    inspect_unchecked(document, "the signature of the main token, on which all of the bundle rests");
}

bool eat_explain_bundle(inspect_document *document, tps_span file)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);
    tps_eat_bundle bundle;
    tps_error why = {TPS_OK, 0, NULL};

    if (!tps_cbor_take_tag(&r, TPS_TAG_EAT_BUNDLE)) {
        return false;
    }
    if (tps_eat_bundle_read(file, &bundle, &why) == TPS_OK) {
        explain_bundle(document, &bundle);
    } else {
        inspect_fail(document, why.status, why.offset, why.detail);
    }
    return true;
}

bool eat_explain_bundle_json(inspect_document *document, tps_span file)
{
    uint8_t *room = inspect_allocate(document, file.size + 1);
    tps_eat_bundle bundle;

    if (room == NULL || tps_eat_bundle_read_json(file, (tps_buf){room, file.size}, &bundle, NULL) != TPS_OK) {
        return false;
    }
    explain_bundle(document, &bundle);
    return true;
}
