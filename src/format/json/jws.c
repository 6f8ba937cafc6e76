/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWS (RFC 7515, 3.1; RFC 7518, 3): made, taken apart, verified. */
#include "tps/jws.h"

#include "format/json/reader.h"
#include "format/json/writer.h"
#include "tps/base64.h"
#include "tps/crypto.h"

/* The names in the header, and what stands around them. */
#define HEADER_SIZE_MAX (TPS_JWS_NAMES_MAX + 64u)

/* What JOSE calls the algorithms. The same name never stands for two curves. */
static const struct {
    const char *name;
    int32_t alg;
    int32_t also; /* COSE's other name for it */
} algorithms[] = {
    {"ES256", TPS_ALG_ESP256, TPS_ALG_ES256},      {"ES384", TPS_ALG_ESP384, TPS_ALG_ES384},
    {"ES512", TPS_ALG_ESP512, TPS_ALG_ES512},      {"EdDSA", TPS_ALG_EDDSA, TPS_ALG_EDDSA},
    {"Ed25519", TPS_ALG_ED25519, TPS_ALG_ED25519}, {"PS256", TPS_ALG_PS256, TPS_ALG_PS256},
};

#define ALGORITHM_COUNT (sizeof algorithms / sizeof algorithms[0])

static const char *name_of(int32_t alg)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (algorithms[i].alg == alg || algorithms[i].also == alg) {
            return algorithms[i].name;
        }
    }
    return NULL;
}

/* ---- made ---- */

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x21 || *text > 0x7e || *text == '"' || *text == '\\') {
            return false;
        }
    }
    return true;
}

static tps_status put_name(json_writer *writer, const char *name, const char *text)
{
    if (text == NULL) {
        return TPS_OK;
    }
    json_key(writer, name);
    json_text(writer, text);
    return is_plain(text) ? TPS_OK : TPS_BAD_ARGUMENT;
}

static tps_status write_header(const char *alg, const tps_jws_options *options, tps_buf out, size_t *size)
{
    json_writer writer = json_writer_init(out);

    json_begin_object(&writer);
    json_key(&writer, "alg");
    json_text(&writer, alg);
    TPS_TRY(put_name(&writer, "kid", options->kid));
    TPS_TRY(put_name(&writer, "typ", options->typ));
    TPS_TRY(put_name(&writer, "cty", options->cty));
    json_end_object(&writer);
    return json_writer_finish(&writer, size) == TPS_OK ? TPS_OK : TPS_BAD_ARGUMENT;
}

static tps_status sign_text(const tps_cose_signer *signer, tps_span text, tps_buf signature)
{
    int32_t hash = tps_crypto_alg_hash(signer->alg);
    tps_digest digest;

    if (hash == TPS_ALG_NONE) {
        return signer->sign_message == NULL
                   ? TPS_COSE_ALG_REFUSED
                   : signer->sign_message(signer->context, signer->alg, text, signature);
    }
    TPS_TRY(tps_crypto_hash_of(hash, text, &digest));
    return signer->sign(signer->context, signer->alg, tps_span_make(digest.bytes, digest.size), signature);
}

tps_status tps_jws_make_with(tps_span payload, const tps_jws_options *options, const tps_cose_signer *signer,
                             tps_buf out, size_t *size)
{
    uint8_t header[HEADER_SIZE_MAX];
    uint8_t signature[TPS_EC_SIGNATURE_SIZE_MAX];
    size_t signature_size = tps_crypto_alg_signature_size(signer->alg);
    const char *alg = name_of(signer->alg);
    size_t header_size;
    size_t signed_size;
    char *at = (char *)out.data;

    *size = 0;
    if (alg == NULL || signature_size - 1 >= sizeof signature) { /* 0, too: its size is the key's */
        return TPS_COSE_ALG_REFUSED;
    }
    TPS_TRY(write_header(alg, options, TPS_BUF_OF(header), &header_size));
    signed_size = TPS_BASE64URL_SIZE(header_size) + 1 + TPS_BASE64URL_SIZE(payload.size);
    *size = signed_size + 1 + TPS_BASE64URL_SIZE(signature_size);
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    at += tps_base64url_write(tps_span_make(header, header_size), at);
    *at++ = '.';
    at += tps_base64url_write(payload, at);
    TPS_TRY(sign_text(signer, tps_span_make(out.data, signed_size), (tps_buf){signature, signature_size}));
    *at++ = '.';
    tps_base64url_write(tps_span_make(signature, signature_size), at);
    return TPS_OK;
}

tps_status tps_jws_make(tps_span payload, const char *key_id, const tps_cose_signer *signer, tps_buf out,
                        size_t *size)
{
    *size = 0;
    if (signer->alg != TPS_ALG_ES256) {
        return TPS_COSE_ALG_REFUSED;
    }
    return tps_jws_make_with(payload, &(tps_jws_options){.kid = key_id, .typ = "JWT"}, signer, out, size);
}

/* ---- taken apart ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static tps_span trimmed(tps_span text)
{
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    return text;
}

static bool is_base64url_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Takes the characters up to `stop` (or the end) off the front of `rest`. */
static tps_span take_part(tps_span *rest)
{
    size_t size = 0;
    tps_span part;

    while (size < rest->size && is_base64url_char(rest->data[size])) {
        size++;
    }
    part = tps_span_make(rest->data, size);
    rest->data += size;
    rest->size -= size;
    return part;
}

static bool take_dot(tps_span *rest)
{
    if (rest->size == 0 || rest->data[0] != '.') {
        return false;
    }
    rest->data++;
    rest->size--;
    return true;
}

tps_status tps_jws_parse(tps_span text, tps_jws *out)
{
    tps_span rest = trimmed(text);
    const uint8_t *start = rest.data;

    if (rest.size == 0) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->header = take_part(&rest);
    if (!take_dot(&rest)) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->payload = take_part(&rest);
    out->signed_part = tps_span_make(start, (size_t)(rest.data - start));
    if (!take_dot(&rest)) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->signature = take_part(&rest);
    if (rest.size != 0 || out->header.size == 0 || out->payload.size == 0 || out->signature.size == 0) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    return TPS_OK;
}

/* ---- the header ---- */

static void read_name(json_reader *r, tps_buf *room, tps_span *name)
{
    *name = json_get_text(r, room);
    if (r->status == TPS_JSON_UNEXPECTED_TYPE) {
        r->status = TPS_JWT_NOT_WELL_FORMED;
    }
}

static void read_member(json_reader *r, tps_buf *room, tps_jws_header *out)
{
    json_str name = json_get_name(r);

    if (json_str_is(name, "alg")) {
        read_name(r, room, &out->alg);
    } else if (json_str_is(name, "kid")) {
        read_name(r, room, &out->kid);
    } else if (json_str_is(name, "typ")) {
        read_name(r, room, &out->typ);
    } else if (json_str_is(name, "cty")) {
        read_name(r, room, &out->cty);
    } else if (json_str_is(name, "crit")) {
        json_fail(r, TPS_COSE_CRIT_UNKNOWN);
    } else {
        json_skip(r);
    }
}

static tps_status decode_header(const tps_jws *jws, tps_buf *room, tps_span *text, tps_error *why)
{
    size_t size;
    tps_status status = tps_base64_read(jws->header, *room, &size);

    if (status != TPS_OK) {
        return tps_fail(why, status, 0, "header");
    }
    *text = tps_span_make(room->data, size);
    room->data += size;
    room->size -= size;
    return json_check(*text, &json_limits_message, why);
}

tps_status tps_jws_read_header(const tps_jws *jws, tps_buf *room, tps_jws_header *out, tps_error *why)
{
    tps_jws_header header = {0};
    tps_span text;
    json_reader r;
    json_list members;

    TPS_TRY(decode_header(jws, room, &text, why));
    r = json_reader_init(text);
    if (json_peek(&r) != JSON_OBJECT) {
        json_fail(&r, TPS_JWT_NOT_WELL_FORMED);
    }
    members = json_enter_object(&r);
    while (json_next(&r, &members)) {
        read_member(&r, room, &header);
    }
    if (r.status == TPS_OK && header.alg.size == 0) {
        json_fail(&r, TPS_JWT_NOT_WELL_FORMED);
    }
    if (r.status != TPS_OK) {
        return tps_fail(why, r.status, json_offset(&r), "header");
    }
    *out = header;
    return TPS_OK;
}

/* ---- verified ---- */

int32_t tps_jws_algorithm(tps_span alg)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (tps_span_is_text(alg, algorithms[i].name)) {
            return algorithms[i].alg;
        }
    }
    return TPS_ALG_NONE;
}

tps_status tps_jws_verify_as(const tps_jws *jws, tps_span alg, struct tps_crypto_key *key)
{
    uint8_t signature[TPS_SIGNATURE_SIZE_MAX + 2];
    int32_t known = tps_jws_algorithm(alg);
    size_t size;

    if (known == TPS_ALG_NONE) {
        return TPS_COSE_ALG_REFUSED;
    }
    if (tps_base64_read(jws->signature, TPS_BUF_OF(signature), &size) != TPS_OK) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    return tps_crypto_verify_message(key, known, jws->signed_part, tps_span_make(signature, size));
}

tps_status tps_jws_verify(const tps_jws *jws, struct tps_crypto_key *key)
{
    return tps_jws_verify_as(jws, TPS_SPAN_LITERAL("ES256"), key);
}
