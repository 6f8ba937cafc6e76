/* SPDX-License-Identifier: Apache-2.0 */
/* What tps verify prints, for people and for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/verify.h"
#include "format/json/writer.h"
#include "format/text/hex.h"

/* ---- for people ---- */

void verify_print_row(const char *name, const char *text)
{
    if (*text != '\0') {
        printf("  %-10s %s\n", name, text);
    }
}

static void print_finding(const tps_finding *finding, const char *verdict, const char *colour,
                          const char *plain)
{
    const char *claim = tps_ear_claim_name(finding->claim);

    if (strncmp(finding->name, "freshness.", 10) == 0) {
        claim = "freshness";
    } else if (strncmp(finding->name, "evidence.", 9) == 0) {
        claim = "evidence";
    }
    printf("%s%s%s: %s: %s\n", colour, verdict, plain, claim, finding->cause);
    verify_print_row("evidence", finding->evidence);
    verify_print_row("known", finding->known);
    verify_print_row("next step", finding->next_step);
}

static void print_vector(const tps_appraisal *appraisal)
{
    const char *separator = "";

    printf("  %-10s ", "claims");
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        if (appraisal->vector[i] != TPS_EAR_NO_CLAIM) {
            printf("%s%s %d", separator, tps_ear_claim_name(i), appraisal->vector[i]);
            separator = ", ";
        }
    }
    printf("%s\n", *separator == '\0' ? "none" : "");
}

/* Which of several parts a row is about. */
static void print_part_name(const tps_appraisal *part, size_t index)
{
    printf("part %zu: %s\n", index + 1, part->name[0] != '\0' ? part->name : "the lead");
}

static void print_part(const tps_appraisal *part, const char *colour, const char *plain)
{
    char instance[2 * sizeof part->instance_id + 1] = "";

    for (size_t i = 0; i < part->finding_count; i++) {
        print_finding(&part->findings[i], "refused", colour, plain);
    }
    (void)hex_write(tps_span_make(part->instance_id, part->instance_id_size), instance);
    verify_print_row("device", part->device_class);
    verify_print_row("purpose", part->purpose);
    verify_print_row("instance", instance);
    printf("  %-10s %s (%s)\n", "status", tps_ear_tier_name(part->tier), tps_scheme_name(part->scheme));
    print_vector(part);
    if (strncmp(part->policy_id, "policy:", 7) != 0) { /* another than the default one */
        verify_print_row("policy", part->policy_id);
    }
    if (part->is_mac) {
        verify_print_row(
            "note",
            "a shared key authenticates the evidence, so you could have made it: no receipt for others");
    }
    if (part->is_demonstration) {
        verify_print_row(
            "note", "trust rests on the DEMONSTRATION CA, whose private key is public: this proves nothing");
    }
}

void verify_print(const tps_appraisal *parts, size_t count, uint8_t tier)
{
    bool is_colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    bool is_good = tier == TPS_EAR_TIER_AFFIRMING;
    const char *colour = !is_colour ? "" : is_good ? "\033[32m" : "\033[31m";
    const char *plain = is_colour ? "\033[0m" : "";

    if (is_good) {
        printf("%saccepted%s: the device is genuine, and its software is among the maker's reference values"
               "%s\n",
               colour, plain, count > 1 ? ", in each of its parts" : "");
    }
    for (size_t i = 0; i < count; i++) {
        if (count > 1) {
            print_part_name(&parts[i], i);
        }
        print_part(&parts[i], colour, plain);
    }
    if (count > 1) {
        printf("whole\n");
        verify_print_row("status", tps_ear_tier_name(tier));
    }
}

/* ---- for programs ---- */

/* `part` names the part that it is about; NULL where there is one. */
static void put_finding(json_writer *w, const tps_finding *f, const char *part)
{
    json_begin_object(w);
    json_member_text(w, "name", f->name);
    json_member_text(w, "claim", tps_ear_claim_name(f->claim));
    json_member_int(w, "value", f->value);
    json_key(w, "error");
    if (f->status == TPS_OK) {
        json_put_null(w);
    } else {
        json_text(w, tps_status_name(f->status));
    }
    json_member_text(w, "cause", f->cause);
    json_member_text(w, "evidence", f->evidence);
    json_member_text(w, "known", f->known);
    json_member_text(w, "next-step", f->next_step);
    if (part != NULL) {
        json_member_text(w, "part", part);
    }
    json_end_object(w);
}

static void put_findings_of(json_writer *w, const tps_appraisal *parts, size_t count)
{
    json_key(w, "findings");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < parts[i].finding_count; f++) {
            put_finding(w, &parts[i].findings[f], count > 1 ? parts[i].name : NULL);
        }
    }
    json_end_array(w);
}

static void put_vector(json_writer *w, const tps_appraisal *a)
{
    json_key(w, "trustworthiness-vector");
    json_begin_object(w);
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        json_member_int(w, tps_ear_claim_name(i), a->vector[i]);
    }
    json_end_object(w);
}

/* The members of one appraisal; `tier` is that of the whole where the object stands for it. */
static void put_members(json_writer *w, const tps_appraisal *a, uint8_t tier)
{
    json_member_text(w, "status", tps_ear_tier_name(tier));
    json_member_text(w, "scheme", tps_scheme_name(a->scheme));
    put_vector(w, a);
    json_member_bool(w, "fresh", a->is_fresh);
    json_member_bool(w, "demonstration", a->is_demonstration);
    json_member_bool(w, "mac", a->is_mac);
    json_member_text(w, "device-class", a->device_class);
    json_member_text(w, "purpose", a->purpose);
    json_member_hex(w, "instance-id", tps_span_make(a->instance_id, a->instance_id_size));
    json_member_hex(w, "evidence-sha-256", TPS_SPAN_OF(a->evidence_sha256));
    json_member_hex(w, "signer-sha-256", TPS_SPAN_OF(a->signer_sha256));
    json_member_text(w, "policy-id", a->policy_id);
}

static void put_parts(json_writer *w, const tps_appraisal *parts, size_t count)
{
    json_key(w, "parts");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(w);
        json_member_text(w, "name", parts[i].name);
        put_members(w, &parts[i], parts[i].tier);
        put_findings_of(w, &parts[i], 1);
        json_end_object(w);
    }
    json_end_array(w);
}

int verify_print_json(const tps_appraisal *parts, size_t count, uint8_t tier)
{
    static uint8_t room[(TPS_PARTS_MAX + 1) * 32768];
    json_writer w = json_writer_init(TPS_BUF_OF(room));
    size_t size = 0;

    json_begin_object(&w);
    put_members(&w, &parts[0], tier);
    put_findings_of(&w, parts, count);
    if (count > 1) {
        put_parts(&w, parts, count);
    }
    json_end_object(&w);
    if (json_writer_finish(&w, &size) != TPS_OK) {
        return cli_fail("report this", "the result does not fit");
    }
    printf("%.*s\n", (int)size, (const char *)room);
    return CLI_GOOD;
}
