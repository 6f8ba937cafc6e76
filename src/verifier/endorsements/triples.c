/* SPDX-License-Identifier: Apache-2.0 */
/* Triples: what has an index of its own goes there, all else is kept as it was encoded. */
#include "verifier/endorsements/triples.h"

#include "verifier/endorsements/check.h"
#include "verifier/endorsements/conflicts.h"
#include "verifier/endorsements/keys.h"
#include "verifier/knowledge/releases.h"
#include "verifier/knowledge/statements.h"

/* Where the triple under way began, to keep it as it stands. */
static tps_span passed(const tps_corim_cursor *cursor, size_t start)
{
    return tps_span_make(cursor->reader.start + start, tps_cbor_offset(&cursor->reader) - start);
}

static tps_status keep(load *l, uint32_t kind, const tps_corim_environment *environment, tps_span encoded)
{
    tps_status status =
        knowledge_add_statement(&l->verifier->knowledge, kind, environment, encoded, l->source);

    return status == TPS_TOO_LARGE ? load_refuse(l, status, "more than 4,096 triples of one kind and subject")
                                   : status;
}

/* ---- pieces of software, and their classes ---- */

/* A class by its id in the profile's form; anything narrower could not be matched with evidence. */
static tps_status check_profile_class(load *l, const tps_corim_environment *environment)
{
    uint32_t wanted =
        l->corim->profile_kind == TPS_CORIM_PROFILE_PSA_IOT ? TPS_CORIM_IMPLEMENTATION_ID : TPS_CORIM_BYTES;

    if (environment->class_id.kind != wanted || environment->class_id.bytes.size != TPS_CORIM_CLASS_ID_SIZE) {
        return load_refuse(
            l, TPS_CORIM_BAD_VALUE,
            wanted == TPS_CORIM_BYTES
                ? "the class id is not the implementation id of 32 bytes (tag 560) that its profile asks for"
                : "the class id is not the implementation id of 32 bytes (tag 600) that its profile asks for");
    }
    if (environment->has_layer || environment->has_index || environment->group.kind != TPS_CORIM_ABSENT) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "an environment with layer, index or group");
    }
    if (l->corim->profile_kind == TPS_CORIM_PROFILE_OPENTPS &&
        (environment->vendor.size == 0 || environment->model.size == 0)) {
        return load_refuse(l, TPS_CORIM_BAD_VALUE, "the class names no vendor or no model");
    }
    return TPS_OK;
}

static tps_status add_class(load *l, const tps_corim_environment *environment, uint32_t *class_index)
{
    tps_status status = knowledge_add_class(&l->verifier->knowledge, environment->class_id.bytes,
                                            environment->vendor, environment->model, l->source, class_index);

    if (status == TPS_VERIFIER_CLASS_OF_ANOTHER) {
        return load_refuse(l, status, "a maker endorses for its own classes only");
    }
    return status == TPS_VERIFIER_CONFLICT
               ? load_refuse(l, status, "the class is known with another vendor or model")
               : status;
}

/* Whether a reference value is a piece of software in the words of the manifest's profile. */
static bool is_component(const load *l, const tps_corim_measurement *measurement)
{
    switch (l->corim->profile_kind) {
    case TPS_CORIM_PROFILE_PSA_IOT: return measurement->key.kind == TPS_CORIM_REFVAL_ID;
    case TPS_CORIM_PROFILE_PSA:
        return measurement->key.kind == TPS_CORIM_TEXT &&
               tps_span_is_text(measurement->key.bytes, "psa.software-component");
    case TPS_CORIM_PROFILE_OPENTPS:
        return measurement->key.kind == TPS_CORIM_TEXT &&
               tps_span_is_text(measurement->key.bytes, "opentps.software-component");
    default: return false;
    }
}

/* One more digest of a release, joined with the one before it. */
static tps_status add_reference(load *l, uint32_t class_index, const tps_corim_component *component,
                                uint32_t *last)
{
    knowledge *k = &l->verifier->knowledge;
    uint32_t before = *last;

    TPS_TRY(knowledge_add_reference(k, class_index, component, l->source));
    *last = knowledge_find_reference(k, class_index, component);
    return before == KNOWLEDGE_NONE ? TPS_OK : knowledge_join_references(k, before, *last, l->source);
}

/* One for each algorithm that is known: evidence says one digest alone, and the maker may endorse several. */
static tps_status add_references(load *l, const tps_corim_digests *digests, uint32_t class_index,
                                 tps_corim_component *component)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;
    uint32_t last = KNOWLEDGE_NONE;
    tps_status status = TPS_OK;

    while (status == TPS_OK && tps_corim_next_digest(&cursor, &digest)) {
        if (digest.alg != TPS_ALG_NONE) {
            component->digest = digest.value;
            status = add_reference(l, class_index, component, &last);
        }
    }
    return status;
}

static tps_status take_component(load *l, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement)
{
    tps_corim_component component;
    uint32_t class_index = 0;
    tps_status status;

    if (environment->instance.kind != TPS_CORIM_ABSENT) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "reference values of a single device");
    }
    TPS_TRY(tps_corim_component_of(measurement, l->corim->profile_kind, &component, &l->why));
    TPS_TRY(check_profile_class(l, environment));
    TPS_TRY(add_class(l, environment, &class_index));
    status = add_references(l, &measurement->digests, class_index, &component);
    switch (status) {
    case TPS_TOO_LARGE: return load_refuse(l, status, "more than 4,096 reference values of one class");
    case TPS_VERIFIER_CONFLICT:
        return load_refuse(l, status, "the same name, version and signer is known with another digest");
    default: return status;
    }
}

/* Components go into their index, the rest of the triple is kept once. */
static tps_status take_reference(load *l, const tps_corim_statement *statement, tps_span encoded)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->measurements);
    tps_corim_measurement measurement;
    bool is_kept = false;

    TPS_TRY(check_scope(l, STATEMENT_REFERENCE, &statement->environment));
    while (tps_corim_next_measurement(&cursor, &measurement)) {
        if (is_component(l, &measurement)) {
            TPS_TRY(take_component(l, &statement->environment, &measurement));
            continue;
        }
        TPS_TRY(check_measurement(l, &measurement));
        if (!is_kept) {
            TPS_TRY(check_subject(l, STATEMENT_REFERENCE, &statement->environment));
            TPS_TRY(keep(l, STATEMENT_REFERENCE, &statement->environment, encoded));
            is_kept = true;
        }
    }
    return TPS_OK;
}

/* ---- endorsed values ---- */

static tps_status take_endorsed(load *l, const tps_corim_statement *statement, tps_span encoded)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->measurements);
    tps_corim_measurement measurement;

    TPS_TRY(check_subject(l, STATEMENT_ENDORSED, &statement->environment));
    TPS_TRY(keep(l, STATEMENT_ENDORSED, &statement->environment, encoded));
    while (tps_corim_next_measurement(&cursor, &measurement)) {
        TPS_TRY(check_measurement(l, &measurement));
        TPS_TRY(conflicts_check(l, &statement->environment, &measurement));
    }
    return TPS_OK;
}

/* Each statement of a list, with its triple as it is encoded. */
static tps_status take_each(load *l, const tps_corim_statements *list,
                            tps_status (*take)(load *l, const tps_corim_statement *statement,
                                               tps_span encoded))
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_statement statement;
    size_t start = 0;

    while (tps_corim_next_statement(&cursor, &statement)) {
        TPS_TRY(take(l, &statement, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

/* ---- keys ---- */

/* The one key of a device in the words of a profile. */
static tps_status only_key(load *l, const tps_corim_key_statement *statement, tps_corim_key *out)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);

    if (statement->keys.count != 1 || !tps_corim_next_key(&cursor, out)) {
        return load_refuse(l, TPS_CORIM_BAD_VALUE, "a device has more than one attestation key");
    }
    return TPS_OK;
}

/*
 * In the opentps profile an instance id is made of the key, so that nobody can endorse a key of his own for
 * the device of another. RFC 9783 leaves open how a key is hashed: there the first maker's word stands.
 */
static tps_status check_instance_of_key(load *l, const knowledge_key *known, tps_span instance_id)
{
    const tps_crypto_point *key = &known->point;
    tps_status status;

    if (l->corim->profile_kind != TPS_CORIM_PROFILE_OPENTPS) {
        return TPS_OK;
    }
    if (known->by != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED,
                           "a thumbprint, where the instance id is made of the key");
    }
    status =
        key->curve == TPS_CURVE_P256 ? key_check_instance(key, instance_id) : TPS_VERIFIER_INSTANCE_MISMATCH;
    return status == TPS_VERIFIER_INSTANCE_MISMATCH
               ? load_refuse(l, TPS_CORIM_BAD_VALUE,
                             "the instance is not 01, SHA-256 of the P-256 key that is endorsed")
               : status;
}

static tps_status add_device(load *l, const tps_corim_key_statement *statement, const knowledge_key *key)
{
    uint32_t class_index = 0;
    tps_status status;

    TPS_TRY(add_class(l, &statement->environment, &class_index));
    status = knowledge_add_device(&l->verifier->knowledge, statement->environment.instance.bytes, class_index,
                                  key, l->source);
    switch (status) {
    case TPS_VERIFIER_CONFLICT:
        return load_refuse(l, status, "the device is known with another key or class");
    case TPS_VERIFIER_INSTANCE_OF_ANOTHER:
        return load_refuse(l, status, "a maker endorses its own devices only");
    default: return status;
    }
}

static bool is_instance_id(const tps_corim_value *instance)
{
    return instance->kind == TPS_CORIM_UEID && instance->bytes.size == KNOWLEDGE_INSTANCE_MAX &&
           instance->bytes.data[0] == 0x01;
}

/* The attestation key of a device of a profile, for its index. */
static tps_status take_device(load *l, const tps_corim_key_statement *statement)
{
    const tps_corim_value *instance = &statement->environment.instance;
    tps_corim_key given;
    knowledge_key key;

    if (!is_instance_id(instance)) {
        return load_refuse(l, TPS_CORIM_BAD_VALUE,
                           "the instance of an attestation key is not a UEID of 33 bytes (tag 550)");
    }
    TPS_TRY(only_key(l, statement, &given));
    TPS_TRY(check_profile_class(l, &statement->environment));
    TPS_TRY(check_instance(l, instance));
    TPS_TRY(keys_read_point(l, &given, &key));
    TPS_TRY(check_instance_of_key(l, &key, instance->bytes));
    return add_device(l, statement, &key);
}

/* Keys in the general form, found by environment and by each key. */
static tps_status keep_keys(load *l, uint32_t kind, const tps_corim_key_statement *statement,
                            tps_span encoded)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);
    tps_corim_key key;

    TPS_TRY(check_subject(l, kind, &statement->environment));
    TPS_TRY(keep(l, kind, &statement->environment, encoded));
    while (tps_corim_next_key(&cursor, &key)) {
        TPS_TRY(keys_index(l, &key));
    }
    return TPS_OK;
}

/* Without a profile, too, an instance id with one key of a curve names a device that signs evidence. */
static tps_status take_plain_device(load *l, const tps_corim_key_statement *statement)
{
    const tps_corim_value *class_id = &statement->environment.class_id;
    tps_corim_cursor cursor = TPS_CORIM_WALK(statement->keys);
    tps_corim_key given;
    knowledge_key key;
    tps_status status;

    if (!is_instance_id(&statement->environment.instance) || statement->keys.count != 1 ||
        class_id->kind != TPS_CORIM_BYTES || class_id->bytes.size != TPS_CORIM_CLASS_ID_SIZE ||
        !tps_corim_next_key(&cursor, &given)) {
        return TPS_OK;
    }
    status = keys_read_point(l, &given, &key);
    if (status == TPS_CRYPTO_BAD_KEY || status == TPS_CORIM_UNSUPPORTED) {
        l->why = (tps_error){TPS_OK, 0, NULL}; /* RSA, or an identifier: found as a statement alone */
        return TPS_OK;
    }
    TPS_TRY(status);
    return add_device(l, statement, &key);
}

static tps_status take_keys(load *l, uint32_t kind, const tps_corim_key_statement *statement,
                            tps_span encoded)
{
    if (statement->element.kind != TPS_CORIM_ABSENT || statement->authorized_by.count != 0) {
        return load_refuse(l, TPS_CORIM_UNSUPPORTED, "keys under conditions");
    }
    TPS_TRY(check_scope(l, kind, &statement->environment));
    if (kind == STATEMENT_ATTEST_KEYS && load_has_profile(l)) {
        return take_device(l, statement);
    }
    TPS_TRY(keep_keys(l, kind, statement, encoded));
    return kind == STATEMENT_ATTEST_KEYS ? take_plain_device(l, statement) : TPS_OK;
}

static tps_status take_all_keys(load *l, uint32_t kind, const tps_corim_key_statements *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_key_statement statement;
    size_t start = 0;

    while (tps_corim_next_key_statement(&cursor, &statement)) {
        TPS_TRY(take_keys(l, kind, &statement, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

/* ---- domains and CoSWIDs ---- */

static tps_status take_domains(load *l, uint32_t kind, const tps_corim_domains *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_domain domain;
    size_t start = 0;

    while (tps_corim_next_domain(&cursor, &domain)) {
        tps_corim_cursor members = TPS_CORIM_WALK(domain.members);
        tps_corim_environment member;

        TPS_TRY(check_subject(l, kind, &domain.domain));
        while (tps_corim_next_environment(&members, &member)) {
            TPS_TRY(check_subject(l, kind, &member));
        }
        TPS_TRY(keep(l, kind, &domain.domain, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

static tps_status take_coswid_links(load *l, const tps_corim_coswid_links *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_coswid_link link;
    size_t start = 0;

    while (tps_corim_next_coswid_link(&cursor, &link)) {
        TPS_TRY(check_subject(l, STATEMENT_COSWID, &link.environment));
        TPS_TRY(keep(l, STATEMENT_COSWID, &link.environment, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

/* ---- conditions ---- */

static tps_status take_series(load *l, const tps_corim_series_list *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_series series;
    size_t start = 0;

    while (tps_corim_next_series(&cursor, &series)) {
        tps_corim_cursor steps = TPS_CORIM_WALK(series.steps);
        tps_corim_series_step step;

        TPS_TRY(check_subject(l, STATEMENT_SERIES, &series.environment));
        TPS_TRY(check_measurements(l, &series.claims));
        while (tps_corim_next_series_step(&steps, &step)) {
            TPS_TRY(check_measurements(l, &step.selection));
            TPS_TRY(check_measurements(l, &step.addition));
        }
        TPS_TRY(keep(l, STATEMENT_SERIES, &series.environment, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

/* Each statement of a condition, or of what follows from it; the environment of the first. */
static tps_status check_statements(load *l, const tps_corim_statements *list, tps_corim_environment *first)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_statement statement;
    bool is_first = true;

    while (tps_corim_next_statement(&cursor, &statement)) {
        TPS_TRY(check_subject(l, STATEMENT_CONDITIONAL, &statement.environment));
        TPS_TRY(check_measurements(l, &statement.measurements));
        if (is_first) {
            *first = statement.environment;
            is_first = false;
        }
    }
    return cursor.reader.status;
}

static tps_status take_conditionals(load *l, const tps_corim_conditionals *list)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*list);
    tps_corim_conditional conditional;
    size_t start = 0;

    while (tps_corim_next_conditional(&cursor, &conditional)) {
        tps_corim_environment first = {0};
        tps_corim_environment unused;

        TPS_TRY(check_statements(l, &conditional.endorsements, &unused));
        TPS_TRY(check_statements(l, &conditional.conditions, &first));
        TPS_TRY(keep(l, STATEMENT_CONDITIONAL, &first, passed(&cursor, start)));
        start = tps_cbor_offset(&cursor.reader);
    }
    return cursor.reader.status;
}

tps_status triples_take(load *l, const tps_corim_comid *comid)
{
    TPS_TRY(take_each(l, &comid->reference_values, take_reference));
    TPS_TRY(take_each(l, &comid->endorsed_values, take_endorsed));
    TPS_TRY(take_all_keys(l, STATEMENT_IDENTITY_KEYS, &comid->identity_keys));
    TPS_TRY(take_all_keys(l, STATEMENT_ATTEST_KEYS, &comid->attest_keys));
    TPS_TRY(take_domains(l, STATEMENT_DEPENDENCY, &comid->dependencies));
    TPS_TRY(take_domains(l, STATEMENT_MEMBERSHIP, &comid->memberships));
    TPS_TRY(take_coswid_links(l, &comid->coswid_links));
    TPS_TRY(take_series(l, &comid->series));
    return take_conditionals(l, &comid->conditionals);
}
