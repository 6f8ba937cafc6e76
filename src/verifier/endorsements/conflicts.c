/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsed values of one environment and element, found by a digest of both, compared member by member. */
#include "verifier/endorsements/conflicts.h"

#include "verifier/knowledge/statements.h"

static void put_number(tps_crypto_hash *hash, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> 8 * i);
    }
    tps_crypto_hash_update(hash, TPS_SPAN_OF(bytes));
}

static void put_span(tps_crypto_hash *hash, tps_span bytes)
{
    put_number(hash, bytes.size);
    tps_crypto_hash_update(hash, bytes);
}

static void put_value(tps_crypto_hash *hash, const tps_corim_value *value)
{
    put_number(hash, value->kind);
    put_number(hash, value->number);
    put_span(hash, value->bytes);
}

/* A digest of an environment and an element, however they were encoded. */
static tps_status name_subject(const tps_corim_environment *e, const tps_corim_value *element,
                               tps_digest *digest)
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    put_value(&hash, &e->class_id);
    put_span(&hash, e->vendor);
    put_span(&hash, e->model);
    put_number(&hash, e->has_layer);
    put_number(&hash, e->layer);
    put_number(&hash, e->has_index);
    put_number(&hash, e->index);
    put_value(&hash, &e->instance);
    put_value(&hash, &e->group);
    put_value(&hash, element);
    return tps_crypto_hash_finish(&hash, digest);
}

/* ---- member by member ---- */

static bool differ(tps_span a, tps_span b)
{
    return a.size != 0 && b.size != 0 && !tps_span_equal(a, b);
}

static bool digests_differ(const tps_corim_digests *a, const tps_corim_digests *b)
{
    tps_corim_cursor outer = TPS_CORIM_WALK(*a);
    tps_corim_digest x;
    tps_corim_digest y;

    while (tps_corim_next_digest(&outer, &x)) {
        tps_corim_cursor inner = TPS_CORIM_WALK(*b);
        while (tps_corim_next_digest(&inner, &y)) {
            if (x.alg != TPS_ALG_NONE && x.alg == y.alg && !tps_span_equal(x.value, y.value)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_same_register(const tps_cbor_item *a, const tps_cbor_item *b)
{
    return a->type == b->type &&
           (a->type == TPS_CBOR_TEXT ? tps_span_equal(a->bytes, b->bytes) : a->value == b->value);
}

static bool registers_differ(const tps_corim_registers *a, const tps_corim_registers *b)
{
    tps_corim_cursor outer = TPS_CORIM_WALK(*a);
    tps_corim_register x;
    tps_corim_register y;

    while (tps_corim_next_register(&outer, &x)) {
        tps_corim_cursor inner = TPS_CORIM_WALK(*b);
        while (tps_corim_next_register(&inner, &y)) {
            if (is_same_register(&x.id, &y.id) && digests_differ(&x.digests, &y.digests)) {
                return true;
            }
        }
    }
    return false;
}

static bool ranges_differ(const tps_corim_range *a, const tps_corim_range *b)
{
    return a->is_present && b->is_present &&
           (a->is_number != b->is_number || a->has_min != b->has_min || a->has_max != b->has_max ||
            a->min != b->min || a->max != b->max);
}

static bool raw_values_differ(const tps_corim_measurement *a, const tps_corim_measurement *b)
{
    return a->raw_tag != 0 && b->raw_tag != 0 &&
           (a->raw_tag != b->raw_tag || !tps_span_equal(a->raw_value, b->raw_value) ||
            !tps_span_equal(a->raw_mask, b->raw_mask));
}

static bool measurements_differ(const tps_corim_measurement *a, const tps_corim_measurement *b)
{
    return differ(a->version, b->version) ||
           (a->has_svn && b->has_svn && (a->svn != b->svn || a->svn_tag != b->svn_tag)) ||
           digests_differ(&a->digests, &b->digests) ||
           (a->flags_present & b->flags_present & (a->flags ^ b->flags)) != 0 || raw_values_differ(a, b) ||
           differ(a->mac, b->mac) || differ(a->ip, b->ip) || differ(a->serial, b->serial) ||
           differ(a->ueid, b->ueid) || differ(a->uuid, b->uuid) || differ(a->name, b->name) ||
           registers_differ(&a->registers, &b->registers) || ranges_differ(&a->range, &b->range);
}

static bool is_same_value(const tps_corim_value *a, const tps_corim_value *b)
{
    return a->kind == b->kind && a->number == b->number && tps_span_equal(a->bytes, b->bytes);
}

/* The measurements of a statement that was found are of this environment; those of this element count. */
static bool statement_differs(const knowledge_statement *found, const tps_corim_measurement *measurement)
{
    tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found->encoded);
    tps_corim_statement statement = {.measurements = {.count = 0}};
    tps_corim_measurement known;

    (void)tps_corim_next_statement(&cursor, &statement); /* it was read before it was kept */
    cursor = TPS_CORIM_WALK(statement.measurements);
    while (tps_corim_next_measurement(&cursor, &known)) {
        if (is_same_value(&known.key, &measurement->key) && measurements_differ(&known, measurement)) {
            return true;
        }
    }
    return false;
}

tps_status conflicts_check(load *l, const tps_corim_environment *environment,
                           const tps_corim_measurement *measurement)
{
    knowledge *k = &l->verifier->knowledge;
    knowledge_statement_walk walk;
    knowledge_statement found;
    tps_digest subject;

    TPS_TRY(name_subject(environment, &measurement->key, &subject));
    TPS_TRY(knowledge_add_statement_key(k, STATEMENT_BY_SUBJECT, tps_span_make(subject.bytes, subject.size)));
    walk = knowledge_statements_by_key(k, STATEMENT_ENDORSED, STATEMENT_BY_SUBJECT,
                                       tps_span_make(subject.bytes, subject.size), l->now);
    while (knowledge_next_statement(&walk, &found)) {
        if (statement_differs(&found, measurement)) {
            return load_refuse(l, TPS_VERIFIER_CONFLICT,
                               "endorsed values of one environment and element differ");
        }
    }
    return TPS_OK;
}
