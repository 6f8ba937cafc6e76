/* SPDX-License-Identifier: Apache-2.0 */
/* What the update service keeps: two values of the vault, each written whole. */
#include "component/services/update_store.h"

#include "component/services/members.h"

enum { RECORD_MEMBERS = 7 };

/* The names of the two values. */
static const char name_staged[] = "staged";
static const char name_policy[] = "policy";

/* ---- encoding ---- */

void update_put_record(tps_cbor_writer *writer, const tps_update_record *record)
{
    tps_cbor_put_map(writer, RECORD_MEMBERS);
    tps_cbor_pair_text(writer, 1, record->image);
    tps_cbor_pair_text(writer, 2, record->version);
    tps_cbor_pair_bytes(writer, 3, TPS_SPAN_OF(record->digest));
    tps_cbor_pair_uint(writer, 4, record->size);
    tps_cbor_pair_uint(writer, 5, record->security_counter);
    tps_cbor_pair_bytes(writer, 6, TPS_SPAN_OF(record->signer_id));
    tps_cbor_pair_bytes(writer, 7, TPS_SPAN_OF(record->manifest_digest));
}

void update_put_staging(tps_cbor_writer *writer, const tps_update_staging *staging)
{
    tps_cbor_put_array(writer, staging->count);
    for (size_t i = 0; i < staging->count; i++) {
        update_put_record(writer, &staging->records[i]);
    }
}

static bool read_record(tps_span encoded, tps_update_record *out)
{
    static const tps_member_rule rules[RECORD_MEMBERS] = {
        {1, TPS_MEMBER_TEXT, false, 1, TPS_IMAGE_NAME_MAX},
        {2, TPS_MEMBER_TEXT, false, 1, TPS_VERSION_MAX},
        {3, TPS_MEMBER_BYTES, false, 32, 32},
        {4, TPS_MEMBER_UINT, false, 0, TPS_UPDATE_IMAGE_MAX},
        {5, TPS_MEMBER_UINT, false, 0, TPS_SECURITY_COUNTER_MAX},
        {6, TPS_MEMBER_BYTES, false, 32, 32},
        {7, TPS_MEMBER_BYTES, false, 32, 32}};
    tps_member found[RECORD_MEMBERS];

    if (tps_members_read(encoded, rules, RECORD_MEMBERS, found, NULL) != TPS_OK) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    memcpy(out->image, found[0].bytes.data, found[0].bytes.size);
    memcpy(out->version, found[1].bytes.data, found[1].bytes.size);
    memcpy(out->digest, found[2].bytes.data, sizeof(out->digest));
    out->size = found[3].number;
    out->security_counter = (uint32_t)found[4].number;
    memcpy(out->signer_id, found[5].bytes.data, sizeof(out->signer_id));
    memcpy(out->manifest_digest, found[6].bytes.data, sizeof(out->manifest_digest));
    return true;
}

bool update_read_staging(tps_span encoded, tps_update_staging *out)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    memset(out, 0, sizeof(*out));
    while (tps_cbor_next(&r, &list)) {
        tps_span record = tps_cbor_skip(&r);

        if (out->count == TPS_IMAGES_MAX || !read_record(record, &out->records[out->count])) {
            return false;
        }
        out->count++;
    }
    return tps_cbor_reader_finish(&r) == TPS_OK;
}

void update_put_policy(tps_cbor_writer *writer, const tps_update_policy *policy)
{
    tps_cbor_put_map(writer, 2);
    tps_cbor_pair_bool(writer, 1, policy->is_held);
    tps_cbor_pair_array(writer, 3, policy->signer_count);
    for (size_t i = 0; i < policy->signer_count; i++) {
        tps_cbor_put_bytes(writer, TPS_SPAN_OF(policy->signers[i]));
    }
}

bool update_read_policy(tps_span encoded, tps_update_policy *out)
{
    static const tps_member_rule rules[] = {{1, TPS_MEMBER_BOOL, false, 0, 0},
                                            {3, TPS_MEMBER_ITEM, false, 1, 200}};
    tps_member found[2];
    tps_cbor_reader r;
    tps_cbor_list list;

    memset(out, 0, sizeof(*out));
    if (tps_members_read(encoded, rules, 2, found, NULL) != TPS_OK) {
        return false;
    }
    out->is_held = found[0].number != 0;
    r = tps_cbor_reader_init(found[1].bytes);
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        tps_span signer = tps_cbor_get_bytes(&r);

        if (out->signer_count == TPS_UPDATE_SIGNERS_MAX || signer.size != sizeof(out->signers[0])) {
            return false;
        }
        memcpy(out->signers[out->signer_count++], signer.data, signer.size);
    }
    return tps_cbor_reader_finish(&r) == TPS_OK;
}

/* ---- the vault ---- */

static tps_status put(const tps_component *component, const char *name, const tps_cbor_writer *writer)
{
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_UPDATE, NULL, tps_span_of_text(name));
    tps_vault *vault;
    tps_span value;

    TPS_TRY(tps_component_vault(component, &vault));
    TPS_TRY(tps_cbor_writer_finish(writer, &value));
    return tps_vault_put(vault, &id, NULL, value, 0);
}

/** A value; empty if there is none. */
static tps_status get(tps_component *component, const char *name, tps_span *value)
{
    update_work *work = tps_component_work(component);
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_UPDATE, NULL, tps_span_of_text(name));
    tps_vault *vault;
    size_t size = 0;
    tps_status status;

    *value = TPS_SPAN_EMPTY;
    TPS_TRY(tps_component_vault(component, &vault));
    status = tps_vault_get(vault, &id, NULL, TPS_BUF_OF(work->value), &size);
    if (status == TPS_NOT_FOUND) {
        return TPS_OK;
    }
    TPS_TRY(status);
    *value = tps_span_make(work->value, size);
    return tps_cbor_check(*value, &tps_cbor_limits_message, NULL, NULL) == TPS_OK
               ? TPS_OK
               : TPS_COMPONENT_STORAGE_CORRUPT;
}

static tps_status save_next(tps_component *component, tps_update_state *state)
{
    update_work *work = tps_component_work(component);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(work->value));

    update_put_staging(&w, &work->next);
    TPS_TRY(put(component, name_staged, &w));
    state->staged = work->next;
    state->staged_status = TPS_OK;
    return TPS_OK;
}

/** What is staged without the record of this image. */
static void leave_out(const tps_update_staging *staged, tps_span image, tps_update_staging *next)
{
    next->count = 0;
    for (size_t i = 0; i < staged->count; i++) {
        if (!tps_span_is_text(image, staged->records[i].image)) {
            next->records[next->count++] = staged->records[i];
        }
    }
}

tps_status update_stage(tps_component *component, tps_update_state *state, const tps_update_record *record)
{
    tps_update_staging *next = &((update_work *)tps_component_work(component))->next;

    TPS_TRY(state->staged_status);
    leave_out(&state->staged, tps_span_of_text(record->image), next);
    if (next->count == TPS_IMAGES_MAX) {
        return TPS_COMPONENT_FULL; /* not while one name has one record, and the identity has no more names */
    }
    next->records[next->count++] = *record;
    return save_next(component, state);
}

tps_status update_unstage(tps_component *component, tps_update_state *state, tps_span image)
{
    tps_update_staging *next = &((update_work *)tps_component_work(component))->next;

    if (state->staged_status != TPS_OK) {
        next->count = 0;
        return save_next(component, state);
    }
    leave_out(&state->staged, image, next);
    return next->count == state->staged.count ? TPS_NOT_FOUND : save_next(component, state);
}

tps_status update_set_policy(tps_component *component, tps_update_state *state,
                             const tps_update_policy *policy)
{
    update_work *work = tps_component_work(component);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(work->value));

    update_put_policy(&w, policy);
    TPS_TRY(put(component, name_policy, &w));
    state->policy = *policy;
    state->policy_status = TPS_OK;
    return TPS_OK;
}

/* ---- start ---- */

static tps_status load_staged(tps_component *component, tps_update_state *state)
{
    tps_span value;

    TPS_TRY(get(component, name_staged, &value));
    return value.size == 0 || update_read_staging(value, &state->staged) ? TPS_OK
                                                                         : TPS_COMPONENT_STORAGE_CORRUPT;
}

static tps_status load_policy(tps_component *component, tps_update_state *state)
{
    tps_span value;

    TPS_TRY(get(component, name_policy, &value));
    return value.size == 0 || update_read_policy(value, &state->policy) ? TPS_OK
                                                                        : TPS_COMPONENT_STORAGE_CORRUPT;
}

static bool still_waits(const tps_handover *handover, const tps_update_record *record, uint64_t least)
{
    const tps_boot_image *running = tps_handover_verified(handover, record->image);

    return record->security_counter >= least &&
           (running == NULL || memcmp(running->digest, record->digest, sizeof(record->digest)) != 0);
}

void update_load(tps_component *component, tps_update_state *state)
{
    const tps_platform *p = tps_component_platform(component);
    const tps_handover *handover = tps_component_handover(component);
    tps_update_staging *next = &((update_work *)tps_component_work(component))->next;
    uint64_t least;

    state->policy_status = load_policy(component, state);
    state->staged_status = load_staged(component, state);
    if (state->staged_status == TPS_OK) {
        state->staged_status = p->counter_read(p->context, TPS_COUNTER_SECURITY, &least);
    }
    if (state->staged_status != TPS_OK) {
        memset(&state->staged, 0, sizeof(state->staged));
        return;
    }
    next->count = 0;
    for (size_t i = 0; i < state->staged.count; i++) {
        if (still_waits(handover, &state->staged.records[i], least)) {
            next->records[next->count++] = state->staged.records[i];
        }
    }
    if (next->count != state->staged.count && save_next(component, state) != TPS_OK) {
        state->staged = *next; /* it is compared at every start: the next one tries again */
    }
}
