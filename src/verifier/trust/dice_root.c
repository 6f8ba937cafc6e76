/* SPDX-License-Identifier: Apache-2.0 */
/* What a DICE chain leads to: an anchor, or an identity key that is endorsed for the device. */
#include <string.h>

#include "crypto/x509.h"
#include "tps/cose.h"
#include "verifier/knowledge/statements.h"
#include "verifier/state.h"
#include "verifier/trust/dice_inquiry.h"
#include "verifier/trust/key_read.h"

/* Statements about one device, and keys of a statement, that are tried: each costs a signature check. */
enum { IDENTITIES_TRIED = 16, KEYS_TRIED = 4 };

/* What is wrong with the one that came closest; a chain that leads to nobody is the least close. */
static tps_status closer(tps_status a, tps_status b)
{
    return b == TPS_CRYPTO_CHAIN_UNTRUSTED ? a : b;
}

tps_status dice_ueid_of(const tps_span *certificates, size_t count, tps_span *ueid)
{
    tps_dice_certificate certificate;

    *ueid = TPS_SPAN_EMPTY;
    for (size_t i = 0; i < count; i++) {
        TPS_TRY(tps_dice_certificate_read(certificates[i], &certificate, NULL));
        if (certificate.ueid.size == 0) {
            continue;
        }
        if (ueid->size > 0 && !tps_span_equal(*ueid, certificate.ueid)) {
            return TPS_VERIFIER_INSTANCE_MISMATCH;
        }
        *ueid = certificate.ueid;
    }
    return TPS_OK;
}

/* ---- verifying it under one key ---- */

static tps_status verify_x509(dice_inquiry *q, size_t count, const tps_dice_anchor *anchor)
{
    q->room->layer_count = DICE_LAYERS_MAX;
    return tps_dice_chain_verify(q->certificates, count, anchor, q->room->layers, &q->room->layer_count,
                                 &q->leaf, NULL);
}

static tps_status verify_cbor(dice_inquiry *q, const tps_dice_anchor *anchor)
{
    tps_dice_cwt_layer layers[TPS_DICE_CHAIN_MAX];

    TPS_TRY(tps_dice_cwt_chain_verify(q->certificates, q->count, anchor, layers, &q->leaf, NULL));
    q->room->layer_count = 0;
    for (size_t i = 0; i < q->count; i++) {
        if (layers[i].input.present != 0) {
            q->room->layers[q->room->layer_count++] =
                (tps_dice_layer){.certificate = (uint32_t)i, .input = layers[i].input};
        }
    }
    return TPS_OK;
}

/* The first `below` certificates (of CBOR: all), whose issuer has this key, and this name unless it is empty.
 */
static tps_status verify_under(dice_inquiry *q, size_t below, tps_crypto_key *key, tps_span issuer)
{
    tps_dice_anchor anchor = {
        .root = key, .issuer = issuer, .now = q->now, .scratch = TPS_BUF_OF(q->room->scratch)};
    tps_status status = q->room->is_cbor ? verify_cbor(q, &anchor) : verify_x509(q, below, &anchor);

    q->below = below;
    return status == TPS_BUFFER_TOO_SMALL ? TPS_TOO_LARGE : status;
}

/* ---- revocation ---- */

static tps_status add_cbor_key(trust_path *path, tps_span certificate)
{
    tps_dice_cwt read;
    tps_cose_key written;
    tps_crypto_key *key = NULL;
    uint8_t digest[32];
    tps_status status;

    TPS_TRY(tps_dice_cwt_read(certificate, &read, NULL));
    TPS_TRY(tps_cose_key_parse(read.claims.public_key, &written, NULL));
    TPS_TRY(tps_cose_key_public(&written, &key));
    status = key_digest(key, digest);
    tps_crypto_key_free(key);
    return status == TPS_OK ? path_add_key(path, digest) : status;
}

/* Everybody from the leaf to whom `end` adds: a certificate, or a key. */
static tps_status check_path(dice_inquiry *q, const tps_span *end, const uint8_t end_key[32])
{
    trust_path path = {.count = 0};
    int64_t counts;

    q->from = INT64_MIN;
    q->until = INT64_MAX;
    for (size_t i = 0; i < q->below; i++) {
        TPS_TRY(q->room->is_cbor ? add_cbor_key(&path, q->certificates[i])
                                 : path_add_certificate(&path, q->certificates[i], &q->from, &q->until));
    }
    TPS_TRY(end != NULL ? path_add_certificate(&path, *end, &q->from, &q->until)
                        : path_add_key(&path, end_key));
    TPS_TRY(path_check(q->v, &path, q->now));
    counts = path_counts_until(q->v, &path, NULL);
    q->until = counts < q->until ? counts - 1 : q->until;
    return TPS_OK;
}

/* ---- anchors ---- */

/* Whether the chain, cut to its first `below` certificates, ends at an anchor: it is the next certificate, or
 * issued the last one. Bytes are compared before anything is taken apart, as there may be many anchors. */
static bool ends_at(const dice_inquiry *q, size_t below, tps_span issuer, tps_span der,
                    tps_dice_certificate *anchor)
{
    if (below < q->count) {
        return tps_span_equal(q->certificates[below], der) &&
               tps_dice_certificate_read(der, anchor, NULL) == TPS_OK;
    }
    return memmem(der.data, der.size, issuer.data, issuer.size) != NULL &&
           tps_dice_certificate_read(der, anchor, NULL) == TPS_OK && tps_span_equal(anchor->subject, issuer);
}

static tps_status take_anchor(dice_inquiry *q, const uint8_t maker[32], bool is_demonstration)
{
    q->is_anchored = true;
    q->scope = scope_of(&q->v->scopes, maker);
    q->out->has_maker = true;
    q->out->is_demonstration = is_demonstration;
    memcpy(q->out->maker, maker, sizeof q->out->maker);
    return scope_has_use(q->scope, TPS_ANCHOR_DICE) ? TPS_OK : TPS_VERIFIER_OUT_OF_SCOPE;
}

/* A certificate that is an anchor may issue, so many below it, and at this time. */
static tps_status check_anchor(const dice_inquiry *q, const tps_dice_certificate *anchor, tps_span der,
                               size_t below)
{
    tps_x509_info info;

    TPS_TRY(tps_x509_describe(der, &info));
    if (!anchor->is_ca || below - 1 > anchor->path_length) {
        return TPS_DICE_NOT_A_CA;
    }
    return q->now < info.not_before || q->now > info.not_after ? TPS_CRYPTO_CHAIN_EXPIRED : TPS_OK;
}

static tps_status try_anchor(dice_inquiry *q, const anchor_certificate *trusted, size_t below,
                             tps_span issuer)
{
    tps_dice_certificate certificate;
    tps_crypto_key *key = NULL;
    tps_status status;

    if (!ends_at(q, below, issuer, trusted->der, &certificate)) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    TPS_TRY(check_anchor(q, &certificate, trusted->der, below));
    TPS_TRY(tps_crypto_key_from_spki(certificate.public_key, &key));
    status = verify_under(q, below, key, certificate.subject);
    tps_crypto_key_free(key);
    TPS_TRY(status);
    TPS_TRY(check_path(q, &trusted->der, NULL));
    return take_anchor(q, trusted->maker, trusted->is_demonstration);
}

/* A key that is an anchor by itself signed the certificate nearest to the root. */
static tps_status try_key_anchor(dice_inquiry *q, const key_anchor *trusted)
{
    if (!scope_has_use(scope_of(&q->v->scopes, trusted->digest), TPS_ANCHOR_DICE)) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    /* It is somebody else's chain, as far as is known. */
    if (verify_under(q, q->count, trusted->key, TPS_SPAN_EMPTY) != TPS_OK) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    TPS_TRY(check_path(q, NULL, trusted->digest));
    return take_anchor(q, trusted->digest, false);
}

/* What was verified up to an anchor that does not do after all. */
static void forget(dice_inquiry *q)
{
    tps_crypto_key_free(q->leaf);
    q->leaf = NULL;
    q->is_anchored = false;
    q->out->has_maker = false;
    q->out->is_demonstration = false;
    memset(q->out->maker, 0, sizeof q->out->maker);
}

/* The anchor nearest to the leaf counts, as it does for chains of X.509 without layers. */
static tps_status try_certificates(dice_inquiry *q)
{
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;
    tps_dice_certificate last;

    TPS_TRY(tps_dice_certificate_read(q->certificates[q->count - 1], &last, NULL));
    for (size_t below = 1; below <= q->count; below++) {
        for (size_t i = 0; i < q->v->anchor_count; i++) {
            tps_status status = try_anchor(q, &q->v->anchors[i], below, last.issuer);
            if (status == TPS_OK) {
                return TPS_OK;
            }
            forget(q);
            worst = closer(worst, status);
        }
    }
    return worst;
}

static tps_status try_anchors(dice_inquiry *q)
{
    tps_status worst = q->room->is_cbor ? TPS_CRYPTO_CHAIN_UNTRUSTED : try_certificates(q);

    for (size_t i = 0; worst != TPS_OK && i < q->v->key_anchor_count; i++) {
        tps_status status = try_key_anchor(q, &q->v->key_anchors[i]);
        if (status != TPS_OK) {
            forget(q);
        }
        worst = status == TPS_OK ? TPS_OK : closer(worst, status);
    }
    return worst == TPS_OK && !q->room->is_cbor ? dice_ueid_of(q->certificates, q->below, &q->room->ueid)
                                                : worst;
}

/* ---- identity keys (triple 2) ---- */

/* Whether a statement about identity keys is about this device, without conditions that are not judged here.
 * It may be what says which device it is. */
static bool speaks_of(const dice_inquiry *q, const tps_corim_key_statement *statement)
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
static void take_endorsed(dice_inquiry *q, const knowledge_statement *found,
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

/* The chain below an identity key, whose statement was found. */
static tps_status verify_below(dice_inquiry *q, size_t below, tps_crypto_key *key, tps_span issuer,
                               const knowledge_statement *found, const tps_corim_key_statement *statement)
{
    uint8_t digest[32];
    tps_status status = verify_under(q, below, key, issuer);

    if (status == TPS_OK) {
        status = key_digest(key, digest);
    }
    if (status == TPS_OK) {
        status = check_path(q, NULL, digest);
    }
    if (status == TPS_OK) {
        take_endorsed(q, found, statement);
    } else {
        forget(q);
    }
    return status;
}

/* The certificates below one whose key is endorsed as the device's identity. */
static tps_status try_identity(dice_inquiry *q, size_t at, const tps_dice_certificate *holder,
                               const knowledge_statement *found)
{
    tps_corim_key_statement statement;
    tps_crypto_key *key = NULL;
    tps_status status;

    TPS_TRY(dice_ueid_of(q->certificates, at, &q->room->ueid));
    if (!read_statement(found, &statement) || !speaks_of(q, &statement)) {
        return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
    TPS_TRY(tps_crypto_key_from_spki(holder->public_key, &key));
    status = verify_below(q, at, key, holder->subject, found, &statement);
    tps_crypto_key_free(key);
    return status;
}

/* By each hash in which a statement may name a key. */
static tps_status try_identities_of(dice_inquiry *q, size_t at)
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
        for (size_t n = 0; n < IDENTITIES_TRIED && knowledge_next_statement(&walk, &found); n++) {
            tps_status status = try_identity(q, at, &holder, &found);
            if (status == TPS_OK) {
                return TPS_OK;
            }
            worst = closer(worst, status);
        }
    }
    return worst;
}

/* A key of a statement, as it is written there; thumbprints verify nothing that comes without the key. */
static tps_status read_identity(const tps_corim_key *key, tps_crypto_key **out)
{
    found_key found;

    *out = NULL;
    switch (key->tag) {
    case TPS_CORIM_TAG_CERTIFICATE_DER: {
        bool is_demonstration;
        return key_read_certificate(key->value, out, &is_demonstration);
    }
    case TPS_CORIM_TAG_KEY_PEM:
    case TPS_CORIM_TAG_CERTIFICATE_PEM:
    case TPS_CORIM_TAG_COSE_KEY:
        TPS_TRY(key_read(key->value, &found));
        *out = found.key;
        return TPS_OK;
    default: return TPS_CRYPTO_CHAIN_UNTRUSTED;
    }
}

/* The keys of one statement, each as the one that signed the certificate nearest to the root. */
static tps_status try_keys_of(dice_inquiry *q, const knowledge_statement *found)
{
    tps_corim_key_statement statement;
    tps_corim_cursor cursor;
    tps_corim_key written;
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;

    if (!read_statement(found, &statement) || !speaks_of(q, &statement)) {
        return worst;
    }
    cursor = TPS_CORIM_WALK(statement.keys);
    for (size_t i = 0; i < KEYS_TRIED && tps_corim_next_key(&cursor, &written); i++) {
        tps_crypto_key *key = NULL;
        tps_status status = read_identity(&written, &key);

        if (status == TPS_OK) {
            status = verify_below(q, q->count, key, TPS_SPAN_EMPTY, found, &statement);
            tps_crypto_key_free(key);
        }
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = closer(worst, status);
    }
    return worst;
}

/* Statements about the device's instance: for chains that come without the certificate of the identity key.
 */
static tps_status try_identities_by_instance(dice_inquiry *q)
{
    tps_corim_environment device = {.instance = {.kind = TPS_CORIM_UEID}};
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;
    knowledge_statement_walk walk;
    knowledge_statement found;

    q->room->ueid = TPS_SPAN_EMPTY;
    if (!q->room->is_cbor) {
        TPS_TRY(dice_ueid_of(q->certificates, q->count, &q->room->ueid));
    }
    device.instance.bytes = q->room->ueid.size > 0 ? q->room->ueid : q->e->instance_id;
    if (device.instance.bytes.size == 0) {
        return worst;
    }
    walk = knowledge_statements_of(&q->v->knowledge, STATEMENT_IDENTITY_KEYS, &device, q->now);
    for (size_t i = 0; i < IDENTITIES_TRIED && knowledge_next_statement(&walk, &found); i++) {
        tps_status status = try_keys_of(q, &found);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = closer(worst, status);
    }
    return worst;
}

static tps_status try_identities(dice_inquiry *q)
{
    tps_status worst = TPS_CRYPTO_CHAIN_UNTRUSTED;

    for (size_t at = 1; !q->room->is_cbor && at < q->count; at++) {
        tps_status status = try_identities_of(q, at);
        if (status == TPS_OK) {
            return TPS_OK;
        }
        worst = closer(worst, status);
    }
    return closer(worst, try_identities_by_instance(q));
}

tps_status dice_find_root(dice_inquiry *q)
{
    tps_status status = try_anchors(q);

    if (status != TPS_OK && knowledge_has_statements(&q->v->knowledge)) {
        tps_status tried = try_identities(q);
        status = tried == TPS_OK ? TPS_OK : closer(status, tried);
    }
    return status;
}
