/* SPDX-License-Identifier: Apache-2.0 */
/* Measurements compared, member by member. What they are in words is in measurement_text.c. */
#include "verifier/match/measurement.h"

#include "verifier/match/environment.h"

static bool is_component(const tps_corim_value *key)
{
    return key->kind == TPS_CORIM_TEXT && (tps_span_is_text(key->bytes, "psa.software-component") ||
                                           tps_span_is_text(key->bytes, "opentps.software-component"));
}

bool measurement_same_key(const tps_corim_measurement *a, const tps_corim_measurement *b)
{
    return environment_same_value(&a->key, &b->key) || (is_component(&a->key) && is_component(&b->key));
}

/* ---- digests ---- */

/* Whether both are of one algorithm, whose name may be written in several ways. */
static bool is_same_algorithm(const tps_corim_digest *a, const tps_corim_digest *b)
{
    if (a->alg != 0 || b->alg != 0) {
        return a->alg == b->alg;
    }
    return a->name.number == b->name.number && tps_span_equal(a->name.text, b->name.text);
}

static size_t count_algorithm(const tps_corim_digests *digests, const tps_corim_digest *of)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;
    size_t count = 0;

    while (tps_corim_next_digest(&cursor, &digest)) {
        count += is_same_algorithm(&digest, of);
    }
    return count;
}

/* False when an algorithm appears twice: which of its values would count? */
static bool are_distinct(const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;

    while (tps_corim_next_digest(&cursor, &digest)) {
        if (count_algorithm(digests, &digest) != 1) {
            return false;
        }
    }
    return true;
}

static bool find_algorithm(const tps_corim_digests *digests, const tps_corim_digest *of,
                           tps_corim_digest *found)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);

    while (tps_corim_next_digest(&cursor, found)) {
        if (is_same_algorithm(found, of)) {
            return true;
        }
    }
    return false;
}

bool measurement_same_digests(const tps_corim_digests *state, const tps_corim_digests *condition)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*condition);
    tps_corim_digest wanted;
    tps_corim_digest found;
    size_t common = 0;

    /* At most one an algorithm: longer lists than the format permits cannot be (and would cost). */
    if (state->count > TPS_CORIM_DIGESTS_MAX || condition->count > TPS_CORIM_DIGESTS_MAX ||
        !are_distinct(state) || !are_distinct(condition)) {
        return false;
    }
    while (tps_corim_next_digest(&cursor, &wanted)) {
        if (find_algorithm(state, &wanted, &found)) {
            common++;
            if (!tps_span_equal(found.value, wanted.value)) {
                return false;
            }
        }
    }
    return common != 0;
}

/* ---- the other values ---- */

static bool same_version(const tps_corim_measurement *s, const tps_corim_measurement *c)
{
    return tps_span_equal(s->version, c->version) &&
           (!s->has_version_scheme || !c->has_version_scheme ||
            (s->version_scheme.number == c->version_scheme.number &&
             tps_span_equal(s->version_scheme.text, c->version_scheme.text)));
}

static bool svn_satisfies(const tps_corim_measurement *s, const tps_corim_measurement *c)
{
    bool is_minimum = c->svn_tag == TPS_CORIM_TAG_MIN_SVN;

    if (s->svn_tag == TPS_CORIM_TAG_MIN_SVN || !is_minimum) {
        return s->svn == c->svn && (s->svn_tag == TPS_CORIM_TAG_MIN_SVN) == is_minimum;
    }
    return s->svn >= c->svn;
}

/* The first flag that is not as told; TPS_CORIM_FLAG_COUNT when all are. */
static uint32_t differing_flag(const tps_corim_measurement *s, const tps_corim_measurement *c)
{
    uint32_t wrong = c->flags_present & (~s->flags_present | (s->flags ^ c->flags));
    uint32_t flag = 0;

    while (flag < TPS_CORIM_FLAG_COUNT && (wrong >> flag & 1) == 0) {
        flag++;
    }
    return flag;
}

static bool same_raw_value(const tps_corim_measurement *s, const tps_corim_measurement *c)
{
    bool is_masked = c->raw_tag == TPS_CORIM_TAG_MASKED || c->is_mask_apart;

    /* A state is a value, and no description of several. */
    if (s->raw_tag == TPS_CORIM_TAG_MASKED || s->is_mask_apart || s->raw_value.size != c->raw_value.size ||
        (is_masked && c->raw_mask.size != c->raw_value.size)) {
        return false;
    }
    for (size_t i = 0; i < c->raw_value.size; i++) {
        uint8_t mask = is_masked ? c->raw_mask.data[i] : 0xff;
        if (((s->raw_value.data[i] ^ c->raw_value.data[i]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

static bool same_key(const tps_corim_key *a, const tps_corim_key *b)
{
    if (a->tag != b->tag) {
        return false;
    }
    switch (a->tag) {
    case TPS_CORIM_TAG_KEY_THUMBPRINT:
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT:
    case TPS_CORIM_TAG_PATH_THUMBPRINT:
        return is_same_algorithm(&a->digest, &b->digest) && tps_span_equal(a->digest.value, b->digest.value);
    default: return tps_span_equal(a->value, b->value);
    }
}

static bool keys_satisfy(const tps_corim_keys *state, const tps_corim_keys *condition)
{
    tps_corim_cursor states = TPS_CORIM_WALK(*state);
    tps_corim_cursor conditions = TPS_CORIM_WALK(*condition);
    tps_corim_key wanted;
    tps_corim_key found;

    while (tps_corim_next_key(&conditions, &wanted)) {
        if (!tps_corim_next_key(&states, &found) || !same_key(&found, &wanted)) {
            return false;
        }
    }
    return true;
}

static bool is_same_id(const tps_cbor_item *a, const tps_cbor_item *b)
{
    return a->type == b->type &&
           (a->type == TPS_CBOR_UINT ? a->value == b->value : tps_span_equal(a->bytes, b->bytes));
}

/* Whether each register of this name (evidence of strangers may have several) agrees, and there is one. */
static bool register_satisfies(const tps_corim_registers *state, const tps_corim_register *wanted,
                               bool *is_absent)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*state);
    tps_corim_register found;

    *is_absent = true;
    while (tps_corim_next_register(&cursor, &found)) {
        if (is_same_id(&found.id, &wanted->id)) {
            *is_absent = false;
            if (!measurement_same_digests(&found.digests, &wanted->digests)) {
                return false;
            }
        }
    }
    return !*is_absent;
}

static bool registers_satisfy(const tps_corim_measurement *s, const tps_corim_measurement *c,
                              measurement_difference *out)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(c->registers);
    tps_corim_register wanted;
    bool is_absent;

    while (tps_corim_next_register(&cursor, &wanted)) {
        if (!register_satisfies(&s->registers, &wanted, &is_absent)) {
            if (out->member == MEASUREMENT_NOTHING) {
                out->id = wanted.id;
                out->is_absent = is_absent;
            }
            return false;
        }
    }
    return true;
}

static bool range_satisfies(const tps_corim_range *s, const tps_corim_range *c)
{
    tps_corim_range state = *s;

    if (s->is_number) {
        state = (tps_corim_range){true, true, true, true, s->min, s->min};
    }
    if (c->is_number) {
        return state.has_min && state.has_max && state.min == c->min && state.max == c->min;
    }
    return (!c->has_min || (state.has_min && state.min >= c->min)) &&
           (!c->has_max || (state.has_max && state.max <= c->max));
}

/* ---- a whole measurement ---- */

/* The members that it has: bits 1 << MEASUREMENT_*. */
static uint32_t members_of(const tps_corim_measurement *m)
{
    return (uint32_t)(m->version.size != 0) << MEASUREMENT_VERSION | (uint32_t)m->has_svn << MEASUREMENT_SVN |
           (uint32_t)(m->digests.count != 0) << MEASUREMENT_DIGESTS |
           (uint32_t)(m->flags_present != 0) << MEASUREMENT_FLAGS |
           (uint32_t)(m->raw_tag != 0) << MEASUREMENT_RAW_VALUE |
           (uint32_t)(m->mac.size != 0) << MEASUREMENT_MAC | (uint32_t)(m->ip.size != 0) << MEASUREMENT_IP |
           (uint32_t)(m->serial.size != 0) << MEASUREMENT_SERIAL |
           (uint32_t)(m->ueid.size != 0) << MEASUREMENT_UEID |
           (uint32_t)(m->uuid.size != 0) << MEASUREMENT_UUID |
           (uint32_t)(m->name.size != 0) << MEASUREMENT_NAME |
           (uint32_t)(m->keys.count != 0) << MEASUREMENT_KEYS |
           (uint32_t)(m->registers.count != 0) << MEASUREMENT_REGISTERS |
           (uint32_t)m->range.is_present << MEASUREMENT_RANGE |
           (uint32_t)(m->extensions.count != 0 || m->flag_extensions.count != 0) << MEASUREMENT_EXTENSION;
}

bool measurement_is_empty(const tps_corim_measurement *measurement)
{
    return members_of(measurement) == 0;
}

static bool member_satisfies(uint32_t member, const tps_corim_measurement *s, const tps_corim_measurement *c,
                             measurement_difference *out)
{
    switch (member) {
    case MEASUREMENT_VERSION: return same_version(s, c);
    case MEASUREMENT_SVN: return svn_satisfies(s, c);
    case MEASUREMENT_DIGESTS: return measurement_same_digests(&s->digests, &c->digests);
    case MEASUREMENT_FLAGS: return differing_flag(s, c) == TPS_CORIM_FLAG_COUNT;
    case MEASUREMENT_RAW_VALUE: return same_raw_value(s, c);
    case MEASUREMENT_MAC: return tps_span_equal(s->mac, c->mac);
    case MEASUREMENT_IP: return tps_span_equal(s->ip, c->ip);
    case MEASUREMENT_SERIAL: return tps_span_equal(s->serial, c->serial);
    case MEASUREMENT_UEID: return tps_span_equal(s->ueid, c->ueid);
    case MEASUREMENT_UUID: return tps_span_equal(s->uuid, c->uuid);
    case MEASUREMENT_NAME: return tps_span_equal(s->name, c->name);
    case MEASUREMENT_KEYS: return keys_satisfy(&s->keys, &c->keys);
    case MEASUREMENT_REGISTERS: return registers_satisfy(s, c, out);
    case MEASUREMENT_RANGE: return range_satisfies(&s->range, &c->range);
    default: return false;
    }
}

bool measurement_compare(const tps_corim_measurement *state, const tps_corim_measurement *condition,
                         measurement_difference *out)
{
    uint32_t has = members_of(state);
    uint32_t wants = members_of(condition);

    *out = (measurement_difference){.member = MEASUREMENT_NOTHING};
    for (uint32_t member = MEASUREMENT_VERSION; member < MEASUREMENT_MEMBERS; member++) {
        bool is_wanted = (wants >> member & 1) != 0;
        bool is_there = (has >> member & 1) != 0;
        if (is_wanted && is_there && member_satisfies(member, state, condition, out)) {
            out->same++;
        } else if (is_wanted && out->member == MEASUREMENT_NOTHING) {
            out->member = member;
            out->is_absent = out->is_absent || !is_there;
            out->flag = member == MEASUREMENT_FLAGS ? differing_flag(state, condition) : 0;
        }
    }
    return out->member == MEASUREMENT_NOTHING && wants != 0;
}
