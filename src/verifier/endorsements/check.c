/* SPDX-License-Identifier: Apache-2.0 */
/* Members that nobody would compare are refused by name: half a manifest could say the opposite of the whole.
 */
#include "verifier/endorsements/check.h"

#include "verifier/knowledge/statements.h"

/* ---- who may say it ---- */

tps_status check_scope(load *l, uint32_t triple, const tps_corim_environment *environment)
{
    scope_question question = scope_ask(triple, environment);

    question.use = TPS_ANCHOR_ENDORSES;
    return endorser_may(&l->who, &question)
               ? TPS_OK
               : load_refuse(l, TPS_VERIFIER_OUT_OF_SCOPE, "the scope of the signer's trust anchor");
}

static tps_status check_class(load *l, tps_span class_id)
{
    uint32_t class_index = 0;
    tps_status status = knowledge_add_class(&l->verifier->knowledge, class_id, TPS_SPAN_EMPTY, TPS_SPAN_EMPTY,
                                            l->source, &class_index);

    return status == TPS_VERIFIER_CLASS_OF_ANOTHER
               ? load_refuse(l, status, "a maker endorses for its own classes only")
               : status;
}

/* Whether another maker's statement gives keys to the instance: devices that are in no index (RSA). */
static bool has_keys_of_another(const load *l, uint32_t kind, const tps_corim_value *instance)
{
    const knowledge *k = &l->verifier->knowledge;
    const tps_corim_environment device = {.instance = *instance};
    knowledge_statement_walk walk = knowledge_statements_of(k, kind, &device, l->now);
    knowledge_statement found;
    tps_corim_key_statement statement;

    while (knowledge_next_statement(&walk, &found)) {
        tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found.encoded);
        if (!knowledge_source_is_of(k, found.source, l->who.maker) &&
            tps_corim_next_key_statement(&cursor, &statement) &&
            tps_span_equal(statement.environment.instance.bytes, instance->bytes)) {
            return true;
        }
    }
    return false;
}

/* Of an instance id the content counts, whatever its kind. */
static bool is_of_another(const load *l, const tps_corim_value *instance)
{
    static const uint32_t kinds[] = {TPS_CORIM_UEID, TPS_CORIM_BYTES, TPS_CORIM_UUID};
    const knowledge *k = &l->verifier->knowledge;
    uint32_t device = knowledge_find_device(k, instance->bytes);
    tps_corim_value id = *instance;

    if (device != KNOWLEDGE_NONE && !knowledge_device_is_of(k, device, l->who.maker)) {
        return true;
    }
    for (size_t i = 0; knowledge_has_statements(k) && i < sizeof kinds / sizeof kinds[0]; i++) {
        id.kind = kinds[i];
        if (has_keys_of_another(l, STATEMENT_ATTEST_KEYS, &id) ||
            has_keys_of_another(l, STATEMENT_IDENTITY_KEYS, &id)) {
            return true;
        }
    }
    return false;
}

tps_status check_instance(load *l, const tps_corim_value *instance)
{
    bool is_id = instance->kind == TPS_CORIM_UEID || instance->kind == TPS_CORIM_BYTES ||
                 instance->kind == TPS_CORIM_UUID;

    return is_id && l->who.is_scoped && is_of_another(l, instance)
               ? load_refuse(l, TPS_VERIFIER_INSTANCE_OF_ANOTHER, "a maker endorses its own devices only")
               : TPS_OK;
}

tps_status check_subject(load *l, uint32_t triple, const tps_corim_environment *environment)
{
    TPS_TRY(check_environment(l, environment));
    TPS_TRY(check_scope(l, triple, environment));
    if (environment->class_id.kind != TPS_CORIM_ABSENT) {
        TPS_TRY(check_class(l, environment->class_id.bytes));
    }
    return check_instance(l, &environment->instance);
}

/* ---- what is said ---- */

tps_status check_environment(load *l, const tps_corim_environment *environment)
{
    if (environment->class_id.kind == TPS_CORIM_OTHER || environment->instance.kind == TPS_CORIM_OTHER ||
        environment->group.kind == TPS_CORIM_OTHER) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "an identifier of a type that is not the draft's");
    }
    return TPS_OK;
}

static bool begins_with(tps_span text, const char *word)
{
    return text.size >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/* The elements that profiles define have their names; another one of theirs, or in another profile, would go
 * uncompared. */
static bool is_unknown_element(const load *l, tps_span element)
{
    static const struct {
        const char *element;
        uint32_t profile; /* the one that it is of; unknown: every one */
    } known[] = {{"psa.software-component", TPS_CORIM_PROFILE_PSA},
                 {"opentps.software-component", TPS_CORIM_PROFILE_OPENTPS},
                 {"opentps.purpose", TPS_CORIM_PROFILE_UNKNOWN},
                 {"opentps.certification", TPS_CORIM_PROFILE_UNKNOWN}};

    if (!begins_with(element, "psa.") && !begins_with(element, "opentps.")) {
        return false;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (tps_span_is_text(element, known[i].element)) {
            return known[i].profile != TPS_CORIM_PROFILE_UNKNOWN &&
                   known[i].profile != l->corim->profile_kind;
        }
    }
    return true;
}

static tps_status check_digests(load *l, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;

    while (tps_corim_next_digest(&cursor, &digest)) {
        if (digest.alg != TPS_ALG_NONE) {
            return TPS_OK;
        }
    }
    return digests->count == 0 ? TPS_OK
                               : load_refuse(l, TPS_CORIM_UNSUPPORTED, "no digest of a known algorithm");
}

static tps_status check_registers(load *l, const tps_corim_registers *registers)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*registers);
    tps_corim_register found;

    while (tps_corim_next_register(&cursor, &found)) {
        TPS_TRY(check_digests(l, &found.digests));
    }
    return TPS_OK;
}

tps_status check_measurement(load *l, const tps_corim_measurement *m)
{
    bool is_foreign_raw =
        m->raw_tag != 0 && m->raw_tag != TPS_CORIM_TAG_BYTES && m->raw_tag != TPS_CORIM_TAG_MASKED;

    if (m->key.kind == TPS_CORIM_OTHER || m->key.kind == TPS_CORIM_REFVAL_ID) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "an element (mkey) of a type that is not the draft's");
    }
    if (m->key.kind == TPS_CORIM_TEXT && is_unknown_element(l, m->key.bytes)) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "an element (mkey) that its profile does not know");
    }
    if (m->extensions.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "a measurement with members that are not compared");
    }
    if (m->flag_extensions.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "flags that are not the draft's");
    }
    if (is_foreign_raw) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "a raw value of a type that is not the draft's");
    }
    TPS_TRY(check_digests(l, &m->digests));
    return check_registers(l, &m->registers);
}

tps_status check_measurements(load *l, const tps_corim_measurements *measurements)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*measurements);
    tps_corim_measurement measurement;

    while (tps_corim_next_measurement(&cursor, &measurement)) {
        TPS_TRY(check_measurement(l, &measurement));
    }
    return TPS_OK;
}
