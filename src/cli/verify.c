/* SPDX-License-Identifier: Apache-2.0 */
/* tps verify: appraises one piece of evidence with what is given on the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "format/json/writer.h"
#include "tps/base64.h"
#include "tps/crypto.h"
#include "tps/secret.h"
#include "tps/verifier.h"

enum { FILES_MAX = 64, EVIDENCE_LIMIT = 1 << 20, KEY_LIMIT = 65536, ANCHOR_LIMIT = 1 << 20 };
#define ENDORSEMENTS_LIMIT ((size_t)16 << 20)

/* What the command line says. */
typedef struct {
    const char *file;
    const char *key;
    const char *mac_key;
    const char *nonce_text;
    const char *aud;
    const char *endorsements[FILES_MAX];
    size_t endorsement_count;
    const char *anchors[FILES_MAX];
    size_t anchor_count;
    bool is_json;
    bool is_demo;
    uint8_t nonce[64];
    size_t nonce_size;
} arguments;

/* ---- the nonce ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hex(const char *text, uint8_t *out, size_t room, size_t *size)
{
    size_t length = strlen(text);

    if (length % 2 != 0 || length / 2 > room) {
        return false;
    }
    for (size_t i = 0; i < length / 2; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    *size = length / 2;
    return true;
}

static bool read_nonce(arguments *a)
{
    bool is_good;

    if (a->nonce_text == NULL) {
        return true;
    }
    if (strncmp(a->nonce_text, "hex:", 4) == 0) {
        is_good = read_hex(a->nonce_text + 4, a->nonce, sizeof a->nonce, &a->nonce_size);
    } else {
        is_good =
            tps_base64_read(tps_span_of_text(a->nonce_text), TPS_BUF_OF(a->nonce), &a->nonce_size) == TPS_OK;
    }
    if (!is_good || a->nonce_size < 8) {
        cli_fail("give 8 to 64 bytes in base64url, or in hex behind \"hex:\"", "--nonce cannot be read");
        return false;
    }
    return true;
}

/* ---- what the verifier is given ---- */

/* Hands a whole file to the verifier; prints what went wrong. */
static int give(tps_verifier *v, const char *path, size_t limit,
                tps_status (*add)(tps_verifier *, tps_span, tps_error *))
{
    tps_buf data;
    tps_error why = {0};
    tps_status status;

    if (!cli_read_file(path, limit, &data)) {
        return CLI_FAILED;
    }
    status = add(v, cli_span(data), &why);
    tps_wipe(data.data, data.size); /* a key's file may hold its private part, too */
    free(data.data);
    if (status != TPS_OK) {
        (void)cli_fail_status(path, status, &why);
        return CLI_REFUSED; /* it could be read, and is not what it should be */
    }
    return CLI_GOOD;
}

static tps_status add_key(tps_verifier *v, tps_span key, tps_error *why)
{
    /* cli_read_file() puts a zero behind what it read */
    if (key.size > 0 && strstr((const char *)key.data, "-----BEGIN CERTIFICATE") != NULL) {
        *why = (tps_error){TPS_CRYPTO_BAD_KEY, 0, "it is a certificate: --anchor takes a maker's root"};
        return TPS_CRYPTO_BAD_KEY;
    }
    return tps_verifier_add_key(v, key);
}

static tps_status add_mac_key(tps_verifier *v, tps_span key, tps_error *why)
{
    (void)why;
    return tps_verifier_add_mac_key(v, key, TPS_SPAN_EMPTY);
}

/* A JWK or a COSE_Key says itself whether it is public or shared. Bare bytes do not: taken for a secret, a
 * public key in a form that is not known here would let everybody make evidence. */
static bool is_described(tps_span key)
{
    tps_cose_key parsed;

    while (key.size > 0 && strchr(" \t\r\n", *key.data) != NULL && *key.data != 0) {
        key = tps_span_make(key.data + 1, key.size - 1);
    }
    return (key.size > 0 && *key.data == '{') || tps_cose_key_parse(key, &parsed, NULL) == TPS_OK;
}

static tps_status add_any_key(tps_verifier *v, tps_span key, tps_error *why)
{
    tps_status status = add_key(v, key, why);

    if (status != TPS_OK && is_described(key)) {
        tps_status as_shared = add_mac_key(v, key, why);
        status = as_shared == TPS_OK || as_shared == TPS_COSE_KEY_USE ? as_shared : status;
    } else if (status == TPS_CRYPTO_BAD_KEY && why->detail == NULL) {
        *why = (tps_error){status, 0, "a shared secret's bytes go to --mac-key"};
    }
    return status;
}

static tps_status add_anchor(tps_verifier *v, tps_span certificates, tps_error *why)
{
    (void)why;
    return tps_verifier_add_anchor(v, certificates);
}

static tps_status add_corim(tps_verifier *v, tps_span corim, tps_error *why)
{
    return tps_verifier_add_corim(v, corim, (int64_t)time(NULL), why);
}

static int fill_verifier(tps_verifier *v, const arguments *a)
{
    int code = CLI_GOOD;

    if (a->key != NULL) {
        code = give(v, a->key, KEY_LIMIT, add_any_key);
    }
    if (a->mac_key != NULL && code == CLI_GOOD) {
        code = give(v, a->mac_key, KEY_LIMIT, add_mac_key);
    }
    for (size_t i = 0; i < a->anchor_count && code == CLI_GOOD; i++) {
        code = give(v, a->anchors[i], ANCHOR_LIMIT, add_anchor);
    }
    for (size_t i = 0; i < a->endorsement_count && code == CLI_GOOD; i++) {
        code = give(v, a->endorsements[i], ENDORSEMENTS_LIMIT, add_corim);
    }
    return code;
}

/* ---- what is printed ---- */

static void put_hex(tps_span bytes, char *text)
{
    for (size_t i = 0; i < bytes.size; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    }
}

static void print_row(const char *name, const char *text)
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
    print_row("evidence", finding->evidence);
    print_row("known", finding->known);
    print_row("next step", finding->next_step);
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

/* Where to go on. */
static void print_see_also(const tps_verifier *v, const tps_appraisal *appraisal, const arguments *a,
                           tps_span evidence)
{
    tps_cose_message message;
    tps_verifier_counts counts;

    if (appraisal->scheme != TPS_SCHEME_UNKNOWN) {
        return;
    }
    tps_verifier_count(v, &counts);
    if (counts.mac_keys == 0 && tps_cose_sign1_parse(evidence, &message, NULL) == TPS_OK &&
        message.tag == TPS_TAG_COSE_MAC0) {
        print_row("see also", "--mac-key FILE gives the key that is shared with the device");
    }
    printf("  %-10s tps inspect %s says what the file is\n", "see also", a->file);
}

static void print_for_people(const tps_appraisal *appraisal)
{
    bool is_colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    bool is_good = appraisal->tier == TPS_EAR_TIER_AFFIRMING;
    const char *colour = !is_colour ? "" : is_good ? "\033[32m" : "\033[31m";
    const char *plain = is_colour ? "\033[0m" : "";
    char instance[2 * sizeof appraisal->instance_id + 1] = "";

    if (is_good) {
        printf(
            "%saccepted%s: the device is genuine, and its software is among the maker's reference values\n",
            colour, plain);
    }
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        print_finding(&appraisal->findings[i], "refused", colour, plain);
    }
    put_hex(tps_span_make(appraisal->instance_id, appraisal->instance_id_size), instance);
    print_row("device", appraisal->device_class);
    print_row("instance", instance);
    printf("  %-10s %s (%s)\n", "status", tps_ear_tier_name(appraisal->tier),
           tps_scheme_name(appraisal->scheme));
    print_vector(appraisal);
    if (appraisal->is_mac) {
        print_row(
            "note",
            "a shared key authenticates the evidence, so you could have made it: no receipt for others");
    }
    if (appraisal->is_demonstration) {
        print_row("note",
                  "trust rests on the DEMONSTRATION CA, whose private key is public: this proves nothing");
    }
}

static void put_findings(json_writer *w, const tps_appraisal *appraisal)
{
    json_key(w, "findings");
    json_begin_array(w);
    for (size_t i = 0; i < appraisal->finding_count; i++) {
        const tps_finding *f = &appraisal->findings[i];
        json_begin_object(w);
        json_key(w, "name");
        json_text(w, f->name);
        json_key(w, "claim");
        json_text(w, tps_ear_claim_name(f->claim));
        json_key(w, "value");
        json_int(w, f->value);
        json_key(w, "error");
        if (f->status == TPS_OK) {
            json_put_null(w);
        } else {
            json_text(w, tps_status_name(f->status));
        }
        json_key(w, "cause");
        json_text(w, f->cause);
        json_key(w, "evidence");
        json_text(w, f->evidence);
        json_key(w, "known");
        json_text(w, f->known);
        json_key(w, "next-step");
        json_text(w, f->next_step);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_appraisal(json_writer *w, const tps_appraisal *a)
{
    json_begin_object(w);
    json_key(w, "status");
    json_text(w, tps_ear_tier_name(a->tier));
    json_key(w, "scheme");
    json_text(w, tps_scheme_name(a->scheme));
    json_key(w, "trustworthiness-vector");
    json_begin_object(w);
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        json_key(w, tps_ear_claim_name(i));
        json_int(w, a->vector[i]);
    }
    json_end_object(w);
    json_key(w, "fresh");
    json_bool(w, a->is_fresh);
    json_key(w, "demonstration");
    json_bool(w, a->is_demonstration);
    json_key(w, "mac");
    json_bool(w, a->is_mac);
    json_key(w, "device-class");
    json_text(w, a->device_class);
    json_key(w, "instance-id");
    json_hex(w, tps_span_make(a->instance_id, a->instance_id_size));
    json_key(w, "evidence-sha-256");
    json_hex(w, TPS_SPAN_OF(a->evidence_sha256));
    json_key(w, "signer-sha-256");
    json_hex(w, TPS_SPAN_OF(a->signer_sha256));
    put_findings(w, a);
    json_end_object(w);
}

static int print_json(const tps_appraisal *appraisal)
{
    static uint8_t room[65536];
    json_writer w = json_writer_init(TPS_BUF_OF(room));
    size_t size = 0;

    put_appraisal(&w, appraisal);
    if (json_writer_finish(&w, &size) != TPS_OK) {
        return cli_fail("report this", "the result does not fit");
    }
    printf("%.*s\n", (int)size, (const char *)room);
    return CLI_GOOD;
}

/* ---- the subcommand ---- */

static int appraise(tps_verifier *v, const arguments *a, tps_span evidence)
{
    static tps_appraisal appraisal;
    tps_appraisal_request request = {.nonce = tps_span_make(a->nonce, a->nonce_size),
                                     .aud = tps_span_of_text(a->aud),
                                     .now = (int64_t)time(NULL)};
    tps_buf room = {malloc(evidence.size + 1), evidence.size}; /* for what a wrapper of JSON encodes */
    int code = CLI_GOOD;

    if (room.data == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    tps_verifier_appraise_wrapped(v, evidence, room, &request, &appraisal);
    free(room.data);
    if (a->is_json) {
        code = print_json(&appraisal);
    } else {
        print_for_people(&appraisal);
        print_see_also(v, &appraisal, a, evidence);
    }
    if (code != CLI_GOOD || fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    return appraisal.tier == TPS_EAR_TIER_AFFIRMING ? CLI_GOOD : CLI_REFUSED;
}

static bool read_arguments(int argc, char **argv, arguments *a)
{
    const cli_option options[] = {
        {.name = "--key", .value = &a->key},
        {.name = "--mac-key", .value = &a->mac_key},
        {.name = "--endorsements",
         .values = a->endorsements,
         .capacity = FILES_MAX,
         .count = &a->endorsement_count},
        {.name = "--anchor", .values = a->anchors, .capacity = FILES_MAX, .count = &a->anchor_count},
        {.name = "--nonce", .value = &a->nonce_text},
        {.name = "--aud", .value = &a->aud},
        {.name = "--json", .flag = &a->is_json},
        {.name = "--demo", .flag = &a->is_demo},
    };
    const char *operands[1];
    size_t operand_count = 1;

    if (!cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &operand_count)) {
        return false;
    }
    if (operand_count != 1) {
        cli_fail("see tps help verify", "verify: the file with the evidence is missing");
        return false;
    }
    a->file = operands[0];
    return read_nonce(a);
}

static int verify(const arguments *a, tps_span evidence)
{
    tps_verifier_options options = {.allow_unsigned_endorsements = true,
                                    .allow_demonstration = a->is_demo,
                                    .require_key = a->key != NULL || a->mac_key != NULL};
    tps_verifier *v;
    int code;

    if (tps_verifier_new(&options, &v) != TPS_OK) {
        return cli_fail("free memory", "no memory is left");
    }
    code = fill_verifier(v, a);
    if (code == CLI_GOOD) {
        code = appraise(v, a, evidence);
    }
    tps_verifier_free(v);
    return code;
}

static int run(int argc, char **argv)
{
    arguments a = {0};
    tps_buf evidence;
    int code;

    if (!read_arguments(argc, argv, &a) || !cli_read_file(a.file, EVIDENCE_LIMIT, &evidence)) {
        return CLI_FAILED;
    }
    code = verify(&a, cli_span(evidence));
    free(evidence.data);
    return code;
}

const cli_subcommand cli_verify = {
    .name = "verify",
    .summary = "appraise evidence with keys, endorsements and a nonce",
    .usage =
        "tps verify FILE [--key KEY] [--mac-key SECRET] [--endorsements CORIM]... [--anchor CERT]...\n"
        "           [--nonce NONCE] [--aud NAME] [--json] [--demo]\n"
        "\n"
        "FILE holds evidence: a PSA token (RFC 9783) or an EAT of the opentps device profile; by itself, or as\n"
        "the one message of a wrapper (CMW, RFC 9999).\n"
        "\n"
        "  --key KEY             the key that must have signed: .pem, .jwk, or .bin (COSE_Key, DER, point,\n"
        "                        the 32 bytes of an Ed25519 key). A JWK or COSE_Key may be a shared one, too\n"
        "  --mac-key SECRET      the key shared with the device, of evidence in a COSE_Mac0: COSE_Key, .jwk\n"
        "                        (kty oct), or its bytes, at least 32\n"
        "  --endorsements CORIM  reference values and device keys; naming the file permits it to be unsigned\n"
        "  --anchor CERT         a maker's root: signs endorsements and device certificates (PEM or DER)\n"
        "  --nonce NONCE         what the device was asked with: base64url, or hex behind \"hex:\"\n"
        "  --aud NAME            who asks: evidence for another audience is refused\n"
        "  --json                print one JSON object\n"
        "  --demo                take the demonstration CA, whose private key is public\n"
        "\n"
        "What a COSE_Key or JWK says of its use (alg, use, key_ops) is obeyed.\n"
        "\n"
        "Exit codes: 0 affirming; 1 refused, malformed or not affirming (a key alone never is);\n"
        "2 could not be judged. FILE may be \"-\" for standard input.\n",
    .run = run,
};
