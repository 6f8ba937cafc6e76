/* SPDX-License-Identifier: Apache-2.0 */
/* From evidence under a DICE chain to the anchor, or the endorsed identity key, at its end. */
#include "verifier/trust/dice.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/x509.h"
#include "format/der/certificate.h"
#include "verifier/knowledge/statements.h"
#include "verifier/trust/key_read.h"

/* The longest validity of a certificate for a pairwise identity: nobody revokes those (spec/keys.md). */
enum { PAIRWISE_SECONDS_MAX = 7 * 86400 };

/* Statements about one device that are tried: each costs a signature check. */
enum { IDENTITIES_TRIED = 4 };

/* Evidence's chain under way. */
typedef struct {
    tps_verifier *v;
    const tps_cose_sign1 *message;
    const evidence_claims *e;
    int64_t now;
    tps_span certificates[TPS_DICE_CHAIN_MAX];
    size_t count;
    dice_chain *room;
    tps_crypto_key *leaf; /* once the chain is verified */
    trust *out;
} inquiry;

/* ---- what comes with the evidence ---- */

/* The objects of DICE that measure: TcbInfo, MultiTcbInfo, MultiTcbInfoComp (which is refused later), and the
 * inputs of the Open Profile; as they stand in DER. */
static bool has_measurement(tps_span chain)
{
    static const uint8_t tcg[] = {0x06, 0x06, 0x67, 0x81, 0x05, 0x05, 0x04};
    static const uint8_t open[] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x18};
    const uint8_t *end = chain.data + chain.size;
    const uint8_t *at = chain.data;

    if (memmem(chain.data, chain.size, open, sizeof open) != NULL) {
        return true;
    }
    while ((at = memmem(at, (size_t)(end - at), tcg, sizeof tcg)) != NULL) {
        at += sizeof tcg;
        if (at < end && (*at == 0x01 || *at == 0x05 || *at == 0x08)) {
            return true;
        }
    }
    return false;
}

/* An empty map has one byte. */
static bool find_cbor_chain(const tps_cose_sign1 *message, tps_span *encoded)
{
    return (message->unprotected_raw.size > 1 &&
            tps_cose_header_find(message->unprotected_raw, TPS_DICE_HEADER_CHAIN, encoded)) ||
           tps_cose_header_find(message->protected_raw, TPS_DICE_HEADER_CHAIN, encoded);
}

bool dice_is_under(const tps_cose_sign1 *message)
{
    tps_span encoded;

    if (message->headers.x5chain.size > 0) {
        return has_measurement(message->headers.x5chain);
    }
    return find_cbor_chain(message, &encoded);
}

static tps_status read_cbor_chain(inquiry *q)
{
    tps_span encoded;
    tps_cbor_reader r;
    tps_cbor_list array;

    q->room->is_cbor = true;
    if (!find_cbor_chain(q->message, &encoded)) {
        return TPS_COSE_BAD_HEADER;
    }
    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL));
    r = tps_cbor_reader_init(encoded);
    array = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &array)) {
        if (q->count == TPS_DICE_CHAIN_MAX) {
            return TPS_TOO_LARGE;
        }
        q->certificates[q->count++] = tps_cbor_get_bytes(&r);
    }
    return r.status != TPS_OK || q->count == 0 ? TPS_COSE_BAD_HEADER : TPS_OK;
}

static tps_status read_chain(inquiry *q)
{
    q->room->is_cbor = false;
    q->room->ueid = TPS_SPAN_EMPTY;
    q->room->layer_count = 0;
    if (q->message->headers.x5chain_count == 0) {
        return read_cbor_chain(q);
    }
    q->count = tps_cose_certificates(q->message->headers.x5chain, q->certificates, TPS_DICE_CHAIN_MAX);
    return TPS_OK;
}

/* ---- verifying it under one key ---- */

static tps_status verify_x509(inquiry *q, size_t count, const tps_dice_anchor *anchor)
{
    q->room->layer_count = DICE_LAYERS_MAX;
    return tps_dice_chain_verify(q->certificates, count, anchor, q->room->layers, &q->room->layer_count,
                                 &q->leaf, NULL);
}

static tps_status verify_cbor(inquiry *q, size_t from, const tps_dice_anchor *anchor)
{
    tps_dice_cwt_layer layers[TPS_DICE_CHAIN_MAX];
    size_t count = q->count - from;
    size_t measured = 0;

    TPS_TRY(tps_dice_cwt_chain_verify(&q->certificates[from], count, anchor, layers, &q->leaf, NULL));
    for (size_t i = 0; i < count; i++) {
        if (layers[i].input.present != 0) {
            q->room->layers[measured++] =
                (tps_dice_layer){.certificate = (uint32_t)(from + i), .input = layers[i].input};
        }
    }
    q->room->layer_count = measured;
    return TPS_OK;
}

/*
 * The part of the chain that an issuer's key signed: of X.509 certificates the first `cut`, of CBOR ones
 * those from `cut` on. `issuer` is its name, or empty for any.
 */
static tps_status verify_under(inquiry *q, size_t cut, tps_crypto_key *key, tps_span issuer)
{
    tps_dice_anchor anchor = {
        .root = key, .issuer = issuer, .now = q->now, .scratch = TPS_BUF_OF(q->room->scratch)};
    tps_status status = q->room->is_cbor ? verify_cbor(q, cut, &anchor) : verify_x509(q, cut, &anchor);

    return status == TPS_BUFFER_TOO_SMALL ? TPS_TOO_LARGE : status;
}

/* ---- anchors ---- */

/* Where the chain meets an anchor: how many certificates are below it; 0 when it does not. */
static size_t meet(const inquiry *q, tps_span anchor, tps_span subject)
{
    tps_dice_certificate last;

    for (size_t i = 1; i < q->count; i++) {
        if (tps_span_equal(q->certificates[i], anchor)) {
            return i;
        }
    }
    return tps_dice_certificate_read(q->certificates[q->count - 1], &last, NULL) == TPS_OK &&
                   tps_span_equal(last.issuer, subject)
               ? q->count
               : 0;
}

/* How many of the certificates below an anchor issue others: all but the leaf. */
static bool may_issue(const tps_dice_certificate *anchor, const tps_x509_info *info, size_t below)
{
    return anchor->is_ca && info->ca && below - 1 <= anchor->path_length;
}

static tps_status try_anchor(inquiry *q, size_t index)
{
    tps_span der = q->v->anchors[index].der;
    tps_dice_certificate anchor;
    tps_x509_info info;
    tps_crypto_key *key = NULL;
    tps_status status;
    size_t below;

    if (tps_dice_certificate_read(der, &anchor, NULL) != TPS_OK ||
        (below = meet(q, der, anchor.subject)) == 0) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    TPS_TRY(tps_x509_describe(der, &info));
    if (!may_issue(&anchor, &info, below)) {
        return TPS_DICE_NOT_A_CA;
    }
    if (q->now < info.not_before || q->now > info.not_after) {
        return TPS_CRYPTO_CHAIN_EXPIRED;
    }
    TPS_TRY(tps_x509_public_key(der, &key));
    status = verify_under(q, below, key, anchor.subject);
    tps_crypto_key_free(key);
    if (status == TPS_OK) {
        memcpy(q->out->maker, info.spki_sha256, sizeof q->out->maker);
        q->out->has_maker = true;
        q->out->is_demonstration = q->v->anchors[index].is_demonstration;
    }
    return status;
}

/* ---- identity keys (triple 2) ---- */

/* Whether a statement about identity keys is about this device, without conditions that are not judged here.
 * It may be what says which device it is. */
static bool speaks_of(inquiry *q, const tps_corim_key_statement *statement)
{
    const tps_corim_value *instance = &statement->environment.instance;
    tps_span told[] = {q->room->ueid, q->e->instance_id};

    if (statement->element.kind != TPS_CORIM_ABSENT || statement->authorized_by.count > 0) {
        return false;
    }
    if (instance->kind == TPS_CORIM_ABSENT) {
        return true;
    }
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        if (told[i].size > 0 && !tps_span_equal(instance->bytes, told[i])) {
            return false;
        }
    }
    return instance->kind == TPS_CORIM_UEID || instance->kind == TPS_CORIM_BYTES;
}

static bool read_statement(const knowledge_statement *found, tps_corim_key_statement *out)
{
    tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found->encoded);

    return tps_corim_next_key_statement(&cursor, out);
}

/* The class that goes with an identity key is proven by it, where its size is that of a class id. */
static void take_endorsed(inquiry *q, const knowledge_statement *found,
                          const tps_corim_key_statement *statement)
{
    const knowledge_source *source = &q->v->knowledge.sources[found->source];
    const tps_corim_value *class_id = &statement->environment.class_id;
    static const uint8_t nobody[32] = {0};

    q->out->is_demonstration = source->is_demonstration;
    q->out->has_maker = memcmp(source->maker, nobody, sizeof nobody) != 0;
    memcpy(q->out->maker, source->maker, sizeof q->out->maker);
    if ((class_id->kind == TPS_CORIM_BYTES || class_id->kind == TPS_CORIM_IMPLEMENTATION_ID) &&
        class_id->bytes.size == sizeof q->out->class_id) {
        q->out->is_certified = true;
        memcpy(q->out->class_id, class_id->bytes.data, sizeof q->out->class_id);
    }
    if (statement->environment.instance.kind != TPS_CORIM_ABSENT) {
        q->room->ueid = statement->environment.instance.bytes;
    }
}

/* The certificates below one whose key is endorsed as the device's identity. */
static tps_status try_identity(inquiry *q, size_t at, const tps_dice_certificate *holder,
                               const knowledge_statement *found)
{
    tps_corim_key_statement statement;
    tps_crypto_key *key = NULL;
    tps_status status;

    if (!read_statement(found, &statement) || !speaks_of(q, &statement)) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    TPS_TRY(tps_crypto_key_from_spki(holder->public_key, &key));
    status = verify_under(q, at, key, holder->subject);
    tps_crypto_key_free(key);
    if (status == TPS_OK) {
        take_endorsed(q, found, &statement);
    }
    return status;
}

static tps_status try_identities_of(inquiry *q, size_t at)
{
    static const int32_t hashes[] = {TPS_ALG_SHA256, TPS_ALG_SHA384, TPS_ALG_SHA512};
    tps_dice_certificate holder;
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;

    TPS_TRY(tps_dice_certificate_read(q->certificates[at], &holder, NULL));
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        knowledge_statement_walk walk;
        knowledge_statement found;
        tps_digest digest;

        TPS_TRY(tps_crypto_hash_of(hashes[i], holder.public_key, &digest));
        walk = knowledge_statements_by_key(&q->v->knowledge, STATEMENT_IDENTITY_KEYS, STATEMENT_BY_KEY,
                                           tps_span_make(digest.bytes, digest.size), q->now);
        while (knowledge_next_statement(&walk, &found)) {
            tps_status status = try_identity(q, at, &holder, &found);
            if (status == TPS_OK) {
                return TPS_OK;
            }
            worst = status;
        }
    }
    return worst;
}

/* A key of a statement, as it is written there; thumbprints alone verify nothing that comes without the key.
 */
static tps_status read_identity(const tps_corim_key *key, tps_crypto_key **out)
{
    found_key found;

    *out = NULL;
    if (key->tag == TPS_CORIM_TAG_CERTIFICATE_DER) {
        bool is_demonstration;
        return key_read_certificate(key->value, out, &is_demonstration);
    }
    if (key->tag != TPS_CORIM_TAG_KEY_PEM && key->tag != TPS_CORIM_TAG_CERTIFICATE_PEM &&
        key->tag != TPS_CORIM_TAG_COSE_KEY) {
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(key_read(key->value, &found));
    *out = found.key;
    return TPS_OK;
}

/* The keys of one statement, each as the one that signed the certificate nearest to the root. */
static tps_status try_keys_of(inquiry *q, const knowledge_statement *found)
{
    tps_corim_key_statement statement;
    tps_corim_cursor cursor;
    tps_corim_key written;
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;

    if (!read_statement(found, &statement) || !speaks_of(q, &statement)) {
        return worst;
    }
    cursor = TPS_CORIM_WALK(statement.keys);
    while (tps_corim_next_key(&cursor, &written)) {
        tps_crypto_key *key = NULL;
        tps_status status = read_identity(&written, &key);

        if (status == TPS_OK) {
            status = verify_under(q, q->room->is_cbor ? 0 : q->count, key, TPS_SPAN_EMPTY);
            tps_crypto_key_free(key);
        }
        if (status == TPS_OK) {
            take_endorsed(q, found, &statement);
            return TPS_OK;
        }
        worst = status;
    }
    return worst;
}

/* Statements about the device's instance: for chains that come without the certificate of the identity key.
 */
static tps_status try_identities_by_instance(inquiry *q)
{
    tps_corim_environment device = {
        .instance = {.kind = TPS_CORIM_UEID,
                     .bytes = q->room->ueid.size > 0 ? q->room->ueid : q->e->instance_id}};
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;
    knowledge_statement_walk walk;
    knowledge_statement found;

    if (device.instance.bytes.size == 0) {
        return worst;
    }
    walk = knowledge_statements_of(&q->v->knowledge, STATEMENT_IDENTITY_KEYS, &device, q->now);
    for (size_t i = 0; i < IDENTITIES_TRIED && knowledge_next_statement(&walk, &found); i++) {
        tps_status status = try_keys_of(q, &found);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = status;
    }
    return worst;
}

static tps_status try_identities(inquiry *q)
{
    tps_status worst = try_identities_by_instance(q);

    for (size_t at = 1; worst != TPS_OK && !q->room->is_cbor && at < q->count; at++) {
        tps_status status = try_identities_of(q, at);
        worst = status == TPS_CRYPTO_CHAIN_UNTRUSTED ? worst : status;
    }
    return worst;
}

/* ---- the end of the chain ---- */

/* What is wrong with the one that came closest; a chain that leads to nobody is the least close. */
static tps_status closer(tps_status a, tps_status b)
{
    return b == TPS_CRYPTO_CHAIN_UNTRUSTED ? a : b;
}

static tps_status find_end(inquiry *q)
{
    tps_status status = TPS_CRYPTO_CHAIN_UNTRUSTED;

    for (size_t i = 0; !q->room->is_cbor && i < q->v->anchor_count; i++) {
        tps_status tried = try_anchor(q, i);
        if (tried == TPS_OK) {
            return TPS_OK;
        }
        status = closer(status, tried);
    }
    if (knowledge_has_statements(&q->v->knowledge)) {
        tps_status tried = try_identities(q);
        status = tried == TPS_OK ? TPS_OK : closer(status, tried);
    }
    return status;
}

/* ---- what the certificates say of the device ---- */

/* Each certificate that has a Ueid names the same device. */
static tps_status read_ueid(inquiry *q)
{
    tps_dice_certificate certificate;

    for (size_t i = 0; !q->room->is_cbor && i < q->count; i++) {
        TPS_TRY(tps_dice_certificate_read(q->certificates[i], &certificate, NULL));
        if (certificate.ueid.size == 0) {
            continue;
        }
        if (q->room->ueid.size > 0 && !tps_span_equal(q->room->ueid, certificate.ueid)) {
            return TPS_VERIFIER_INSTANCE_MISMATCH;
        }
        q->room->ueid = certificate.ueid;
    }
    return TPS_OK;
}

/* Whom the evidence names must be whom the chain, or the endorsement of its root, names. */
static tps_status check_instance(const inquiry *q)
{
    tps_span claimed = q->e->instance_id;

    return claimed.size == 0 || tps_span_equal(claimed, q->room->ueid) ? TPS_OK
                                                                       : TPS_VERIFIER_INSTANCE_MISMATCH;
}

/* Every certificate that says a class says the same. */
static tps_status check_class(inquiry *q)
{
    uint8_t class_id[32];

    for (size_t i = 0; !q->room->is_cbor && i < q->count; i++) {
        tps_status status = tps_x509_class_id(q->certificates[i], class_id);
        if (status == TPS_NOT_FOUND) {
            continue;
        }
        TPS_TRY(status);
        if (q->out->is_certified && memcmp(class_id, q->out->class_id, sizeof class_id) != 0) {
            return TPS_VERIFIER_CLASS_MISMATCH;
        }
        q->out->is_certified = true;
        memcpy(q->out->class_id, class_id, sizeof class_id);
    }
    return q->out->is_certified || q->e->scheme == TPS_SCHEME_DICE ? TPS_OK : TPS_VERIFIER_CLASS_UNPROVEN;
}

/* A chain under one maker proves neither class nor device that another maker speaks for. */
static tps_status check_maker(inquiry *q)
{
    const knowledge *k = &q->v->knowledge;
    trust *out = q->out;
    uint32_t class_index =
        out->is_certified ? knowledge_find_class(k, TPS_SPAN_OF(out->class_id)) : KNOWLEDGE_NONE;
    uint32_t source;

    if (class_index != KNOWLEDGE_NONE && !knowledge_class_is_of(k, class_index, out->maker)) {
        return TPS_VERIFIER_CLASS_OF_ANOTHER;
    }
    if (out->device == KNOWLEDGE_NONE) {
        return TPS_OK;
    }
    source = k->devices[out->device].maker_source;
    if (source != KNOWLEDGE_NONE && memcmp(k->sources[source].maker, out->maker, sizeof out->maker) != 0) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    if (!knowledge_is_current(k, k->devices[out->device].source, q->now)) {
        out->device = KNOWLEDGE_NONE; /* the chain vouches for it all the same */
    }
    return TPS_OK;
}

static tps_status check_leaf(inquiry *q)
{
    TPS_TRY(verifier_check_signature(q->v, q->message, q->leaf, NULL));
    if (!q->room->is_cbor) {
        TPS_TRY(tps_x509_check_purpose(q->certificates[0], TPS_X509_ATTESTATION));
    }
    TPS_TRY(check_instance(q));
    TPS_TRY(check_class(q));
    TPS_TRY(check_maker(q));
    return key_digest(q->leaf, q->out->digest);
}

/* ---- the whole ---- */

static tps_status reserve(tps_verifier *v)
{
    if (v->dice == NULL) {
        v->dice = calloc(1, sizeof *v->dice);
    }
    return v->dice == NULL ? TPS_OUT_OF_MEMORY : TPS_OK;
}

static tps_status establish(inquiry *q)
{
    TPS_TRY(read_chain(q));
    TPS_TRY(read_ueid(q));
    TPS_TRY(find_end(q));
    return check_leaf(q);
}

tps_status trust_dice(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e, int64_t now,
                      trust *out)
{
    inquiry q = {.v = v, .message = message, .e = e, .now = now, .out = out};
    tps_status status;

    TPS_TRY(reserve(v));
    q.room = v->dice;
    status = establish(&q);
    tps_crypto_key_free(q.leaf);
    out->dice = status == TPS_OK ? q.room : NULL;
    return status;
}

void dice_free(tps_verifier *v)
{
    free(v->dice);
    v->dice = NULL;
}

/* ---- pairwise identities ---- */

tps_status dice_check_instance(tps_span leaf, const tps_crypto_point *key, const evidence_claims *e)
{
    bool is_pairwise = e->scheme == TPS_SCHEME_OPENTPS && e->claims.eat.ueid.size == 0;
    tps_dice_certificate certificate;
    tps_x509_info info;

    if (!is_pairwise) {
        return key_check_instance(key, e->instance_id);
    }
    TPS_TRY(tps_dice_certificate_read(leaf, &certificate, NULL));
    if (!tps_span_equal(certificate.ueid, e->instance_id)) {
        return TPS_VERIFIER_INSTANCE_MISMATCH;
    }
    TPS_TRY(tps_x509_describe(leaf, &info));
    return info.not_after - info.not_before <= PAIRWISE_SECONDS_MAX ? TPS_OK : TPS_CRYPTO_CHAIN_PURPOSE;
}
