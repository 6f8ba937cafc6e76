/* SPDX-License-Identifier: Apache-2.0 */
/* JWTs as bearer tokens: taken apart strictly, verified, held against what is expected. */
#include "server/access/jwt.h"

#include <strings.h>

#include "format/json/reader.h"
#include "tps/base64.h"

static const json_limits limits = {.size = TPS_JWT_SIZE_MAX, .depth = 16, .entries = 512};

/* 2^53: beyond, a double tells no seconds. */
#define TIME_MAX_S 9007199254740992.0

static tps_status refuse(tps_error *why, const char *detail)
{
    return tps_fail(why, TPS_SERVER_TOKEN_REFUSED, 0, detail);
}

bool tps_jwt_is_meant(tps_span text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.size; i++) {
        dots += text.data[i] == '.';
    }
    return dots == 2;
}

/* ---- taking apart ---- */

static bool is_text_of_any_case(tps_span text, const char *expected)
{
    return text.size == strlen(expected) && strncasecmp((const char *)text.data, expected, text.size) == 0;
}

static tps_status read_header(tps_jwt *out, tps_buf *room, tps_error *why)
{
    tps_jws_header header;
    tps_status status = tps_jws_read_header(&out->jws, room, &header, NULL);

    if (status == TPS_COSE_CRIT_UNKNOWN) {
        return refuse(why, "crit");
    }
    if (status != TPS_OK) {
        return refuse(why, "its header");
    }
    if (header.typ.size > 0 && !is_text_of_any_case(header.typ, "JWT") &&
        !is_text_of_any_case(header.typ, "at+jwt") &&
        !is_text_of_any_case(header.typ, "application/at+jwt")) {
        return refuse(why, "typ");
    }
    if (header.cty.size > 0) {
        return refuse(why, "cty");
    }
    out->alg = header.alg;
    out->kid = header.kid;
    return TPS_OK;
}

/* A count of seconds that can be one. */
static double read_time(json_reader *r)
{
    double time = json_get_double(r);

    if (r->status == TPS_OK && !(time >= 0 && time < TIME_MAX_S)) {
        json_fail(r, TPS_JSON_OUT_OF_RANGE);
    }
    return time;
}

/* The name of the claim if it is of a wrong type, else NULL. */
static const char *read_claim(tps_jwt *out, json_reader *r, tps_buf *room)
{
    json_str name = json_get_name(r);
    const char *claim = "its claims";

    if (json_str_is(name, "iss")) {
        claim = "iss";
        out->issuer = json_get_text(r, room);
    } else if (json_str_is(name, "sub")) {
        claim = "sub";
        out->subject = json_get_text(r, room);
    } else if (json_str_is(name, "exp")) {
        claim = "exp";
        out->expires = read_time(r);
    } else if (json_str_is(name, "nbf")) {
        claim = "nbf";
        out->not_before = read_time(r);
    } else if (json_str_is(name, "iat")) {
        claim = "iat";
        out->issued = read_time(r);
    } else if (json_str_is(name, "cnf")) {
        return "cnf";
    } else {
        (void)json_skip(r);
    }
    return r->status == TPS_OK ? NULL : claim;
}

static tps_status read_claims(tps_jwt *out, tps_buf room, tps_error *why)
{
    json_reader r = json_reader_init(out->claims);
    json_list list;

    if (json_check(out->claims, &limits, NULL) != TPS_OK || json_peek(&r) != JSON_OBJECT) {
        return refuse(why, "its claims");
    }
    list = json_enter_object(&r);
    while (json_next(&r, &list)) {
        const char *wrong = read_claim(out, &r, &room);

        if (wrong != NULL) {
            return refuse(why, wrong);
        }
    }
    if (out->issuer.size == 0) {
        return refuse(why, "iss");
    }
    if (out->subject.size == 0 || out->subject.size > TPS_JWT_SUBJECT_MAX) {
        return refuse(why, "sub");
    }
    return out->expires > 0 ? TPS_OK : refuse(why, "exp");
}

tps_status tps_jwt_read(tps_span text, tps_jwt *out, tps_error *why)
{
    tps_buf room = TPS_BUF_OF(out->room);
    size_t size;

    memset(out, 0, offsetof(tps_jwt, room));
    if (text.size > TPS_JWT_SIZE_MAX) {
        return refuse(why, "its size");
    }
    if (tps_jws_parse(text, &out->jws) != TPS_OK) {
        return refuse(why, "its form");
    }
    TPS_TRY(read_header(out, &room, why));
    if (tps_base64_read(out->jws.payload, room, &size) != TPS_OK) {
        return refuse(why, "its claims");
    }
    out->claims = tps_span_make(room.data, size);
    return read_claims(out, (tps_buf){room.data + size, room.size - size}, why);
}

/* ---- verifying ---- */

tps_status tps_jwt_verify(const tps_jwt *jwt, tps_jwks *keys, tps_error *why)
{
    uint8_t signature[TPS_SIGNATURE_SIZE_MAX + 2];
    size_t size;
    tps_status status;

    if (tps_base64_read(jwt->jws.signature, TPS_BUF_OF(signature), &size) != TPS_OK) {
        return refuse(why, "its signature");
    }
    status = tps_jwks_verify(keys, jwt->alg, jwt->kid, jwt->jws.signed_part, tps_span_make(signature, size));
    switch (status) {
    case TPS_OK: return TPS_OK;
    case TPS_COSE_ALG_REFUSED:
    case TPS_COSE_KEY_USE: return refuse(why, "alg");
    case TPS_COSE_NO_KEY: return tps_fail(why, status, 0, "kid");
    case TPS_CRYPTO_BAD_SIGNATURE:
    case TPS_CRYPTO_ALG_REFUSED: return refuse(why, "its signature");
    default: return tps_fail(why, status, 0, NULL);
    }
}

/* ---- what is expected ---- */

/* True when the next value is this text, or an array that has it. Moves over it. */
static bool is_or_has(json_reader *r, tps_span value)
{
    uint8_t room[TPS_JWT_SUBJECT_MAX + 1];
    bool is_array = json_peek(r) == JSON_ARRAY;
    json_list list = {0, false};
    bool found = false;

    if (is_array) {
        list = json_enter_array(r);
    }
    while (r->status == TPS_OK && (!is_array || json_next(r, &list))) {
        tps_buf space = TPS_BUF_OF(room);
        tps_span text;

        if (json_peek(r) != JSON_STRING) {
            (void)json_skip(r);
        } else if (json_str_value(json_get_string(r), &space, &text) == TPS_OK) {
            found = found || tps_span_equal(text, value);
        }
        if (!is_array) {
            break;
        }
    }
    return found && r->status == TPS_OK;
}

/* Moves to the value of this member of the object that is next. */
static bool find_member(json_reader *r, tps_span name)
{
    json_list list;

    if (json_peek(r) != JSON_OBJECT) {
        return false;
    }
    list = json_enter_object(r);
    while (json_next(r, &list)) {
        uint8_t room[TPS_JWT_SUBJECT_MAX + 1];
        tps_buf space = TPS_BUF_OF(room);
        tps_span text;

        if (json_str_value(json_get_name(r), &space, &text) == TPS_OK && tps_span_equal(text, name)) {
            return true;
        }
        (void)json_skip(r);
    }
    return false;
}

/* The next reference token of a JSON pointer, whose slash is at the front of `pointer` (RFC 6901, 4). */
static tps_span take_reference(tps_span *pointer, uint8_t room[TPS_JWT_SUBJECT_MAX])
{
    size_t size = 0;
    size_t i = 1;

    for (; i < pointer->size && pointer->data[i] != '/' && size < TPS_JWT_SUBJECT_MAX; i++) {
        uint8_t c = pointer->data[i];

        if (c == '~' && i + 1 < pointer->size) {
            c = pointer->data[++i] == '1' ? '/' : '~';
        }
        room[size++] = c;
    }
    *pointer = tps_span_make(pointer->data + i, pointer->size - i);
    return tps_span_make(room, size);
}

bool tps_jwt_has(const tps_jwt *jwt, tps_span name, tps_span value)
{
    json_reader r = json_reader_init(jwt->claims);

    if (name.size == 0 || name.data[0] != '/') {
        return find_member(&r, name) && is_or_has(&r, value);
    }
    while (name.size > 0 && name.data[0] == '/') {
        uint8_t room[TPS_JWT_SUBJECT_MAX];

        if (!find_member(&r, take_reference(&name, room))) {
            return false;
        }
    }
    return name.size == 0 && is_or_has(&r, value);
}

tps_status tps_jwt_check(const tps_jwt *jwt, tps_span issuer, tps_span audience, int64_t now, tps_error *why)
{
    double time = (double)now;

    if (!tps_span_equal(jwt->issuer, issuer)) {
        return refuse(why, "iss");
    }
    if (!tps_jwt_has(jwt, TPS_SPAN_LITERAL("aud"), audience)) {
        return refuse(why, "aud");
    }
    if (time >= jwt->expires + TPS_JWT_LEEWAY_S) {
        return tps_fail(why, TPS_SERVER_CREDENTIAL_EXPIRED, 0, "exp");
    }
    if (jwt->not_before > time + TPS_JWT_LEEWAY_S) {
        return refuse(why, "nbf");
    }
    return jwt->issued > time + TPS_JWT_LEEWAY_S ? refuse(why, "iat") : TPS_OK;
}
