/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from TPMs: evidence, a quote by itself, and the firmware's event log. */
#include "tps/tpm.h"

#include <stdio.h>

#include "inspect/explain.h"

static const uint8_t quote_head[] = {0xff, 'T', 'C', 'G'};

/* A log begins with an event of PCR 0 that extends nothing, and its name behind 32 bytes. */
static bool is_log(tps_span file)
{
    return file.size > 48 && memcmp(file.data, "\0\0\0\0\3\0\0\0", 8) == 0 &&
           memcmp(file.data + 32, "Spec ID Event", 13) == 0;
}

static bool is_quote(tps_span file)
{
    return file.size > sizeof quote_head && memcmp(file.data, quote_head, sizeof quote_head) == 0;
}

bool tpm_is(tps_span file)
{
    return tps_tpm_evidence_form(file) != TPS_TPM_FORM_NONE || is_quote(file) || is_log(file);
}

/* ---- the quote ---- */

/* "sha256: 0, 4, 7" */
static void add_selection(inspect_node *list, const tps_tpm_selection *selection)
{
    char text[128];
    size_t at = (size_t)snprintf(text, sizeof text, "%s:", tps_tpm_alg_name(selection->alg));
    const char *separator = " ";

    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX && at < sizeof text; pcr++) {
        if ((selection->pcrs & 1u << pcr) != 0) {
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%u", separator, (unsigned)pcr);
            separator = ", ";
        }
    }
    inspect_text(list, NULL, inspect_copy(list->document, tps_span_of_text(text)));
}

static void explain_quote(inspect_node *into, tps_span attest)
{
    inspect_document *document = into->document;
    tps_tpm_quote quote;
    tps_error why = {0};
    inspect_node *list;

    if (tps_tpm_quote_decode(attest, &quote, &why) != TPS_OK) {
        inspect_fail(document, why.status, why.offset, why.detail);
        return;
    }
    inspect_bytes(into, "qualified_signer", quote.signer_name);
    inspect_bytes(into, "qualifying_data", quote.extra_data);
    inspect_uint(into, "clock_ms", quote.clock);
    inspect_uint(into, "reset_count", quote.reset_count);
    inspect_uint(into, "restart_count", quote.restart_count);
    inspect_bool(into, "clock_safe", quote.is_clock_safe);
    inspect_hex(into, "firmware_version", quote.firmware_version);
    list = inspect_list(into, "registers_quoted");
    for (size_t i = 0; i < quote.selection_count; i++) {
        add_selection(list, &quote.selections[i]);
        if (tps_tpm_hash_alg(quote.selections[i].alg) == TPS_ALG_NONE) {
            inspect_warn(document, "a bank of %s proves nothing", tps_tpm_alg_name(quote.selections[i].alg));
        }
    }
    inspect_bytes(into, "pcr_digest", quote.pcr_digest);
}

static void explain_signature(inspect_node *into, tps_span encoded)
{
    tps_tpm_signature signature;
    tps_error why = {0};

    if (tps_tpm_signature_decode(encoded, &signature, &why) != TPS_OK) {
        inspect_fail(into->document, why.status, why.offset, why.detail);
        return;
    }
    inspect_words(into, "scheme", tps_tpm_alg_name(signature.scheme));
    inspect_words(into, "hash", tps_tpm_alg_name(signature.hash));
    if (tps_tpm_hash_alg(signature.hash) == TPS_ALG_NONE) {
        inspect_warn(into->document, "a signature over %s proves nothing", tps_tpm_alg_name(signature.hash));
    }
}

static void explain_key(inspect_node *into, tps_span encoded)
{
    uint8_t name[TPS_TPM_NAME_MAX];
    uint8_t instance[TPS_TPM_INSTANCE_SIZE];
    tps_tpm_public ak;
    tps_error why = {0};
    size_t size;

    if (tps_tpm_public_decode(encoded, &ak, &why) != TPS_OK) {
        inspect_fail(into->document, why.status, why.offset, why.detail);
        return;
    }
    inspect_words(into, "type", tps_tpm_alg_name(ak.type));
    inspect_words(into, "scheme", tps_tpm_alg_name(ak.scheme));
    inspect_hex(into, "attributes", ak.attributes);
    if (tps_tpm_public_name(&ak, name, &size) == TPS_OK) {
        inspect_bytes(into, "name", inspect_copy(into->document, tps_span_make(name, size)));
    }
    if (tps_tpm_instance_of(&ak, instance) == TPS_OK) {
        inspect_bytes(into, "instance_id", inspect_copy(into->document, TPS_SPAN_OF(instance)));
    }
    if (tps_tpm_public_is_attestation(&ak, &why) != TPS_OK) {
        inspect_warn(into->document, "the key is for more than what its TPM made: %s",
                     why.detail == NULL ? "" : why.detail);
    }
}

/* ---- the log ---- */

static void add_event(inspect_node *list, const tps_tpm_log *log, const tps_tpm_event *event)
{
    char text[TPS_TPM_EVENT_TEXT_MAX];
    inspect_node *entry = inspect_object(list, NULL);
    uint32_t bank = log->banks[log->bank_count - 1];

    inspect_uint(entry, "number", event->number);
    inspect_uint(entry, "pcr", event->pcr);
    inspect_words(entry, "type", tps_tpm_event_name(event->type));
    inspect_bytes(entry, tps_tpm_alg_name(bank), tps_tpm_event_digest(log, event, bank));
    tps_tpm_event_describe(event, text);
    if (*text != '\0') {
        inspect_text(entry, "says", inspect_copy(entry->document, tps_span_of_text(text)));
    }
}

static void add_registers(inspect_node *into, const tps_tpm_log *log, uint32_t bank)
{
    tps_tpm_registers *registers = inspect_allocate(into->document, sizeof *registers);
    inspect_node *list;

    if (registers == NULL || tps_tpm_log_replay(log, bank, registers) != TPS_OK) {
        return;
    }
    list = inspect_object(into, "replays_to");
    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
        if ((registers->extended & 1u << pcr) != 0) {
            inspect_node *value =
                inspect_bytes(list, "pcr", tps_span_make(registers->values[pcr], registers->size));
            inspect_named(value,
                          inspect_format(into->document, "%s_%u", tps_tpm_alg_name(bank), (unsigned)pcr));
        }
    }
}

static void explain_log(inspect_node *into, tps_span encoded)
{
    tps_tpm_log log;
    tps_error why = {0};
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    inspect_node *list;

    if (tps_tpm_log_decode(encoded, &log, &why) != TPS_OK) {
        inspect_fail(into->document, why.status, why.offset, why.detail);
        return;
    }
    for (size_t i = 0; i < log.bank_count; i++) {
        add_registers(into, &log, log.banks[i]);
    }
    list = inspect_list(into, "events");
    walk = tps_tpm_events(&log);
    while (tps_tpm_next_event(&walk, &event)) {
        add_event(list, &log, &event);
    }
}

/* ---- evidence ---- */

static void add_values(inspect_node *into, tps_span pcrs)
{
    tps_tpm_pcr_walk walk = tps_tpm_pcrs(pcrs);
    inspect_node *list = inspect_object(into, "values");
    tps_tpm_pcr pcr;

    while (tps_tpm_next_pcr(&walk, &pcr)) {
        inspect_node *value = inspect_bytes(list, "pcr", pcr.digest);
        inspect_named(value,
                      inspect_format(into->document, "%s_%u", tps_tpm_alg_name(pcr.alg), (unsigned)pcr.pcr));
    }
}

static void explain_evidence(inspect_document *document, tps_span file)
{
    inspect_node *into = inspect_fields(document);
    tps_buf room = {inspect_allocate(document, 2 * file.size), 2 * file.size};
    tps_tpm_evidence e;
    tps_error why = {0};
    tps_status status = tps_tpm_evidence_decode(file, room, &e, &why);

    if (status != TPS_OK) {
        inspect_fail(document, status, why.offset, why.detail);
        return;
    }
    explain_quote(inspect_object(into, "quote"), e.attest);
    explain_signature(inspect_object(into, "signature"), e.signature);
    if (e.ak.size != 0) {
        explain_key(inspect_object(into, "attestation_key"), e.ak);
    }
    if (e.instance.size != 0) {
        inspect_bytes(into, "instance_id", e.instance);
    }
    if (e.nonce.size != 0) {
        inspect_bytes(into, "nonce", e.nonce);
    }
    if (e.aud.size != 0) {
        inspect_text(into, "aud", e.aud);
    }
    if (e.pcrs.size != 0) {
        add_values(into, e.pcrs);
    }
    if (e.event_log.size != 0) {
        explain_log(inspect_object(into, "event_log"), e.event_log);
    }
    inspect_unchecked(document,
                      "the signature, and whether values and log are those of the quote: tps verify does");
}

void tpm_explain(inspect_document *document, tps_span file)
{
    switch (tps_tpm_evidence_form(file)) {
    case TPS_TPM_FORM_MAP: inspect_is(document, "tpm-evidence", "Quote of a TPM 2.0 (evidence)"); break;
    case TPS_TPM_FORM_TOKEN:
        inspect_is(document, "enacttrust-token", "Quote of a TPM 2.0 (EnactTrust)");
        break;
    case TPS_TPM_FORM_KEYLIME: inspect_is(document, "keylime-quote", "Quote of a TPM 2.0 (keylime)"); break;
    default:
        if (is_quote(file)) {
            inspect_is(document, "tpm-quote", "Quote of a TPM 2.0 (TPMS_ATTEST)");
            explain_quote(inspect_fields(document), file);
        } else {
            inspect_is(document, "tpm-event-log", "Event log of a platform's firmware (TCG)");
            explain_log(inspect_fields(document), file);
        }
        return;
    }
    explain_evidence(document, file);
}
