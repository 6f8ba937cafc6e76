/* SPDX-License-Identifier: Apache-2.0 */
/* tps tpm endorse: reference values from evidence of a device that is as it should be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/tpm.h"

/* What a manifest is made of. */
typedef struct {
    uint32_t bank;
    uint32_t wanted; /* PCRs */
    tps_tpm_log log;
    tps_corim_register registers[TPS_TPM_PCR_MAX];
    tps_corim_digest digests[TPS_TPM_PCR_MAX];
    size_t measurement_count;
    tps_corim_measurement measurements[1 + TPS_TPM_EVENTS_MAX];
    tps_corim_digest event_digests[TPS_TPM_EVENTS_MAX];
    char names[TPS_TPM_EVENTS_MAX][TPS_TPM_EVENT_TEXT_MAX + 48];
} making;

typedef struct {
    const char *vendor;
    const char *model;
    const char *only;
    const char *out;
    const char *file;
    bool with_events;
} options_of;

/* "0,2,4" */
static bool read_numbers(const char *text, uint32_t *pcrs)
{
    *pcrs = text == NULL ? UINT32_MAX : 0;
    while (text != NULL && *text != '\0') {
        char *end;
        unsigned long number = strtoul(text, &end, 10);
        if (end == text || number >= TPS_TPM_PCR_MAX || (*end != ',' && *end != '\0')) {
            cli_fail("give numbers below 24 with commas between", "--only cannot be read");
            return false;
        }
        *pcrs |= 1u << number;
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

/* The largest bank of the values. */
static uint32_t best_bank(tps_span pcrs)
{
    tps_tpm_pcr_walk walk = tps_tpm_pcrs(pcrs);
    tps_tpm_pcr found;
    uint32_t bank = 0;

    while (tps_tpm_next_pcr(&walk, &found)) {
        if (tps_tpm_hash_alg(found.alg) != TPS_ALG_NONE &&
            (bank == 0 || tps_tpm_digest_size(found.alg) > tps_tpm_digest_size(bank))) {
            bank = found.alg;
        }
    }
    return bank;
}

static void take_registers(making *m, tps_span pcrs)
{
    size_t count = 0;

    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
        tps_span value = tps_tpm_pcr_of(pcrs, m->bank, pcr);
        if (value.size == 0 || (m->wanted & 1u << pcr) == 0) {
            continue;
        }
        m->digests[count] = (tps_corim_digest){.alg = tps_tpm_hash_alg(m->bank), .value = value};
        m->registers[count] = (tps_corim_register){.id = {.type = TPS_CBOR_UINT, .value = pcr},
                                                   .digests = {.items = &m->digests[count], .count = 1}};
        count++;
    }
    if (count > 0) {
        m->measurements[m->measurement_count++] =
            (tps_corim_measurement){.registers = {.items = m->registers, .count = count}};
    }
}

static bool is_endorsed_already(const making *m, const tps_tpm_event *event, tps_span digest)
{
    for (size_t i = 0; i < m->measurement_count; i++) {
        const tps_corim_measurement *other = &m->measurements[i];
        if (other->key.kind == TPS_CORIM_UINT && other->key.number == event->pcr &&
            tps_span_equal(other->digests.items[0].value, digest)) {
            return true;
        }
    }
    return false;
}

static void take_event(making *m, const tps_tpm_event *event)
{
    size_t at = m->measurement_count;
    tps_span digest = tps_tpm_event_digest(&m->log, event, m->bank);
    char said[TPS_TPM_EVENT_TEXT_MAX];
    char *name = m->names[at - 1];

    if (event->type == TPS_TPM_EV_NO_ACTION || (m->wanted & 1u << event->pcr) == 0 ||
        is_endorsed_already(m, event, digest)) {
        return;
    }
    tps_tpm_event_describe(event, said);
    (void)snprintf(name, sizeof m->names[0], "%s%s%s", tps_tpm_event_name(event->type),
                   *said == '\0' ? "" : " ", said);
    m->event_digests[at - 1] = (tps_corim_digest){.alg = tps_tpm_hash_alg(m->bank), .value = digest};
    m->measurements[at] = (tps_corim_measurement){
        .key = {.kind = TPS_CORIM_UINT, .number = event->pcr},
        .digests = {.items = &m->event_digests[at - 1], .count = 1},
        .name = tps_span_of_text(name),
    };
    m->measurement_count++;
}

static tps_status take_events(making *m, tps_span encoded, tps_error *why)
{
    tps_tpm_registers replayed;
    tps_tpm_event_walk walk;
    tps_tpm_event event;

    TPS_TRY(tps_tpm_log_decode(encoded, &m->log, why));
    TPS_TRY(tps_tpm_log_replay(&m->log, m->bank, &replayed));
    walk = tps_tpm_events(&m->log);
    while (tps_tpm_next_event(&walk, &event)) {
        take_event(m, &event);
    }
    return TPS_OK;
}

static tps_status gather(making *m, const options_of *o, tps_span file, tps_error *why)
{
    tps_tpm_evidence evidence;
    tps_tpm_quote quote;
    tps_tpm_signature signature;

    TPS_TRY(tps_tpm_evidence_decode(file, TPS_BUF_MEASURE, &evidence, why));
    TPS_TRY(tps_tpm_quote_decode(evidence.attest, &quote, why));
    TPS_TRY(tps_tpm_signature_decode(evidence.signature, &signature, why));
    if (evidence.pcrs.size == 0) {
        return tps_fail(why, TPS_TPM_PCR_MISSING, 0, "the evidence has no register values");
    }
    TPS_TRY(tps_tpm_pcrs_check(&quote, evidence.pcrs, signature.hash, why));
    m->bank = best_bank(evidence.pcrs);
    take_registers(m, evidence.pcrs);
    if (m->bank == 0 || m->measurement_count == 0) {
        return tps_fail(why, TPS_TPM_PCR_MISSING, 0, "none of the registers is there, beside SHA-1's");
    }
    if (!o->with_events) {
        return TPS_OK;
    }
    return evidence.event_log.size == 0 ? tps_fail(why, TPS_TPM_BAD_EVIDENCE, 0, "it has no event log")
                                        : take_events(m, evidence.event_log, why);
}

static int make(making *m, const options_of *o, tps_span file)
{
    uint8_t class_id[TPS_SHA256_SIZE];
    tps_corim_statement statement;
    tps_corim_comid comid;
    tps_error why = {0};
    tps_status status;

    memset(&statement, 0, sizeof statement);
    memset(&comid, 0, sizeof comid);
    status = tpm_class(o->vendor, o->model, class_id, &statement.environment);
    status = status == TPS_OK ? gather(m, o, file, &why) : status;
    if (status != TPS_OK) {
        (void)cli_fail_status(o->file, status, &why);
        return CLI_REFUSED;
    }
    statement.measurements =
        (tps_corim_measurements){.items = m->measurements, .count = m->measurement_count};
    comid.reference_values = (tps_corim_statements){.items = &statement, .count = 1};
    return tpm_write_manifest(o->out, &comid);
}

static bool read_options(int argc, char **argv, options_of *o)
{
    const cli_option options[] = {
        {.name = "--vendor", .value = &o->vendor},     {.name = "--model", .value = &o->model},
        {.name = "--only", .value = &o->only},         {.name = "--out", .value = &o->out},
        {.name = "--events", .flag = &o->with_events},
    };
    static const char *const names[] = {"the file with the evidence", "--vendor", "--model", "--out"};
    size_t one = 1;

    return cli_parse(argc, argv, options, sizeof options / sizeof options[0], &o->file, &one) &&
           tpm_need("endorse", names, (const char *const[]){o->file, o->vendor, o->model, o->out}, 4);
}

int tpm_endorse(int argc, char **argv)
{
    options_of o = {.vendor = NULL};
    making *m;
    tps_buf file;
    uint32_t wanted;
    int code;

    if (!read_options(argc, argv, &o) || !read_numbers(o.only, &wanted) ||
        !cli_read_file(o.file, TPM_FILE_LIMIT, &file)) {
        return CLI_FAILED;
    }
    m = calloc(1, sizeof *m);
    if (m == NULL) {
        code = cli_fail("free memory", "no memory is left");
    } else {
        m->wanted = wanted;
        code = make(m, &o, cli_span(file));
    }
    free(m);
    free(file.data);
    return code;
}
