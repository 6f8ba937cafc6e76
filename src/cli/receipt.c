/* SPDX-License-Identifier: Apache-2.0 */
/* tps receipt: checks what a verifier said of evidence, later and offline. */
#include "tps/receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/verify.h"
#include "format/json/writer.h"
#include "verifier/trust/key_read.h"

enum { GAPS_SHOWN = 32, KEY_LIMIT = 65536 };
#define RECEIPT_LIMIT ((size_t)16 << 20)

/* What appraising again came to. */
enum { CHECK_SAME, CHECK_NOT_DONE, CHECK_DIFFERS, CHECK_SECRET, CHECK_FAILED };

static const char *const check_names[] = {"same", "not-done", "differs", "secret", "failed"};

/* All that is found out about one receipt. */
typedef struct {
    verify_options given;
    const char *verifiers_key;
    tps_receipt receipt;
    uint32_t check;
    tps_error why;
    tps_receipt_gap gaps[GAPS_SHOWN];
    size_t gap_count;
} outcome;

/* ---- what is printed ---- */

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"anchor", "key", "endorsement", "policy", "rules"};

    return names[kind];
}

static void print_time(const char *name, int64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm parts;
    char text[64] = "";

    if (gmtime_r(&at, &parts) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    verify_print_row(name, text);
}

static void print_digest(const char *name, const char *what, tps_span digest)
{
    printf("  %-10s %s ", name, what);
    for (size_t i = 0; i < digest.size; i++) {
        printf("%02x", digest.data[i]);
    }
    printf("\n");
}

/* Names come from the receipt, and the verifier's key vouches for them; a terminal is spared all the same. */
static void print_parts(const tps_ear *result)
{
    tps_ear_walk walk = tps_ear_appraisals(result);
    tps_ear_appraisal part;

    while (tps_ear_next_appraisal(&walk, NULL, &part)) {
        printf("  %-10s ", "part");
        for (size_t i = 0; i < part.name.size; i++) {
            putchar(part.name.data[i] >= 0x20 && part.name.data[i] < 0x7f ? part.name.data[i] : '?');
        }
        printf(": %s\n", tps_ear_tier_name(part.status));
    }
}

static void print_known(const tps_receipt *receipt)
{
    for (uint32_t kind = 0; kind < TPS_RECEIPT_KINDS; kind++) {
        for (uint32_t i = 0; i < receipt->known_count[kind] && i < GAPS_SHOWN; i++) {
            print_digest("known", kind_name(kind), tps_receipt_known_at(receipt, kind, i));
        }
        if (receipt->known_count[kind] > GAPS_SHOWN) {
            printf("  %-10s %s and %u more\n", "known", kind_name(kind),
                   (unsigned)(receipt->known_count[kind] - GAPS_SHOWN));
        }
    }
}

static void print_gaps(const outcome *o)
{
    for (size_t i = 0; i < o->gap_count && i < GAPS_SHOWN; i++) {
        const tps_receipt_gap *gap = &o->gaps[i];
        if (gap->kind == TPS_RECEIPT_RULES) {
            verify_print_row("differs", "options, scopes or revocations");
        } else {
            print_digest(gap->is_missing ? "missing" : "too much", kind_name(gap->kind),
                         TPS_SPAN_OF(gap->sha256));
        }
    }
}

static void print_check(const outcome *o)
{
    switch (o->check) {
    case CHECK_SAME: verify_print_row("again", "the same result follows from what was known"); break;
    case CHECK_NOT_DONE: verify_print_row("again", "not appraised again: what it names is not given"); break;
    case CHECK_SECRET:
        verify_print_row("again", "not appraised again: freshness was judged with a secret of the verifier");
        break;
    default:
        printf("refused: %s%s%s%s\n", tps_status_cause(o->why.status), o->why.detail == NULL ? "" : " (",
               o->why.detail == NULL ? "" : o->why.detail, o->why.detail == NULL ? "" : ")");
        print_gaps(o);
        verify_print_row("next step", tps_status_next_step(o->why.status));
    }
}

static void print_for_people(const outcome *o)
{
    const tps_receipt *r = &o->receipt;

    printf("genuine: the verifier signed this receipt\n");
    print_time("made", r->request.now);
    print_parts(&r->result);
    if (r->options.allow_demonstration) {
        verify_print_row("note", "the verifier took the DEMONSTRATION CA, whose private key is public");
    }
    print_check(o);
    if (o->check == CHECK_NOT_DONE) {
        print_known(r);
    }
}

static void put_member(json_writer *w, const char *name, const char *text)
{
    json_member_text(w, name, text);
}

static void put_parts(json_writer *w, const tps_ear *result)
{
    tps_ear_walk walk = tps_ear_appraisals(result);
    tps_ear_appraisal part;

    json_key(w, "parts");
    json_begin_array(w);
    while (tps_ear_next_appraisal(&walk, NULL, &part)) {
        json_begin_object(w);
        json_key(w, "name");
        json_text_span(w, part.name);
        put_member(w, "status", tps_ear_tier_name(part.status));
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_known(json_writer *w, const tps_receipt *receipt)
{
    static const char *const names[] = {"anchors", "keys", "endorsements", "policies"};

    json_key(w, "known");
    json_begin_object(w);
    for (uint32_t kind = 0; kind < TPS_RECEIPT_KINDS; kind++) {
        json_key(w, names[kind]);
        json_begin_array(w);
        for (uint32_t i = 0; i < receipt->known_count[kind]; i++) {
            json_hex(w, tps_receipt_known_at(receipt, kind, i));
        }
        json_end_array(w);
    }
    json_end_object(w);
}

static void put_gaps(json_writer *w, const outcome *o)
{
    json_key(w, "gaps");
    json_begin_array(w);
    for (size_t i = 0; i < o->gap_count && i < GAPS_SHOWN; i++) {
        json_begin_object(w);
        put_member(w, "kind", kind_name(o->gaps[i].kind));
        json_member_bool(w, "missing", o->gaps[i].is_missing);
        json_member_hex(w, "sha-256", TPS_SPAN_OF(o->gaps[i].sha256));
        json_end_object(w);
    }
    json_end_array(w);
}

static tps_status put_outcome(const outcome *o, tps_buf room, size_t *size)
{
    json_writer w = json_writer_init(room);

    json_begin_object(&w);
    put_member(&w, "signature", "good");
    json_member_int(&w, "time", o->receipt.request.now);
    put_parts(&w, &o->receipt.result);
    put_known(&w, &o->receipt);
    put_member(&w, "check", check_names[o->check]);
    put_member(&w, "detail", o->why.detail == NULL ? "" : o->why.detail);
    put_gaps(&w, o);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

static int print_json(const outcome *o)
{
    size_t size = 0;
    tps_buf room;

    (void)put_outcome(o, TPS_BUF_MEASURE, &size);
    room = (tps_buf){malloc(size + 1), size};
    if (room.data == NULL || put_outcome(o, room, &size) != TPS_OK) {
        free(room.data);
        return cli_fail("free memory", "no memory is left");
    }
    printf("%.*s\n", (int)size, (const char *)room.data);
    free(room.data);
    return CLI_GOOD;
}

/* ---- checking ---- */

static bool is_anything_given(const verify_options *given)
{
    return given->key != NULL || given->endorsement_count + given->anchor_count + given->scoped_anchor_count +
                                         given->revoked_count + given->crl_count + given->policy_count !=
                                     0;
}

/* Compares what is given with what is named, and appraises again if that is the same. */
static void check_with(outcome *o, tps_verifier *v)
{
    tps_status status = tps_receipt_gaps(&o->receipt, v, o->gaps, GAPS_SHOWN, &o->gap_count);

    if (status == TPS_OK && o->gap_count != 0 && !is_anything_given(&o->given)) {
        o->gap_count = 0;
        o->check = CHECK_NOT_DONE;
        return;
    }
    if (status == TPS_OK) {
        status = tps_receipt_check(&o->receipt, v, &o->why);
    }
    o->why.status = status;
    o->check = status == TPS_OK                         ? CHECK_SAME
               : status == TPS_VERIFIER_RECEIPT_SECRET  ? CHECK_SECRET
               : status == TPS_VERIFIER_RECEIPT_DIFFERS ? CHECK_DIFFERS
                                                        : CHECK_FAILED;
}

static int check(outcome *o)
{
    tps_verifier *v;
    int code;

    if (o->receipt.options.allow_demonstration && !o->given.is_demo) {
        return cli_fail("add --demo to take it all the same",
                        "the receipt rests on the demonstration CA, whose private key is public");
    }
    o->given.now = o->receipt.request.now;
    o->given.verifier = &o->receipt.options;
    code = verify_make_verifier(&o->given, &v);
    if (code == CLI_GOOD) {
        check_with(o, v);
        tps_verifier_free(v);
    }
    return code;
}

static tps_status find_key(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)message;
    *key = context;
    return TPS_OK;
}

static int verify_signature(outcome *o, tps_span message)
{
    tps_cose_key_finder keys = {find_key, NULL};
    tps_error why = {0};
    found_key found;
    tps_buf data;
    tps_status status;

    if (!cli_read_file(o->verifiers_key, KEY_LIMIT, &data)) {
        return CLI_FAILED;
    }
    status = key_read(cli_span(data), &found);
    free(data.data);
    if (status != TPS_OK) {
        return cli_fail_status(o->verifiers_key, status, NULL);
    }
    keys.context = found.key;
    status = tps_receipt_verify(message, &keys, &o->receipt, &why);
    tps_crypto_key_free(found.key);
    if (status != TPS_OK) {
        (void)cli_fail_status(o->given.file, status, &why);
        return CLI_REFUSED;
    }
    return CLI_GOOD;
}

static int judge(outcome *o, tps_span message)
{
    int code = verify_signature(o, message);

    if (code == CLI_GOOD) {
        code = check(o);
    }
    if (code == CLI_GOOD && o->given.is_json) {
        code = print_json(o);
    } else if (code == CLI_GOOD) {
        print_for_people(o);
    }
    if (code != CLI_GOOD || fflush(stdout) != 0) {
        return code == CLI_GOOD ? CLI_FAILED : code;
    }
    return o->check == CHECK_DIFFERS ? CLI_REFUSED : o->check == CHECK_FAILED ? CLI_FAILED : CLI_GOOD;
}

/* ---- the subcommand ---- */

static bool read_options(int argc, char **argv, outcome *o)
{
    const cli_option own[] = {
        {.name = "--key", .value = &o->verifiers_key},
        {.name = "--evidence-key", .value = &o->given.key},
        {.name = "--json", .flag = &o->given.is_json},
    };
    cli_option options[VERIFY_KNOWLEDGE_MAX + sizeof own / sizeof own[0]];
    size_t count = verify_knowledge_options(&o->given, options);
    const char *words[2];
    size_t word_count = 2;

    memcpy(options + count, own, sizeof own);
    if (!cli_parse(argc, argv, options, count + sizeof own / sizeof own[0], words, &word_count)) {
        return false;
    }
    if (word_count != 2 || strcmp(words[0], "verify") != 0) {
        cli_fail("tps receipt verify FILE --key KEY; see tps help receipt",
                 "receipt needs to know what to do with which file");
        return false;
    }
    if (o->verifiers_key == NULL) {
        cli_fail("see tps help receipt", "receipt verify: --key, the verifier's public key, is missing");
        return false;
    }
    o->given.file = words[1];
    return true;
}

static int run(int argc, char **argv)
{
    static outcome o;
    tps_buf message;
    int code;

    if (!read_options(argc, argv, &o) || !cli_read_file(o.given.file, RECEIPT_LIMIT, &message)) {
        return CLI_FAILED;
    }
    code = judge(&o, cli_span(message));
    free(message.data);
    return code;
}

const cli_subcommand cli_receipt = {
    .name = "receipt",
    .summary = "check what a verifier said of evidence, later and offline",
    .usage =
        "tps receipt verify FILE --key KEY [--endorsements CORIM]... [--anchor CERT]...\n"
        "                   [--scoped-anchor ANCHOR=SCOPES]... [--revoked FILE]... [--crl FILE]...\n"
        "                   [--policy FILE]... [--evidence-key KEY] [--json] [--demo]\n"
        "\n"
        "FILE is a receipt (tps verify --receipt, spec/receipt.md): evidence, what it had to answer to, digests\n"
        "of all that the verifier knew, and the result, signed by the verifier.\n"
        "\n"
        "  --key KEY             the verifier's public key: .pem, .jwk, or .bin\n"
        "  --endorsements CORIM  as tps verify was given; so are --anchor, --scoped-anchor, --revoked, --crl and\n"
        "                        --policy\n"
        "  --evidence-key KEY    tps verify's --key\n"
        "  --json                print one JSON object\n"
        "  --demo                take the demonstration CA, whose private key is public\n"
        "\n"
        "With the very files that the receipt names, and no others, the evidence is appraised again at the\n"
        "receipt's time, and the results are compared. Without any, the signature alone is checked, and what\n"
        "the receipt names is listed.\n"
        "\n"
        "Exit codes: 0 the verifier said so, and the result follows if it was appraised again; 1 the signature\n"
        "is not the verifier's, or the result does not follow from what is given; 2 could not be judged.\n",
    .run = run,
};
