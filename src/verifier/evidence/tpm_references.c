/* SPDX-License-Identifier: Apache-2.0 */
/* Reference values of a TPM's device. */
#include "verifier/evidence/tpm_references.h"

#include "verifier/match/environment.h"
#include "verifier/match/measurement.h"

/* The TPM's number of a hash, by COSE's; 0, which no bank has, for others. */
static uint32_t bank_of(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return TPS_TPM_ALG_SHA256;
    case TPS_ALG_SHA384: return TPS_TPM_ALG_SHA384;
    case TPS_ALG_SHA512: return TPS_TPM_ALG_SHA512;
    default: return 0;
    }
}

/* The number of the PCR that a register is; TPS_TPM_PCR_MAX when it is none. */
static uint32_t pcr_of(const tps_corim_register *r)
{
    return r->id.type == TPS_CBOR_UINT && r->id.value < TPS_TPM_PCR_MAX ? (uint32_t)r->id.value
                                                                        : TPS_TPM_PCR_MAX;
}

/* At least one bank in common with what is quoted, and the same value in each. */
static bool is_register_met(const evidence_tpm *e, uint32_t pcr, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;
    bool is_met = false;

    while (tps_corim_next_digest(&cursor, &digest)) {
        tps_span quoted = tps_tpm_pcr_of(e->parts.pcrs, bank_of(digest.alg), pcr);
        if (quoted.size != 0) {
            if (!tps_span_equal(quoted, digest.value)) {
                return false;
            }
            is_met = true;
        }
    }
    return is_met;
}

/* ---- one measurement ---- */

static void take_registers(const evidence_tpm *e, const tps_corim_measurement *m, uint32_t source,
                           tpm_references *out)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(m->registers);
    tps_corim_register found;
    bool is_met = true;
    uint32_t pcrs = 0;

    while (tps_corim_next_register(&cursor, &found)) {
        uint32_t pcr = pcr_of(&found);
        if (pcr == TPS_TPM_PCR_MAX) {
            is_met = false; /* no register of a TPM is called so */
            continue;
        }
        pcrs |= 1u << pcr;
        is_met = is_register_met(e, pcr, &found.digests) && is_met;
    }
    out->mentioned |= pcrs;
    if (is_met) {
        out->covered |= pcrs;
        out->source = source;
    }
}

static void demand_name(tpm_room *room, uint32_t pcr, tps_span name, bool is_there, tpm_references *out)
{
    for (size_t i = 0; i < room->name_count; i++) {
        if (room->names[i].pcr == pcr && tps_span_equal(room->names[i].name, name)) {
            room->names[i].is_there = room->names[i].is_there || is_there;
            return;
        }
    }
    if (room->name_count == TPM_NAMES_MAX) {
        out->has_too_many = true;
        return;
    }
    room->names[room->name_count++] = (tpm_name){.pcr = pcr, .name = name, .is_there = is_there};
}

static void take_event(tpm_room *room, const tps_corim_measurement *m, tpm_references *out)
{
    uint32_t pcr = (uint32_t)m->key.number;
    tps_corim_cursor cursor = TPS_CORIM_WALK(m->digests);
    tps_corim_digest digest;
    bool is_there = false;

    out->by_events |= 1u << pcr;
    while (tps_corim_next_digest(&cursor, &digest)) {
        if (bank_of(digest.alg) == room->replayed.bank && tpm_log_endorse(room, pcr, digest.value) > 0) {
            is_there = true;
        }
    }
    if (m->name.size != 0) {
        demand_name(room, pcr, m->name, is_there, out);
    }
}

/*
 * A digest over registers does not say which: values that the firmware has finished are its own, but any
 * program can lead registers that are still at zero (8 on), or that it may reset (16, 23), to the same ones.
 */
static bool is_of_firmware(const tps_tpm_quote *quote)
{
    for (size_t i = 0; i < quote->selection_count; i++) {
        if ((quote->selections[i].pcrs & ~(uint32_t)TPM_FIRMWARE_PCRS) != 0) {
            return false;
        }
    }
    return true;
}

static void take_composite(const evidence_tpm *e, const tps_corim_measurement *m, uint32_t source,
                           tpm_references *out)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(m->digests);
    tps_corim_digest digest;

    out->has_composite = true;
    out->is_composite_vague = !is_of_firmware(&e->quote);
    while (tps_corim_next_digest(&cursor, &digest)) {
        if (!out->is_composite_vague && bank_of(digest.alg) == e->signature.hash &&
            tps_span_equal(digest.value, e->quote.pcr_digest)) {
            out->is_composite_met = true;
            out->source = source;
        }
    }
}

static void take_measurement(const judgement *j, const tps_corim_measurement *m, uint32_t source,
                             tpm_references *out)
{
    const evidence_tpm *e = &j->evidence->claims.tpm;

    if (m->registers.count != 0) {
        take_registers(e, m, source, out);
    } else if (m->key.kind == TPS_CORIM_UINT && m->key.number < TPS_TPM_PCR_MAX && m->digests.count != 0) {
        take_event(j->verifier->tpm, m, out);
    } else if (m->key.kind == TPS_CORIM_ABSENT && m->digests.count != 0) {
        take_composite(e, m, source, out);
    }
}

/* ---- all of them ---- */

/* Whose reference values count, as in match_statements(): who speaks for the class, or endorsed the key;
 * NULL: a TPM that is known by its certificate alone is nobody's. */
static const uint8_t *maker_of(const judgement *j)
{
    const knowledge *k = &j->verifier->knowledge;
    const tps_corim_environment *environment = &j->verifier->tpm->environment;
    uint32_t device = j->signer->device;
    uint32_t source = KNOWLEDGE_NONE;

    if (j->class_index != KNOWLEDGE_NONE) {
        source = k->classes[j->class_index].maker_source;
    }
    if (source == KNOWLEDGE_NONE && device != KNOWLEDGE_NONE) {
        source = k->devices[device].maker_source;
    }
    if (source != KNOWLEDGE_NONE) {
        return k->sources[source].maker;
    }
    return j->signer->has_maker &&
                   (environment->class_id.kind != TPS_CORIM_ABSENT || environment->vendor.size != 0)
               ? j->signer->maker
               : NULL;
}

/* The next statement that is about the device. */
static bool next_statement(const judgement *j, knowledge_statement_walk *walk, knowledge_statement *found,
                           tps_corim_statement *out)
{
    const uint8_t *maker = maker_of(j);

    while (knowledge_next_statement(walk, found)) {
        tps_corim_cursor cursor = tps_corim_walk(NULL, 1, found->encoded);
        if (knowledge_source_is_of(walk->k, found->source, maker) && tps_corim_next_statement(&cursor, out) &&
            environment_matches(&j->verifier->tpm->environment, &out->environment)) {
            return true;
        }
    }
    return false;
}

static knowledge_statement_walk begin_walk(const judgement *j)
{
    return knowledge_statements_of(&j->verifier->knowledge, STATEMENT_REFERENCE,
                                   &j->verifier->tpm->environment, j->request->now);
}

void tpm_references_find(const judgement *j, tpm_references *out)
{
    knowledge_statement_walk walk = begin_walk(j);
    knowledge_statement found;
    tps_corim_statement statement;

    *out = (tpm_references){.source = KNOWLEDGE_NONE};
    j->verifier->tpm->name_count = 0;
    while (next_statement(j, &walk, &found, &statement)) {
        tps_corim_cursor cursor = TPS_CORIM_WALK(statement.measurements);
        tps_corim_measurement m;
        while (tps_corim_next_measurement(&cursor, &m)) {
            take_measurement(j, &m, found.source, out);
        }
    }
}

/* The value of a register in the bank that is quoted. */
static tps_span value_in(const evidence_tpm *e, const tps_corim_measurement *m, uint32_t pcr)
{
    tps_corim_cursor registers = TPS_CORIM_WALK(m->registers);
    tps_corim_register found;

    while (tps_corim_next_register(&registers, &found)) {
        tps_corim_cursor digests = TPS_CORIM_WALK(found.digests);
        tps_corim_digest digest;
        while (pcr_of(&found) == pcr && tps_corim_next_digest(&digests, &digest)) {
            if (tps_tpm_pcr_of(e->parts.pcrs, bank_of(digest.alg), pcr).size != 0) {
                return digest.value;
            }
        }
    }
    return TPS_SPAN_EMPTY;
}

tps_span tpm_reference_of(const judgement *j, uint32_t pcr)
{
    knowledge_statement_walk walk = begin_walk(j);
    knowledge_statement found;
    tps_corim_statement statement;

    while (next_statement(j, &walk, &found, &statement)) {
        tps_corim_cursor cursor = TPS_CORIM_WALK(statement.measurements);
        tps_corim_measurement m;
        while (tps_corim_next_measurement(&cursor, &m)) {
            tps_span value = value_in(&j->evidence->claims.tpm, &m, pcr);
            if (value.size != 0) {
                return value;
            }
        }
    }
    return TPS_SPAN_EMPTY;
}
