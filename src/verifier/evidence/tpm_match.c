/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM quoted, against reference values. */
#include "verifier/evidence/tpm_match.h"

#include <stdio.h>

#include "verifier/evidence/tpm_references.h"
#include "verifier/finding.h"

/* One quote under way. */
typedef struct {
    judgement *j;
    const evidence_tpm *e;
    tpm_room *room;
    tps_appraisal *out;
    uint32_t bank;   /* the best that is quoted with its values; 0 for none */
    uint32_t quoted; /* PCRs of that bank */
    bool has_log;    /* it was read, and leads to what is quoted where that matters */
    tps_tpm_log log;
    tpm_references references;
} inquiry;

static tps_finding *report(inquiry *q, int8_t value, const char *name)
{
    return finding_add(q->out, TPS_EAR_EXECUTABLES, value, name);
}

/* ---- the class ---- */

static void name_class(const tps_corim_environment *environment, tps_appraisal *appraisal)
{
    snprintf(appraisal->device_class, sizeof appraisal->device_class, "%.*s%s%.*s",
             TEXT_OF(environment->vendor),
             environment->model.size == 0 ? "" : " ", /* there is no model without a vendor */
             TEXT_OF(environment->model));
    finding_clean(appraisal->device_class);
}

static void establish_class(inquiry *q)
{
    const tps_corim_environment *environment = &q->room->environment;
    tps_finding *finding;

    q->out->vector[TPS_EAR_INSTANCE_IDENTITY] = TPS_EAR_IDENTITY_TRUSTWORTHY;
    q->j->class_index = q->j->signer->device != KNOWLEDGE_NONE
                            ? q->j->verifier->knowledge.devices[q->j->signer->device].class_index
                            : knowledge_find_class(&q->j->verifier->knowledge, environment->class_id.bytes);
    name_class(environment, q->out);
    if (q->room->is_vouched) {
        q->out->vector[TPS_EAR_HARDWARE] = TPS_EAR_HARDWARE_GENUINE;
        return;
    }
    finding = finding_add(q->out, TPS_EAR_HARDWARE, TPS_EAR_HARDWARE_UNRECOGNIZED, "hardware.unknown-class");
    finding_text(finding->cause, "nobody says that the key which signed is a TPM's");
    finding_text(finding->next_step,
                 "endorse the key (CoRIM, tps tpm bind), or send its certificate with the maker's root");
}

/* ---- register values ---- */

/* The bank whose values count: of those that are quoted with values the largest. */
static void choose_bank(inquiry *q)
{
    for (size_t i = 0; i < q->e->quote.selection_count; i++) {
        const tps_tpm_selection *selection = &q->e->quote.selections[i];
        bool is_better = q->bank == 0 || tps_tpm_digest_size(selection->alg) > tps_tpm_digest_size(q->bank);
        if (tps_tpm_hash_alg(selection->alg) != TPS_ALG_NONE && selection->pcrs != 0 && is_better) {
            q->bank = selection->alg;
            q->quoted = selection->pcrs;
        }
    }
}

/* False when the values are not those that were signed: nothing of them may count. */
static bool check_values(inquiry *q)
{
    tps_error why = {0};
    tps_status status;
    tps_finding *finding;

    if (q->e->parts.pcrs.size == 0) {
        return true;
    }
    status = tps_tpm_pcrs_check(&q->e->quote, q->e->parts.pcrs, q->e->signature.hash, &why);
    if (status != TPS_OK) {
        finding = report(q, TPS_EAR_CRYPTO_FAILED, "executables.register-values");
        finding_of_status(finding, status, &why);
        return false;
    }
    choose_bank(q);
    return true;
}

static bool is_value(const inquiry *q, uint32_t pcr)
{
    tps_span replayed = tps_span_make(q->room->replayed.values[pcr], q->room->replayed.size);

    return tps_span_equal(tps_tpm_pcr_of(q->e->parts.pcrs, q->bank, pcr), replayed);
}

/* ---- the log ---- */

static void take_log(inquiry *q)
{
    tps_error why = {0};
    tps_finding *finding;
    tps_status status;

    q->room->event_count = 0;
    q->room->replayed.bank = 0;
    if (q->e->parts.event_log.size == 0 || q->bank == 0) {
        return;
    }
    status = tpm_log_take(q->e->parts.event_log, q->bank, &q->log, q->room, &why);
    if (status != TPS_OK) {
        finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.event-log");
        finding_of_status(finding, status, &why);
        return;
    }
    q->has_log = true;
}

/* The log must tell the truth of the registers that are the firmware's, and of those that it decides on. What
 * others extend later, such as an operating system, is not in it. */
static void check_replay(inquiry *q)
{
    uint32_t judged = TPM_FIRMWARE_PCRS | (q->references.by_events & ~q->references.mentioned);
    tps_finding *finding;
    char text[40];

    for (uint32_t pcr = 0; q->has_log && pcr < TPS_TPM_PCR_MAX; pcr++) {
        if ((judged & q->quoted & 1u << pcr) == 0 || is_value(q, pcr)) {
            continue;
        }
        finding = report(q, TPS_EAR_EXEC_CONTRAINDICATED, "executables.event-log-differs");
        finding_of_status(finding, TPS_TPM_LOG_DIFFERS, NULL);
        finding_hex(tps_tpm_pcr_of(q->e->parts.pcrs, q->bank, pcr), 16, text);
        finding_text(finding->evidence, "PCR %u is %s", (unsigned)pcr, text);
        finding_hex(tps_span_make(q->room->replayed.values[pcr], q->room->replayed.size), 16, text);
        finding_text(finding->known, "the log leads to %s", text);
        q->has_log = false; /* what it says of events is worth nothing */
    }
}

/* The event in the log, for its text. */
static bool find_event(const inquiry *q, uint32_t number, tps_tpm_event *out)
{
    tps_tpm_event_walk walk = tps_tpm_events(&q->log);

    while (tps_tpm_next_event(&walk, out)) {
        if (out->number == number) {
            return true;
        }
    }
    return false;
}

/* 'event 23 (EV_EFI_ACTION, "Calling EFI Application")' */
static void name_event(const inquiry *q, const tpm_event *entry, char *text, size_t size)
{
    char said[TPS_TPM_EVENT_TEXT_MAX];
    tps_tpm_event event;

    if (!find_event(q, entry->number, &event)) {
        *text = '\0';
        return;
    }
    tps_tpm_event_describe(&event, said);
    if (*said == '\0') {
        (void)snprintf(text, size, "event %u (%s)", (unsigned)entry->number, tps_tpm_event_name(event.type));
    } else {
        (void)snprintf(text, size, "event %u (%s, \"%.48s\")", (unsigned)entry->number,
                       tps_tpm_event_name(event.type), said);
    }
}

/* ---- findings of single registers ---- */

static size_t count_unendorsed(const inquiry *q, uint32_t pcr)
{
    size_t count = 0;

    for (size_t i = 0; i < q->room->event_count; i++) {
        count += q->room->events[i].pcr == pcr && !q->room->events[i].is_endorsed;
    }
    return count;
}

/* Says which events of a register are not endorsed. False when there is none, or nothing tells. */
static bool describe_events(const inquiry *q, uint32_t pcr, tps_finding *finding)
{
    size_t count = q->has_log && (q->references.by_events & 1u << pcr) != 0 ? count_unendorsed(q, pcr) : 0;
    const tpm_event *first;
    char name[TPS_FINDING_TEXT_MAX];
    char hex[40];

    if (count == 0) {
        return false;
    }
    first = tpm_log_first_unendorsed(q->room, pcr);
    name_event(q, first, name, sizeof name);
    finding_text(finding->cause, "PCR %u: %s is not endorsed%s", (unsigned)pcr, name,
                 count > 1 ? ", nor are others" : "");
    finding_hex(tps_span_make(first->digest, q->room->replayed.size), 16, hex);
    finding_text(finding->evidence, "event %u has %s %s; %zu of the register's events are not endorsed",
                 (unsigned)first->number, tps_tpm_alg_name(q->bank), hex, count);
    return true;
}

static void report_changed(inquiry *q, uint32_t pcr)
{
    tps_finding *finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.register-changed");
    char text[40];

    if (!describe_events(q, pcr, finding)) {
        finding_text(finding->cause, "PCR %u has a value that is not endorsed", (unsigned)pcr);
        finding_hex(tps_tpm_pcr_of(q->e->parts.pcrs, q->bank, pcr), 16, text);
        finding_text(finding->evidence, "PCR %u is %s %s", (unsigned)pcr, tps_tpm_alg_name(q->bank), text);
    }
    finding_hex(tpm_reference_of(q->j, pcr), 16, text);
    finding_text(finding->known, "PCR %u is endorsed as %s", (unsigned)pcr, text);
    finding_text(finding->next_step, q->has_log ? "undo the change, or endorse what the device runs now"
                                                : "send the event log, too: it tells what changed");
}

static void report_missing(inquiry *q, uint32_t pcr)
{
    tps_finding *finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.register-not-quoted");

    finding_of_status(finding, TPS_TPM_PCR_MISSING, NULL);
    finding_text(finding->evidence, "PCR %u is not quoted with its value", (unsigned)pcr);
}

/* A register of which single events are endorsed, and nothing else. */
static void judge_by_events(inquiry *q, uint32_t pcr)
{
    tps_finding *finding;

    if (!q->has_log) {
        finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.no-event-log");
        finding_text(finding->cause, "PCR %u is judged by its events, and no event log tells them",
                     (unsigned)pcr);
        finding_text(finding->next_step, "send the event log with the quote");
        return;
    }
    if (count_unendorsed(q, pcr) != 0) {
        finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.event-unknown");
        (void)describe_events(q, pcr, finding);
        finding_text(finding->next_step, "undo the change, or endorse what the device runs now");
    }
    for (size_t i = 0; i < q->room->name_count; i++) {
        const tpm_name *name = &q->room->names[i];
        if (name->pcr != pcr || name->is_there) {
            continue;
        }
        finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.event-missing");
        finding_text(finding->cause, "PCR %u: no event is the endorsed \"%.*s\"", (unsigned)pcr,
                     TEXT_OF(name->name));
        finding_text(finding->next_step, "start the device as its maker intended");
    }
}

/* ---- revoked images ---- */

static void judge_known_bad(inquiry *q)
{
    char name[TPS_FINDING_TEXT_MAX];
    tps_finding *finding;

    for (size_t i = 0; q->has_log && q->j->verifier->revoked != NULL && i < q->room->event_count; i++) {
        const tpm_event *event = &q->room->events[i];
        const tps_revocation *revoked = revocation_find(q->j->verifier->revoked, TPS_REVOKED_IMAGE,
                                                        tps_span_make(event->digest, q->room->replayed.size));
        if (revoked == NULL || revoked->since > q->j->request->now) {
            continue;
        }
        finding = report(q, TPS_EAR_EXEC_CONTRAINDICATED, "executables.known-bad");
        name_event(q, event, name, sizeof name);
        finding_text(finding->cause, "PCR %u: %s is known to be bad%s%s", (unsigned)event->pcr, name,
                     revoked->reason[0] == '\0' ? "" : ": ", revoked->reason);
        finding_text(finding->next_step, "remove it, and start the device again");
    }
}

/* ---- the whole ---- */

static void report_nothing_known(inquiry *q)
{
    tps_finding *finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.no-reference-values");

    finding_text(finding->cause, "no reference value speaks of this device's registers");
    finding_text(finding->next_step, "load the maker's endorsements (CoRIM), or make them: tps tpm endorse");
}

static void judge_composite(inquiry *q)
{
    tps_finding *finding;
    char text[40];

    if (!q->references.has_composite || q->references.is_composite_met) {
        return;
    }
    finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.registers-changed");
    if (q->references.is_composite_vague) {
        finding_text(finding->cause, "a digest over registers that are not the firmware's proves nothing: it "
                                     "does not say which registers they are");
        finding_text(finding->next_step,
                     "quote registers among 0 to 7, or endorse values of single registers");
        return;
    }
    finding_text(finding->cause, "the digest over the quoted registers is not endorsed");
    finding_hex(q->e->quote.pcr_digest, 16, text);
    finding_text(finding->evidence, "%s %s", tps_tpm_alg_name(q->e->signature.hash), text);
    finding_text(finding->next_step, "undo the change, or endorse what the device runs now");
}

static void judge_registers(inquiry *q)
{
    const tpm_references *r = &q->references;

    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
        uint32_t bit = 1u << pcr;
        if (((r->mentioned | r->by_events) & bit) == 0) {
            continue;
        }
        if ((q->quoted & bit) == 0) {
            report_missing(q, pcr);
        } else if ((r->mentioned & bit) == 0) {
            judge_by_events(q, pcr);
        } else if ((r->covered & bit) == 0) {
            report_changed(q, pcr);
        }
    }
    judge_composite(q);
    if (r->has_too_many) {
        tps_finding *finding = report(q, TPS_EAR_EXEC_UNRECOGNIZED, "executables.too-many-names");
        finding_text(finding->cause, "the reference values name more than %u events", TPM_NAMES_MAX);
        finding_text(finding->next_step, "endorse values of registers in their place");
    }
}

/* The quoted registers in the general form: what conditions of endorsements can ask for. */
static void put_accepted(inquiry *q, bool is_proven)
{
    accepted_claim *claim = accepted_add(q->j->accepted, is_proven ? ACCEPTED_PROVEN : ACCEPTED_EVIDENCE);
    size_t count = 0;

    if (claim == NULL) {
        return;
    }
    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX && q->bank != 0; pcr++) {
        if ((q->quoted & 1u << pcr) != 0) {
            q->room->digests[count] = (tps_corim_digest){
                .alg = tps_tpm_hash_alg(q->bank), .value = tps_tpm_pcr_of(q->e->parts.pcrs, q->bank, pcr)};
            q->room->registers[count] =
                (tps_corim_register){.id = {.type = TPS_CBOR_UINT, .value = pcr},
                                     .digests = {.items = &q->room->digests[count], .count = 1}};
            count++;
        }
    }
    q->room->composite =
        (tps_corim_digest){.alg = tps_tpm_hash_alg(q->e->signature.hash), .value = q->e->quote.pcr_digest};
    claim->environment = q->room->environment;
    claim->source = q->references.source;
    claim->measurement.digests = (tps_corim_digests){.items = &q->room->composite, .count = 1};
    claim->measurement.registers = (tps_corim_registers){.items = q->room->registers, .count = count};
}

bool tpm_facts(judgement *j)
{
    inquiry q = {.j = j, .e = &j->evidence->claims.tpm, .room = j->verifier->tpm, .out = j->appraisal};
    size_t before;

    establish_class(&q);
    before = q.out->finding_count;
    if (!check_values(&q)) {
        return true;
    }
    take_log(&q);
    tpm_references_find(j, &q.references);
    check_replay(&q);
    judge_registers(&q);
    judge_known_bad(&q);
    if ((q.references.mentioned | q.references.by_events) == 0 && !q.references.has_composite) {
        report_nothing_known(&q);
    }
    put_accepted(&q, q.out->finding_count == before);
    if (q.out->finding_count == before) {
        q.out->vector[TPS_EAR_EXECUTABLES] = TPS_EAR_EXEC_APPROVED;
    }
    return true;
}
