/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a manifest in: is its signer trusted, is it valid now, which of its tags count, does all of it
 * follow its profile. */
#include "verifier/endorsements/load.h"

#include "tps/coswid.h"
#include "verifier/endorsements/signers.h"
#include "verifier/endorsements/triples.h"
#include "verifier/knowledge/statements.h"

/* Profiles that say nothing which the draft does not say. */
static const char *const plain_profiles[] = {"https://enacttrust.com/veraison/1.0.0"};

tps_status load_refuse(load *l, tps_status status, const char *detail)
{
    return tps_fail(&l->why, status, 0, detail);
}

/* ---- whose it is ---- */

/* The signer, then what was signed: neither the signature nor what is unprotected. */
static tps_status identify(load *l)
{
    tps_span protected_raw = l->corim->is_signed ? l->corim->envelope.protected_raw : TPS_SPAN_EMPTY;
    uint8_t size[8];
    tps_crypto_hash hash;
    tps_digest digest;

    for (size_t i = 0; i < sizeof size; i++) {
        size[i] = (uint8_t)((uint64_t)protected_raw.size >> 8 * i);
    }
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(l->who.signer));
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(size));
    tps_crypto_hash_update(&hash, protected_raw);
    tps_crypto_hash_update(&hash, l->corim->body);
    TPS_TRY(tps_crypto_hash_finish(&hash, &digest));
    memcpy(l->identity, digest.bytes, sizeof l->identity);
    return TPS_OK;
}

/* Tags are the maker's; of a key that was added, the key's. */
static tps_status find_owner(load *l)
{
    static const uint8_t nobody[32] = {0};
    bool has_maker = memcmp(l->who.maker, nobody, sizeof nobody) != 0;

    memcpy(l->owner, has_maker ? l->who.maker : l->who.signer, sizeof l->owner);
    return l->corim->is_signed ? signers_add(l->verifier, &l->who, &l->signer) : TPS_OK;
}

/* ---- tags ---- */

static tps_status name_tag(load *l, const tps_corim_value *id, uint64_t version, tps_span content,
                           uint32_t *tag)
{
    knowledge_tag given = {.id_kind = id->kind, .id = id->bytes, .version = version, .signer = l->signer};
    tps_digest digest;
    tps_status status;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, content, &digest));
    memcpy(given.owner, l->owner, sizeof given.owner);
    memcpy(given.content, digest.bytes, sizeof given.content);
    status = knowledge_add_tag(&l->verifier->knowledge, &given, tag);
    switch (status) {
    case TPS_VERIFIER_TAG_OLDER: return load_refuse(l, status, "versions of a tag only rise");
    case TPS_VERIFIER_TAG_CHANGED: return load_refuse(l, status, "what changes takes a new tag-version");
    default: return status;
    }
}

/* From here on, what is taken in comes from this tag. `*is_known`: the same tag said it before, for as long.
 */
static tps_status begin_tag(load *l, const tps_corim_value *id, uint64_t version, tps_span content,
                            bool needs_activation, bool *is_known)
{
    knowledge *k = &l->verifier->knowledge;
    knowledge_source source = {.validity = l->corim->validity,
                               .signature_validity = l->corim->signature_validity,
                               .is_demonstration = l->who.is_demonstration,
                               .needs_activation = needs_activation,
                               .signer = l->signer};
    uint32_t tag = 0;

    TPS_TRY(name_tag(l, id, version, content, &tag));
    source.tag = tag + 1;
    memcpy(source.maker, l->who.maker, sizeof source.maker);
    memcpy(source.identity, l->identity, sizeof source.identity);
    TPS_TRY(knowledge_add_source(k, &source, &l->source));
    *is_known =
        k->tags[tag].source != KNOWLEDGE_NONE && knowledge_says_as_much(k, k->tags[tag].source, l->source);
    if (!*is_known) {
        k->tags[tag].source = l->source;
    }
    return TPS_OK;
}

/* What a CoMID replaces counts no more; what it supplements stays. */
static tps_status take_links(load *l, const tps_corim_comid *comid)
{
    enum { SUPPLEMENTS = 0, REPLACES = 1 };
    knowledge *k = &l->verifier->knowledge;
    tps_corim_cursor cursor = TPS_CORIM_WALK(comid->linked_tags);
    tps_corim_linked_tag linked;

    while (tps_corim_next_linked_tag(&cursor, &linked)) {
        bool is_number = linked.relation.text.size == 0;
        if (is_number && linked.relation.number == REPLACES) {
            tps_status status = knowledge_replace_tag(k, k->sources[l->source].tag - 1, &linked.id);
            TPS_TRY(status == TPS_CORIM_BAD_VALUE ? load_refuse(l, status, "a CoMID that replaces itself")
                                                  : status);
        } else if (!is_number || linked.relation.number != SUPPLEMENTS) {
            return load_refuse(l, TPS_CORIM_UNSUPPORTED, "a relation to another tag that is not the draft's");
        }
    }
    return TPS_OK;
}

static tps_status take_comid(load *l, tps_span content, tps_error *why)
{
    tps_corim_comid comid;
    bool is_known = false;

    TPS_TRY(tps_corim_comid_decode(content, &comid, why));
    if (comid.extensions.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "members of a CoMID that are not the draft's");
    }
    if (comid.triples_extensions.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "triples of an unknown kind");
    }
    TPS_TRY(begin_tag(l, &comid.identity.id, comid.identity.version, content, l->has_cotl, &is_known));
    if (is_known) {
        return TPS_OK;
    }
    TPS_TRY(take_links(l, &comid));
    return triples_take(l, &comid);
}

/* A patch or a supplement speaks of another CoSWID's software, which nothing here puts together. */
static tps_status take_coswid(load *l, tps_span content, tps_error *why)
{
    tps_coswid coswid;
    bool is_known = false;

    TPS_TRY(tps_coswid_decode(content, &coswid, why));
    if (coswid.tag_version < 0) {
        return load_refuse(l, TPS_CORIM_BAD_VALUE, "a CoSWID's version is negative");
    }
    TPS_TRY(begin_tag(l, &coswid.id, (uint64_t)coswid.tag_version, content, l->has_cotl, &is_known));
    return is_known ? TPS_OK : knowledge_add_coswid(&l->verifier->knowledge, &coswid.id, content, l->source);
}

/* All tags that it lists are known, or nothing of the manifest counts. */
static tps_status take_cotl(load *l, tps_span content, tps_error *why)
{
    tps_corim_cotl cotl;
    tps_corim_cursor cursor;
    tps_corim_identity listed;
    bool is_known = false;

    TPS_TRY(tps_corim_cotl_decode(content, &cotl, why));
    if (tps_corim_validity_check(&cotl.validity, l->now) != TPS_OK) {
        return load_refuse(l, TPS_CORIM_EXPIRED, "the CoTL's validity");
    }
    TPS_TRY(begin_tag(l, &cotl.identity.id, cotl.identity.version, content, false, &is_known));
    cursor = TPS_CORIM_WALK(cotl.tags);
    while (tps_corim_next_identity(&cursor, &listed)) {
        tps_status status =
            knowledge_activate_tag(&l->verifier->knowledge, l->owner, &listed, &cotl.validity, l->source);
        if (status == TPS_NOT_FOUND) {
            return load_refuse(l, TPS_CORIM_BAD_VALUE,
                               "a CoTL lists a tag that is not known in this version");
        }
        TPS_TRY(status);
    }
    return TPS_OK;
}

static bool has_cotl(const tps_corim *corim)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(corim->tags);
    tps_corim_tag tag;

    while (tps_corim_next_tag(&cursor, &tag)) {
        if (tag.tag == TPS_CORIM_TAG_COTL) {
            return true;
        }
    }
    return false;
}

/* CoTLs, or all else: what a CoTL lists may stand behind it. */
static tps_status take_tags_of(load *l, bool is_cotl, tps_error *why)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(l->corim->tags);
    tps_corim_tag tag;

    while (tps_corim_next_tag(&cursor, &tag)) {
        if ((tag.tag == TPS_CORIM_TAG_COTL) != is_cotl) {
            continue;
        }
        switch (tag.tag) {
        case TPS_CORIM_TAG_COMID: TPS_TRY(take_comid(l, tag.content, why)); break;
        case TPS_CORIM_TAG_COSWID: TPS_TRY(take_coswid(l, tag.content, why)); break;
        case TPS_CORIM_TAG_COTL: TPS_TRY(take_cotl(l, tag.content, why)); break;
        default: return load_refuse(l, TPS_CORIM_UNSUPPORTED, "a tag that is neither CoMID, CoSWID nor CoTL");
        }
    }
    return cursor.reader.status;
}

static tps_status take_content(load *l, tps_error *why)
{
    if (l->corim->extensions.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "members of the manifest that are not the draft's");
    }
    l->has_cotl = has_cotl(l->corim);
    TPS_TRY(find_owner(l));
    TPS_TRY(take_tags_of(l, false, why));
    return take_tags_of(l, true, why);
}

static tps_status take_all(load *l, tps_error *why)
{
    knowledge *k = &l->verifier->knowledge;
    knowledge_mark mark = knowledge_mark_now(k);
    tps_status status;

    k->load_time = l->now;
    status = take_content(l, why);
    if (status == TPS_OK) {
        return TPS_OK;
    }
    knowledge_go_back(k, &mark);
    if (l->why.status == status) {
        return tps_fail(why, status, l->why.offset, l->why.detail);
    }
    return why != NULL && why->status == status ? status : tps_fail(why, status, 0, NULL);
}

/* ---- the whole ---- */

static bool is_plain_profile(const tps_corim_value *profile)
{
    for (size_t i = 0; i < sizeof plain_profiles / sizeof plain_profiles[0]; i++) {
        if (profile->kind == TPS_CORIM_TEXT && tps_span_is_text(profile->bytes, plain_profiles[i])) {
            return true;
        }
    }
    return profile->kind == TPS_CORIM_ABSENT;
}

static tps_status check_manifest(load *l, tps_error *why)
{
    const tps_corim *corim = l->corim;
    tps_status status = TPS_OK;

    if (corim->is_signed) {
        status = endorser_find(l->verifier, &corim->envelope, l->now, &l->who);
    } else if (!l->verifier->options.allow_unsigned_endorsements) {
        status = TPS_CORIM_UNSIGNED;
    }
    if (status != TPS_OK) {
        return tps_fail(why, status, 0, corim->is_signed ? "the signer of the endorsements" : NULL);
    }
    if (!load_has_profile(l) && !is_plain_profile(&corim->profile)) {
        return tps_fail(why, TPS_CORIM_UNKNOWN_PROFILE, 0, NULL);
    }
    if (tps_corim_validity_check(&corim->validity, l->now) != TPS_OK ||
        tps_corim_validity_check(&corim->signature_validity, l->now) != TPS_OK) {
        return tps_fail(why, TPS_CORIM_EXPIRED, 0, NULL);
    }
    return TPS_OK;
}

tps_status tps_verifier_add_corim_once(tps_verifier *v, tps_span corim, int64_t now, uint8_t identity[32],
                                       tps_error *why)
{
    tps_corim manifest;
    load l = {.verifier = v, .corim = &manifest, .now = now};

    TPS_TRY(tps_corim_decode(corim, &manifest, why));
    TPS_TRY(check_manifest(&l, why));
    TPS_TRY(identify(&l));
    if (knowledge_find_source(&v->knowledge, TPS_SPAN_OF(l.identity)) == KNOWLEDGE_NONE) {
        verifier_forget_keys(v);
        TPS_TRY(take_all(&l, why));
        v->corim_count++;
    }
    memcpy(identity, l.identity, sizeof l.identity);
    return TPS_OK;
}

tps_status tps_verifier_add_corim(tps_verifier *v, tps_span corim, int64_t now, tps_error *why)
{
    uint8_t identity[32];

    return tps_verifier_add_corim_once(v, corim, now, identity, why);
}
