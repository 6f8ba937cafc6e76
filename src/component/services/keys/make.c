/* SPDX-License-Identifier: Apache-2.0 */
/* How keys come into the key store. Each way fills call->work->made in the same steps: the wish is granted,
 * the secret comes from somewhere, the key is kept. */
#include "component/services/keys/make.h"

#include "component/boot/keys.h"
#include "component/services/keys/use.h"
#include "tps/cose_encrypt.h"
#include "tps/secret.h"

/** Bytes of an answer with a public key, at most: {1: COSE_Key, 3: SPKI} of P-384 is 233 bytes. */
#define ANSWER_PUBLIC_MAX 240u
/** Bytes of an answer {}. */
#define ANSWER_EMPTY_SIZE 2u

/* ---- what it shall be ---- */

/** A bound key gives bound keys only, or such as are gone at the next start. */
static bool keeps_bound(const tps_key_entry *source, const tps_key_wish *wish)
{
    return !source->is_bound || wish->is_bound || wish->lifetime != TPS_KEY_PERSISTENT;
}

/** Whether this login may have these attributes on this device. */
static tps_status check_asker(tps_key_call *call, const tps_key_wish *wish)
{
    if (wish->is_shared && !call->asker.has_group) {
        return tps_key_refuse(call, TPS_KEY_ERROR_POLICY);
    }
    if (wish->is_bound && !tps_component_handover(call->request->component)->is_made) {
        return tps_key_refuse(call, TPS_KEY_ERROR_BOUND);
    }
    return TPS_OK;
}

/** Fills in all of `made` but its secret, for the wish of the call. Changes nothing. */
static tps_status begin_key(tps_key_call *call, uint32_t origin, const tps_key_kind **kind)
{
    const tps_key_asker *asker = &call->asker;
    tps_key_wish *wish = &call->asked.wish;
    tps_key_entry *made = &call->work->made;

    if (tps_key_kind_find(wish->kind) == NULL) {
        return tps_key_refuse(call, TPS_KEY_ERROR_KIND);
    }
    *kind = tps_key_policy_grant(wish);
    if (*kind == NULL) {
        return tps_key_refuse(call, TPS_KEY_ERROR_POLICY);
    }
    TPS_TRY(check_asker(call, wish));
    TPS_TRY(tps_key_need_room(call, (*kind)->curve != 0 ? ANSWER_PUBLIC_MAX : ANSWER_EMPTY_SIZE));
    *made = (tps_key_entry){.kind = wish->kind,
                            .usages = wish->usages,
                            .lifetime = wish->lifetime,
                            .is_bound = wish->is_bound,
                            .is_shared = wish->is_shared,
                            .limit = wish->limit,
                            .origin = origin,
                            .session = call->request->session->id,
                            .name_size = (uint8_t)call->asked.name.size};
    memcpy(made->owner, wish->is_shared ? asker->group : asker->owner, sizeof(made->owner));
    memcpy(made->maker, asker->owner, sizeof(made->maker));
    memcpy(made->name, call->asked.name.data, call->asked.name.size);
    if (tps_key_exists(asker, made->owner, call->asked.name)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_EXISTS);
    }
    return tps_key_refuse_for(call, tps_key_find_room(asker, made));
}

/* ---- its parts ---- */

static void set_secret(tps_key_entry *made, tps_span secret)
{
    memcpy(made->secret, secret.data, secret.size);
    made->secret_size = (uint8_t)secret.size;
}

/** Takes the two parts of a key pair into `made`. */
static tps_status set_key(tps_key_entry *made, const tps_key_kind *kind, const tps_crypto_key *key)
{
    tps_crypto_point point;

    TPS_TRY(tps_crypto_key_point(key, &point));
    made->public_size = (uint8_t)tps_key_kind_public_size(kind);
    memcpy(made->public_key, point.x, point.size);
    memcpy(made->public_key + point.size, point.y, made->public_size - point.size);
    made->secret_size = kind->secret_made;
    return tps_crypto_key_scalar(key, (tps_buf){made->secret, made->secret_size});
}

/** The answer is written first, so that what is kept has been answered; `made` is wiped after the call. */
static tps_status keep(tps_key_call *call)
{
    const tps_key_entry *made = &call->work->made;

    if (made->public_size > 0) {
        TPS_TRY(tps_key_answer_public(call, made));
    } else {
        TPS_TRY(tps_answer_empty(call->request));
    }
    return tps_key_refuse_for(call, tps_key_put(&call->asker, made));
}

/* ---- generate ---- */

static tps_status generate_pair(tps_key_call *call, const tps_key_kind *kind)
{
    tps_crypto_key *key = NULL;
    tps_status status = tps_crypto_key_generate(kind->curve, &key);

    if (status == TPS_OK) {
        status = set_key(&call->work->made, kind, key);
    }
    tps_crypto_key_free(key);
    return status;
}

tps_status tps_key_generate(tps_key_call *call)
{
    const tps_platform *p = call->request->platform;
    tps_key_entry *made = &call->work->made;
    const tps_key_kind *kind;

    TPS_TRY(begin_key(call, TPS_KEY_GENERATED, &kind));
    if (kind->curve != 0) {
        TPS_TRY(generate_pair(call, kind));
    } else {
        made->secret_size = kind->secret_made;
        TPS_TRY(p->entropy(p->context, (tps_buf){made->secret, made->secret_size}));
    }
    return keep(call);
}

/* ---- import ---- */

/** What an opened message may be refused for; failures of the back end are not the sender's. */
static bool is_of_the_sender(tps_status status)
{
    return status != TPS_CRYPTO_FAILED && status != TPS_OUT_OF_MEMORY && status != TPS_CRYPTO_NO_ENTROPY;
}

/** Opens what was wrapped for the key in `entry`. */
static tps_status unwrap(tps_key_call *call, tps_span *plain)
{
    tps_key_work *work = call->work;
    tps_cose_agreement agreement;
    tps_cose_receiver receiver = {.agreement = &agreement};
    tps_cose_message message;
    tps_crypto_key *key = NULL;
    tps_status status = tps_key_entry_private(&work->entry, &key);

    if (status == TPS_OK) {
        agreement = tps_cose_agreement_of_key(key);
        status = tps_cose_encrypted_parse(call->asked.wrapped, NULL, &message, NULL);
    }
    if (status == TPS_OK) {
        status = tps_cose_encrypt_open(&message, &receiver, NULL, TPS_BUF_OF(work->opened), plain);
    }
    tps_crypto_key_free(key);
    return status;
}

/** Takes a private COSE_Key into `made`, if it is of its kind. */
static tps_status take_cose_key(tps_key_call *call, const tps_key_kind *kind, tps_span encoded)
{
    tps_key_entry *made = &call->work->made;
    tps_cose_key parsed;
    tps_crypto_key *key = NULL;
    tps_status status = tps_cose_key_parse(encoded, &parsed, NULL);

    if (status == TPS_OK && !tps_key_policy_fits(kind, made->usages, &parsed)) {
        status = TPS_COSE_KEY_USE;
    }
    if (status == TPS_OK && kind->curve == 0) {
        set_secret(made, parsed.secret);
    } else if (status == TPS_OK) {
        status = tps_cose_key_private(&parsed, &key);
        if (status == TPS_OK) {
            status = set_key(made, kind, key);
        }
        tps_crypto_key_free(key);
    }
    tps_wipe(&parsed, sizeof(parsed));
    return status;
}

tps_status tps_key_import(tps_key_call *call)
{
    const tps_key_kind *kind;
    tps_span plain;
    tps_status status;

    TPS_TRY(begin_key(call, TPS_KEY_IMPORTED, &kind));
    TPS_TRY(tps_key_use_find(call, call->asked.source, TPS_KEY_OP_UNWRAP));
    if (!kind->can_be_imported) {
        return tps_key_refuse(call, TPS_KEY_ERROR_KIND);
    }
    if (!keeps_bound(&call->work->entry, &call->asked.wish)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_POLICY);
    }
    if (call->asked.wrapped.size > TPS_KEY_DATA_MAX) {
        return tps_key_refuse(call, TPS_KEY_ERROR_DATA);
    }
    TPS_TRY(tps_key_use_count(call, TPS_KEY_OP_UNWRAP));
    status = unwrap(call, &plain);
    if (status == TPS_OK) {
        status = take_cose_key(call, kind, plain);
    }
    if (status != TPS_OK) {
        return is_of_the_sender(status) ? tps_key_refuse(call, TPS_KEY_ERROR_WRAPPED) : status;
    }
    return keep(call);
}

/* ---- derive and agree ---- */

/** Finds the key that another is made with: a secret, or a key pair. */
static tps_status find_source(tps_key_call *call, bool is_symmetric)
{
    const tps_key_entry *source = &call->work->entry;

    TPS_TRY(tps_key_use_find(call, call->asked.source, TPS_KEY_OP_DERIVE_KEY));
    if ((source->public_size == 0) != is_symmetric) {
        return tps_key_refuse(call, TPS_KEY_ERROR_USE);
    }
    return keeps_bound(source, &call->asked.wish) ? TPS_OK : tps_key_refuse(call, TPS_KEY_ERROR_POLICY);
}

tps_status tps_key_derive(tps_key_call *call)
{
    tps_key_entry *made = &call->work->made;
    const tps_key_kind *kind;

    TPS_TRY(begin_key(call, TPS_KEY_DERIVED, &kind));
    if (kind->curve != 0) {
        return tps_key_refuse(call, TPS_KEY_ERROR_KIND);
    }
    TPS_TRY(find_source(call, true));
    if (tps_span_is_text(call->asked.info, TPS_KEYS_LABEL_MAC)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_POLICY); /* MAC_p's: whoever had it could make evidence */
    }
    TPS_TRY(tps_key_use_count(call, TPS_KEY_OP_DERIVE_KEY));
    made->secret_size = kind->secret_made;
    TPS_TRY(tps_crypto_hkdf(tps_key_entry_secret(&call->work->entry), call->asked.salt, call->asked.info,
                            (tps_buf){made->secret, made->secret_size}));
    return keep(call);
}

/** ECDH of the key in `entry` with the peer's, into `made`. */
static tps_status agree_with(tps_key_call *call, const tps_crypto_key *peer)
{
    tps_key_entry *made = &call->work->made;
    tps_crypto_key *own = NULL;
    tps_status status = tps_key_entry_private(&call->work->entry, &own);

    if (status == TPS_OK) {
        made->secret_size = call->work->entry.secret_size;
        status = tps_crypto_ecdh(own, peer, (tps_buf){made->secret, made->secret_size});
    }
    tps_crypto_key_free(own);
    return status;
}

/** The peer's public key, if it may agree and lies on the own key's curve. */
static tps_status read_peer(tps_key_call *call, tps_crypto_key **peer)
{
    tps_status status = tps_cose_key_read_for(call->asked.peer, TPS_ALG_NONE, TPS_KEY_OP_DERIVE_KEY, peer);

    if (status == TPS_OK && tps_crypto_key_curve(*peer) != tps_key_kind_find(call->work->entry.kind)->curve) {
        tps_crypto_key_free(*peer);
        *peer = NULL;
        status = TPS_CRYPTO_BAD_KEY;
    }
    if (status != TPS_OK && is_of_the_sender(status)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_PEER);
    }
    return status;
}

tps_status tps_key_agree(tps_key_call *call)
{
    const tps_key_kind *kind;
    tps_crypto_key *peer = NULL;
    tps_status status;

    call->asked.wish.kind = TPS_KEY_HKDF;
    TPS_TRY(begin_key(call, TPS_KEY_DERIVED, &kind));
    TPS_TRY(find_source(call, false));
    TPS_TRY(read_peer(call, &peer));
    status = tps_key_use_count(call, TPS_KEY_OP_DERIVE_KEY);
    if (status == TPS_OK) {
        status = agree_with(call, peer);
    }
    tps_crypto_key_free(peer);
    TPS_TRY(status);
    return keep(call);
}
