/* SPDX-License-Identifier: Apache-2.0 */
/* The key store service: one message after the other, and what is told of keys. */
#include "component/services/keys/key_store.h"

#include "component/core/core.h"
#include "component/services/kept.h"
#include "component/services/keys/make.h"
#include "component/services/keys/use.h"
#include "tps/secret.h"

_Static_assert(TPS_KEYS_MAX <= TPS_VAULT_VALUES_MAX, "each key is a value of the vault");

TPS_WORK_FITS(tps_key_work);

/* ---- what is told ---- */

static tps_status tell_public_key(tps_key_call *call)
{
    tps_key_entry *entry = &call->work->entry;

    TPS_TRY(tps_key_refuse_for(call, tps_key_find(&call->asker, call->asked.name, entry)));
    return entry->public_size > 0 ? tps_key_answer_public(call, entry)
                                  : tps_key_refuse(call, TPS_KEY_ERROR_USE);
}

static tps_status describe(tps_key_call *call)
{
    tps_key_entry *entry = &call->work->entry;
    tps_cbor_writer w = tps_response_begin(call->request);

    TPS_TRY(tps_key_refuse_for(call, tps_key_find(&call->asker, call->asked.name, entry)));
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, TPS_KEY_RESULT);
    TPS_TRY(tps_key_put_attributes(&w, entry, true));
    return tps_response_end(call->request, &w);
}

/** One key of a list; of one that cannot be opened its name, and why. */
static tps_status put_listed(tps_key_call *call, tps_cbor_writer *w, const tps_vault_id *id)
{
    tps_key_entry *entry = &call->work->entry;
    tps_status status = tps_key_refuse_for(call, tps_key_read(&call->asker, id, entry));

    if (status == TPS_OK) {
        return tps_key_put_attributes(w, entry, false);
    }
    if (call->error == 0) {
        return status;
    }
    tps_cbor_put_map(w, 2);
    tps_cbor_pair_text_span(w, TPS_KEY_NAME, tps_span_make(id->name, id->name_size));
    tps_cbor_pair_uint(w, TPS_KEY_TROUBLE, call->error);
    call->error = 0;
    return TPS_OK;
}

static tps_status list(tps_key_call *call)
{
    tps_cbor_writer w = tps_response_begin(call->request);
    tps_key_place place = {0, 0};
    uint64_t count = 0;
    tps_vault_id id;

    while (tps_key_next(&call->asker, &place, &id)) {
        count++;
    }
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_array(&w, TPS_KEY_RESULT, count);
    place = (tps_key_place){0, 0};
    while (tps_key_next(&call->asker, &place, &id)) {
        TPS_TRY(put_listed(call, &w, &id));
    }
    return tps_response_end(call->request, &w);
}

static void take_facts(const tps_key_entry *entry, const tps_session *session, tps_key_facts *out)
{
    const tps_key_kind *kind = tps_key_kind_find(entry->kind);

    *out = (tps_key_facts){.kind = entry->kind,
                           .usages = entry->usages,
                           .lifetime = entry->lifetime,
                           .origin = entry->origin,
                           .is_bound = entry->is_bound,
                           .is_shared = entry->is_shared,
                           .limit = entry->limit,
                           .has_public_key = entry->public_size > 0,
                           .binding = session->binding};
    memcpy(out->owner, entry->owner, sizeof(out->owner));
    if (out->has_public_key) {
        out->point.curve = kind->curve;
        out->point.size = tps_crypto_curve_size(kind->curve);
        memcpy(out->point.x, entry->public_key, out->point.size);
        memcpy(out->point.y, entry->public_key + out->point.size, entry->public_size - out->point.size);
    }
}

tps_status tps_key_store_describe(const tps_component *component, const tps_session *session, tps_span name,
                                  tps_key_facts *out)
{
    tps_key_asker asker;
    tps_key_entry entry;
    tps_status status = TPS_NOT_FOUND;

    memset(out, 0, sizeof(*out));
    memset(&entry, 0, sizeof(entry));
    if (name.size == 0 || name.size > TPS_KEY_NAME_MAX) {
        return TPS_NOT_FOUND;
    }
    status = tps_key_asker_begin(&asker, component, session,
                                 tps_component_state_of(component, &tps_key_store_service));
    if (status == TPS_OK) {
        status = tps_key_find(&asker, name, &entry);
    }
    if (status == TPS_OK) {
        take_facts(&entry, session, out);
    }
    tps_wipe(&entry, sizeof(entry));
    tps_key_asker_end(&asker);
    return status;
}

/* ---- destroy ---- */

/** Whose key of this name the asker means: the own one, or the group's. */
static tps_status find_owner(tps_key_call *call, const uint8_t **owner)
{
    const tps_key_asker *asker = &call->asker;

    *owner = asker->owner;
    if (tps_key_exists(asker, asker->owner, call->asked.name)) {
        return TPS_OK;
    }
    *owner = asker->group;
    return asker->has_group && tps_key_exists(asker, asker->group, call->asked.name)
               ? TPS_OK
               : tps_key_refuse(call, TPS_KEY_ERROR_UNKNOWN);
}

/** A shared key is destroyed by who made it; by any of the group if nobody can read it any more. */
static tps_status check_maker(tps_key_call *call, const uint8_t *owner)
{
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_KEY_STORE, owner, call->asked.name);
    tps_key_entry *entry = &call->work->entry;
    tps_status status = tps_key_read(&call->asker, &id, entry);

    if (status == TPS_COMPONENT_STORAGE_CORRUPT) {
        return TPS_OK;
    }
    TPS_TRY(tps_key_refuse_for(call, status));
    return memcmp(entry->maker, call->asker.owner, sizeof(entry->maker)) == 0
               ? TPS_OK
               : tps_key_refuse(call, TPS_KEY_ERROR_MAKER);
}

/** The key is gone, and its sealed bytes may still be on the medium: no longer than an error's answer. */
static tps_status answer_unscrubbed(tps_key_call *call)
{
    tps_cbor_writer w = tps_response_map(call->request, 1);

    tps_cbor_pair_bool(&w, TPS_KEY_SCRUB, false);
    return tps_response_end(call->request, &w);
}

static tps_status destroy(tps_key_call *call)
{
    const uint8_t *owner;

    TPS_TRY(tps_key_need_room(call, 2));
    TPS_TRY(find_owner(call, &owner));
    if (owner == call->asker.group) {
        TPS_TRY(check_maker(call, owner));
    }
    TPS_TRY(tps_key_refuse_for(call, tps_key_remove(&call->asker, owner, call->asked.name)));
    tps_key_use_forget(call->state, owner, call->asked.name);
    if (call->asked.is_scrub && tps_vault_scrub(call->asker.vault) != TPS_OK) {
        return answer_unscrubbed(call);
    }
    return tps_answer_empty(call->request);
}

/* ---- the service ---- */

/** A name that is given is one. */
static bool is_named(const tps_key_call *call, uint32_t member, tps_span name)
{
    return !tps_key_has(call, member) || (name.size > 0 && name.size <= TPS_KEY_NAME_MAX);
}

static tps_status act(tps_key_call *call)
{
    if (!is_named(call, TPS_KEY_NAME, call->asked.name) ||
        !is_named(call, TPS_KEY_SOURCE, call->asked.source)) {
        return tps_key_refuse(call, TPS_KEY_ERROR_NAME);
    }
    switch (call->request->tag) {
    case TPS_KEY_TAG_GENERATE: return tps_key_generate(call);
    case TPS_KEY_TAG_SIGN: return tps_key_sign(call);
    case TPS_KEY_TAG_PUBLIC_KEY: return tell_public_key(call);
    case TPS_KEY_TAG_LIST: return list(call);
    case TPS_KEY_TAG_DESTROY: return destroy(call);
    case TPS_KEY_TAG_DESCRIBE: return describe(call);
    case TPS_KEY_TAG_IMPORT: return tps_key_import(call);
    case TPS_KEY_TAG_DERIVE: return tps_key_derive(call);
    case TPS_KEY_TAG_AGREE: return tps_key_agree(call);
    case TPS_KEY_TAG_MAC: return tps_key_mac(call);
    case TPS_KEY_TAG_VERIFY_MAC: return tps_key_verify_mac(call);
    case TPS_KEY_TAG_ENCRYPT: return tps_key_encrypt(call);
    default: return tps_key_decrypt(call);
    }
}

/** TPS_OK, or a refusal that says what is wrong with the whole storage, in the numbers of kept.h. */
static tps_status begin(tps_key_call *call)
{
    tps_status status =
        tps_key_asker_begin(&call->asker, call->request->component, call->request->session, call->state);
    uint32_t number = tps_kept_number(status);

    return number == 0 ? status : tps_key_refuse(call, number);
}

static tps_status handle(tps_request *request, tps_error *why)
{
    tps_key_call call = {
        .request = request, .state = request->state, .work = tps_component_work(request->component)};
    tps_status status = tps_key_asked_read(request, &call.asked, why);

    if (status == TPS_OK) {
        status = begin(&call);
    }
    if (status == TPS_OK) {
        status = act(&call);
    }
    if (call.error != 0) {
        status = tps_answer_error(request, call.error);
    }
    tps_key_asker_end(&call.asker);
    return status;
}

/** Keys of the session die with it, and no key stays open that nobody may use any more. */
static void end_session(tps_component *component, void *memory, tps_session *session)
{
    tps_key_store_state *state = memory;

    (void)component;
    tps_key_use_close_signer(state);
    for (size_t i = 0; i < TPS_KEYS_VOLATILE_MAX; i++) {
        tps_key_entry *entry = &state->volatile_keys[i];

        if (entry->lifetime == TPS_KEY_SESSION && entry->session == session->id) {
            tps_wipe(entry, sizeof(*entry));
        }
    }
}

/** Keys in memory of the old owner's providers, and counts of keys that have gone with it. */
static void forget_owner(tps_component *component, void *memory)
{
    static const uint8_t unbound[sizeof(((tps_key_entry *)0)->context)] = {0};
    tps_key_store_state *state = memory;

    (void)component;
    for (size_t i = 0; i < TPS_KEYS_VOLATILE_MAX; i++) {
        tps_key_entry *entry = &state->volatile_keys[i];

        if (memcmp(entry->context, unbound, sizeof(unbound)) != 0) {
            tps_wipe(entry, sizeof(*entry));
        }
    }
    memset(state->blocks, 0, sizeof(state->blocks));
    tps_key_use_close_signer(state);
}

static void stop(tps_component *component, void *memory)
{
    (void)component;
    tps_key_use_close_signer(memory);
}

/* {1: kinds, 2: keys, 3: of one owner, 4: in memory, 5: of one owner in memory, 6: bytes of data} */
enum { FEATURE_KINDS = 1, FEATURE_LIMITS = 2 };

static const uint32_t limits[] = {TPS_KEYS_MAX, TPS_KEYS_PER_OWNER, TPS_KEYS_VOLATILE_MAX,
                                  TPS_KEYS_VOLATILE_PER_OWNER, TPS_KEY_DATA_MAX};

static void put_features(tps_cbor_writer *w)
{
    size_t kinds = 0;

    for (uint32_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++) {
        kinds += tps_key_kind_find(kind) != NULL;
    }
    tps_cbor_put_map(w, 6);
    tps_cbor_pair_array(w, FEATURE_KINDS, kinds);
    for (uint32_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++) {
        if (tps_key_kind_find(kind) != NULL) {
            tps_cbor_put_uint(w, kind);
        }
    }
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        tps_cbor_pair_uint(w, FEATURE_LIMITS + i, limits[i]);
    }
}

const tps_service tps_key_store_service = {
    .id = TPSC_UUID_INIT(0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84, 0xb3, 0x41, 0x8d, 0xd1, 0xc9, 0x40,
                         0xd3, 0xa5),
    .name = "opentps key store",
    .version = {0, 2, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .put_features = put_features,
    .state_size = sizeof(tps_key_store_state),
    .work_size = sizeof(tps_key_work),
    .takes_bindings = true,
    .handle = handle,
    .forget = forget_owner,
    .stop = stop,
    .close = end_session,
};
