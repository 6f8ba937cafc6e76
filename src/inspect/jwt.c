/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens in compact form (RFC 7519, RFC 7515): header, claims, and the attestation result in them.
 */
#include <jansson.h>

#include "inspect/explain.h"
#include "inspect/walk.h"
#include "tps/base64.h"
#include "tps/jws.h"

static tps_span decode(inspect_document *document, tps_span part, size_t offset)
{
    size_t room = part.size / 4 * 3 + 3;
    uint8_t *out = inspect_allocate(document, room);
    size_t size = 0;
    tps_status status;

    if (out == NULL) {
        return TPS_SPAN_EMPTY;
    }
    status = tps_base64_read(part, (tps_buf){out, room}, &size);
    if (status != TPS_OK) {
        inspect_fail(document, status, offset, "a part of the token");
        return TPS_SPAN_EMPTY;
    }
    return tps_span_make(out, size);
}

/* A part as an object of JSON. Offsets within it count in decoded bytes: the fault says where the part
 * begins. */
static json_t *read_object(inspect_document *document, tps_span file, tps_span part)
{
    size_t offset = offset_in(file, part);
    tps_span text = decode(document, part, offset);
    json_t *value = text.size == 0 ? NULL : json_read(document, text, offset);

    if (value != NULL && !json_is_object(value)) {
        inspect_fail(document, TPS_JWT_NOT_WELL_FORMED, offset, "a part of the token is no object of JSON");
        json_decref(value);
        return NULL;
    }
    if (value == NULL) {
        inspect_fail(document, TPS_JWT_NOT_WELL_FORMED, offset, "a part of the token is empty");
    }
    return value;
}

static void add_header(inspect_node *into, json_t *header)
{
    const char *alg = json_string_value(json_object_get(header, "alg"));
    const char *name;
    json_t *value;

    json_object_foreach(header, name, value)
    {
        if (strcmp(name, "jwk") == 0 && jwk_is(value)) {
            jwk_explain(inspect_object(into, "jwk"), value);
        } else {
            inspect_named(json_value(into, NULL, value),
                          inspect_copy(into->document, tps_span_of_text(name)));
        }
    }
    if (alg == NULL) {
        inspect_warn(into->document, "the header names no algorithm (alg)");
    } else if (strcmp(alg, "none") == 0) {
        inspect_warn(into->document, "the algorithm is \"none\": nobody signed it");
    } else if (strncmp(alg, "HS", 2) == 0) {
        inspect_warn(into->document,
                     "a MAC (%s) is made with a key that both ends hold: whoever can check it can forge it",
                     alg);
    }
}

static bool is_time(const char *name)
{
    return strcmp(name, "exp") == 0 || strcmp(name, "iat") == 0 || strcmp(name, "nbf") == 0;
}

static void add_claims(inspect_node *into, json_t *claims)
{
    const char *name;
    json_t *value;

    json_object_foreach(claims, name, value)
    {
        tps_span copy = inspect_copy(into->document, tps_span_of_text(name));
        if (is_time(name)) {
            json_time(into,
                      strcmp(name, "exp") == 0   ? "exp"
                      : strcmp(name, "iat") == 0 ? "iat"
                                                 : "nbf",
                      value);
        } else {
            inspect_named(json_value(into, NULL, value), copy);
        }
    }
}

static void explain(inspect_document *document, json_t *header, json_t *claims, tps_span text)
{
    inspect_node *root = inspect_fields(document);
    inspect_node *node = inspect_object(root, "claims");
    const char *alg = json_string_value(json_object_get(header, "alg"));
    bool is_eat =
        json_object_get(claims, "eat_profile") != NULL || json_object_get(claims, "eat_nonce") != NULL;

    if (ear_is_json(claims)) {
        inspect_is(document, "ear", "Attestation result (EAR) in a JWT, algorithm %s",
                   alg == NULL ? "unknown" : alg);
        ear_explain_json(node, claims);
    } else {
        inspect_is(document, is_eat ? "eat" : "jwt", "%s, algorithm %s",
                   is_eat ? "Entity Attestation Token (EAT) in a JWT" : "JSON Web Token (JWT)",
                   alg == NULL ? "unknown" : alg);
        if (!is_eat || !eat_explain_json(node, text)) {
            add_claims(node, claims);
        }
    }
    add_header(inspect_object(root, "header"), header);
}

void jwt_explain(inspect_document *document, tps_span file)
{
    json_t *header;
    json_t *claims;
    tps_jws jws;

    if (tps_jws_parse(file, &jws) != TPS_OK) {
        inspect_fail(document, TPS_JWT_NOT_WELL_FORMED, 0, "not three parts of base64url");
        return;
    }
    if (cmw_explain_jws(document, &jws)) {
        return;
    }
    header = read_object(document, file, jws.header);
    claims = header == NULL ? NULL : read_object(document, file, jws.payload);
    if (claims != NULL) {
        explain(document, header, claims, decode(document, jws.payload, 0));
        if (ear_is_json(claims)) {
            ear_judge(document, decode(document, jws.payload, 0));
        }
        inspect_bytes(inspect_fields(document), "signature",
                      decode(document, jws.signature, offset_in(file, jws.signature)));
        inspect_unchecked(document, "the signature: check it with the verifier's published key (JWKS)");
    }
    json_decref(claims);
    json_decref(header);
}
