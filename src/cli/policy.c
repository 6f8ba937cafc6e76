/* SPDX-License-Identifier: Apache-2.0 */
/* tps policy: checks policies, shows the default one, and tells what a new one would change. */
#include "tps/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/record.h"
#include "cli/verify.h"
#include "format/json/writer.h"

enum { CAUSES_MAX = 256 };

/* ---- check, default ---- */

static int check(int argc, char **argv)
{
    const char *path[1];
    size_t count = 1;
    tps_buf text;
    tps_policy_description description;
    tps_policy_problem problem = {.line = 0};
    tps_status status;

    if (!cli_parse(argc, argv, NULL, 0, path, &count)) {
        return CLI_FAILED;
    }
    if (count != 1) {
        return cli_fail("see tps help policy", "policy check: the file with the policy is missing");
    }
    if (!cli_read_file(path[0], TPS_POLICY_TEXT_MAX, &text)) {
        return CLI_FAILED;
    }
    status = tps_policy_check(cli_span(text), &description, &problem);
    free(text.data);
    if (status != TPS_OK) {
        return verify_policy_problem(path[0], status, &problem);
    }
    printf("%s can be used%s\n", description.id,
           description.is_full ? "; it stands in the place of the default policy"
                               : "; it adds to the default policy");
    printf("  sha-256    ");
    for (size_t i = 0; i < sizeof description.sha256; i++) {
        printf("%02x", description.sha256[i]);
    }
    printf("\n  memory     %zu of %zu KiB, over the samples\n", (description.room + 1023) / 1024,
           TPS_POLICY_ROOM / 1024);
    printf("  steps      %u of %u at most, over the samples\n", (unsigned)description.steps,
           TPS_POLICY_STEPS_MAX);
    return CLI_GOOD;
}

static int show_default(int argc, char **argv)
{
    size_t count = 0;
    tps_span text = tps_policy_default();

    if (!cli_parse(argc, argv, NULL, 0, NULL, &count)) {
        return CLI_FAILED;
    }
    return fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0 ? CLI_GOOD
                                                                                       : CLI_FAILED;
}

/* ---- dry-run: outcomes ---- */

typedef struct {
    uint8_t tier;
    int8_t vector[TPS_EAR_CLAIMS];
    const tps_appraisal *parts; /* the lead first; none of a recorded outcome */
    size_t count;
} outcome;

/* How often something was found that was not found before. */
typedef struct {
    char name[sizeof(((tps_finding *)0)->name)];
    char cause[TPS_FINDING_TEXT_MAX];
    size_t count;
} cause;

typedef struct {
    bool is_json;
    size_t read;
    size_t same;
    size_t better;
    size_t worse;
    size_t other;   /* the same status, another vector */
    size_t unknown; /* without an outcome to compare with */
    cause causes[CAUSES_MAX];
    size_t cause_count;
} dry_run;

/* In the order of badness. */
static int badness(uint8_t tier)
{
    return tier == TPS_EAR_TIER_AFFIRMING ? 0 : tier == TPS_EAR_TIER_NONE ? 1 : tier;
}

static bool has_finding(const outcome *o, const char *name)
{
    for (size_t part = 0; part < o->count; part++) {
        for (size_t i = 0; i < o->parts[part].finding_count; i++) {
            if (strcmp(o->parts[part].findings[i].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void count_cause(dry_run *run, const tps_finding *finding)
{
    for (size_t i = 0; i < run->cause_count; i++) {
        if (strcmp(run->causes[i].name, finding->name) == 0) {
            run->causes[i].count++;
            return;
        }
    }
    if (run->cause_count < CAUSES_MAX) {
        cause *made = &run->causes[run->cause_count++];
        snprintf(made->name, sizeof made->name, "%s", finding->name);
        snprintf(made->cause, sizeof made->cause, "%s", finding->cause);
        made->count = 1;
    }
}

/* The next finding that was not there before, over all parts; NULL behind the last. `at` begins at 0. */
static const tps_finding *next_new(const outcome *before, const outcome *after, size_t *at)
{
    while (*at < after->count * TPS_FINDINGS_MAX) {
        const tps_appraisal *part = &after->parts[*at / TPS_FINDINGS_MAX];
        size_t i = (*at)++ % TPS_FINDINGS_MAX;
        if (i < part->finding_count && !has_finding(before, part->findings[i].name)) {
            return &part->findings[i];
        }
    }
    return NULL;
}

static void count_causes(dry_run *run, const outcome *before, const outcome *after)
{
    const tps_finding *finding;

    for (size_t at = 0; (finding = next_new(before, after, &at)) != NULL;) {
        count_cause(run, finding);
    }
}

/* ---- dry-run: printing ---- */

static void print_json_vector(json_writer *w, const char *name, const outcome *o)
{
    json_key(w, name);
    json_begin_object(w);
    json_member_text(w, "status", tps_ear_tier_name(o->tier));
    json_key(w, "vector");
    json_begin_object(w);
    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        json_member_int(w, tps_ear_claim_name(i), o->vector[i]);
    }
    json_end_object(w);
    json_end_object(w);
}

static void print_json_change(size_t line, const outcome *before, const outcome *after)
{
    static uint8_t room[TPS_PARTS_MAX * 16384];
    json_writer w = json_writer_init(TPS_BUF_OF(room));
    const tps_finding *finding;
    size_t size;

    json_begin_object(&w);
    json_member_uint(&w, "line", line);
    json_member_hex(&w, "instance-id",
                    tps_span_make(after->parts[0].instance_id, after->parts[0].instance_id_size));
    print_json_vector(&w, "before", before);
    print_json_vector(&w, "after", after);
    json_key(&w, "causes");
    json_begin_array(&w);
    for (size_t at = 0; (finding = next_new(before, after, &at)) != NULL;) {
        json_begin_object(&w);
        json_member_text(&w, "name", finding->name);
        json_member_text(&w, "cause", finding->cause);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (json_writer_finish(&w, &size) == TPS_OK) {
        printf("%.*s\n", (int)size, (const char *)room);
    }
}

static void print_changed_claims(const outcome *before, const outcome *after)
{
    const char *separator = "  claims     ";

    for (uint32_t i = 0; i < TPS_EAR_CLAIMS; i++) {
        if (before->vector[i] != after->vector[i]) {
            printf("%s%s %d -> %d", separator, tps_ear_claim_name(i), before->vector[i], after->vector[i]);
            separator = ", ";
        }
    }
    if (*separator == ',') {
        printf("\n");
    }
}

static void print_change(size_t line, const outcome *before, const outcome *after)
{
    const tps_appraisal *lead = &after->parts[0];
    const tps_finding *finding;

    printf("line %zu: %s -> %s\n  instance   ", line, tps_ear_tier_name(before->tier),
           tps_ear_tier_name(after->tier));
    for (size_t i = 0; i < lead->instance_id_size; i++) {
        printf("%02x", lead->instance_id[i]);
    }
    printf("%s\n", lead->instance_id_size == 0 ? "unknown" : "");
    verify_print_row("device", lead->device_class);
    print_changed_claims(before, after);
    for (size_t at = 0; (finding = next_new(before, after, &at)) != NULL;) {
        verify_print_row("cause", finding->cause);
        verify_print_row("evidence", finding->evidence);
        verify_print_row("next step", finding->next_step);
    }
}

static void print_counts(const dry_run *run)
{
    if (run->is_json) {
        printf(
            "{\"recorded\":%zu,\"same\":%zu,\"better\":%zu,\"worse\":%zu,\"other\":%zu,\"not-compared\":%zu}\n",
            run->read, run->same, run->better, run->worse, run->other, run->unknown);
        return;
    }
    printf(
        "%zu recorded: %zu as before, %zu better, %zu worse, %zu with other claims, %zu without an outcome to "
        "compare with\n",
        run->read, run->same, run->better, run->worse, run->other, run->unknown);
    for (size_t i = 0; i < run->cause_count; i++) {
        printf("  %6zu  %s: %s\n", run->causes[i].count, run->causes[i].name, run->causes[i].cause);
    }
}

/* ---- dry-run: appraising ---- */

static bool appraise(tps_verifier *v, const record *r, tps_appraisal parts[TPS_PARTS_MAX], outcome *out)
{
    tps_buf room = {malloc(TPS_APPRAISAL_ROOM(r->evidence.size)), TPS_APPRAISAL_ROOM(r->evidence.size)};

    if (room.data == NULL) {
        cli_fail("free memory", "no memory is left");
        return false;
    }
    tps_verifier_appraise_all(v, r->evidence, room, &r->request, parts, TPS_PARTS_MAX, &out->count,
                              &out->tier);
    free(room.data);
    out->parts = parts;
    memcpy(out->vector, parts[0].vector, sizeof out->vector);
    return true;
}

static void compare(dry_run *run, size_t line, const outcome *before, const outcome *after)
{
    int change = badness(after->tier) - badness(before->tier);

    if (change == 0 && memcmp(before->vector, after->vector, sizeof before->vector) == 0) {
        run->same++;
        return;
    }
    run->worse += change > 0;
    run->better += change < 0;
    run->other += change == 0;
    count_causes(run, before, after);
    if (run->is_json) {
        print_json_change(line, before, after);
    } else {
        print_change(line, before, after);
    }
}

/* With `old` NULL the recorded outcome is what is compared with. */
static bool try_one(dry_run *run, tps_verifier *old, tps_verifier *new, const record *r, size_t line)
{
    static tps_appraisal parts[2][TPS_PARTS_MAX];
    outcome before = {.tier = r->tier, .count = 0};
    outcome after;

    run->read++;
    memcpy(before.vector, r->vector, sizeof before.vector);
    if (!appraise(new, r, parts[1], &after) || (old != NULL && !appraise(old, r, parts[0], &before))) {
        return false;
    }
    if (old == NULL && !r->has_outcome) {
        run->unknown++;
    } else {
        compare(run, line, &before, &after);
    }
    return true;
}

static int try_all(dry_run *run, tps_verifier *old, tps_verifier *new, const char *path)
{
    FILE *from = fopen(path, "re");
    size_t line = 0;
    int found;
    record r;

    if (from == NULL) {
        return cli_fail("check the path and its permissions", "cannot open %s: %s", path, strerror(errno));
    }
    while ((found = record_read(from, path, &line, &r)) == 1) {
        bool is_tried = try_one(run, old, new, &r, line);
        record_end(&r);
        if (!is_tried) {
            found = -1;
            break;
        }
    }
    fclose(from);
    if (found != 0) {
        return CLI_FAILED;
    }
    print_counts(run);
    if (fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    return run->same == run->read ? CLI_GOOD : CLI_REFUSED;
}

typedef struct {
    const char *against[VERIFY_FILES_MAX];
    size_t against_count;
    const char *recorded;
    verify_options knowledge; /**< with the new policies */
} dry_options;

static bool read_dry_options(int argc, char **argv, dry_options *o, dry_run *run)
{
    const cli_option own[] = {
        {.name = "--against", .values = o->against, .capacity = VERIFY_FILES_MAX, .count = &o->against_count},
        {.name = "--recorded", .value = &o->recorded},
        {.name = "--json", .flag = &run->is_json},
        {.name = "--key", .value = &o->knowledge.key},
        {.name = "--mac-key", .value = &o->knowledge.mac_key},
    };
    cli_option options[VERIFY_KNOWLEDGE_MAX + sizeof own / sizeof own[0]];
    size_t count = verify_knowledge_options(&o->knowledge, options);
    size_t operand_count = 0;

    memcpy(options + count, own, sizeof own);
    if (!cli_parse(argc, argv, options, count + sizeof own / sizeof own[0], NULL, &operand_count)) {
        return false;
    }
    if (o->recorded == NULL || o->knowledge.policy_count == 0) {
        cli_fail("see tps help policy", "policy dry-run needs --policy and --recorded");
        return false;
    }
    o->knowledge.now = (int64_t)time(NULL);
    return true;
}

static int try_policies(int argc, char **argv)
{
    static dry_options o;
    static dry_run run;
    tps_verifier *new = NULL;
    tps_verifier *old = NULL;
    int code = CLI_FAILED;

    if (!read_dry_options(argc, argv, &o, &run)) {
        return CLI_FAILED;
    }
    code = verify_make_verifier(&o.knowledge, &new);
    if (code == CLI_GOOD && o.against_count > 0) {
        memcpy(o.knowledge.policies, o.against, sizeof o.against);
        o.knowledge.policy_count = o.against_count;
        code = verify_make_verifier(&o.knowledge, &old);
    }
    if (code == CLI_GOOD) {
        code = try_all(&run, old, new, o.recorded);
    } else {
        code = CLI_FAILED; /* 1 says that outcomes differ */
    }
    tps_verifier_free(new);
    tps_verifier_free(old);
    return code;
}

/* ---- the subcommand ---- */

static int run(int argc, char **argv)
{
    const char *command = argc < 2 ? "" : argv[1];

    if (strcmp(command, "check") == 0) {
        return check(argc - 1, argv + 1);
    }
    if (strcmp(command, "default") == 0) {
        return show_default(argc - 1, argv + 1);
    }
    if (strcmp(command, "dry-run") == 0) {
        return try_policies(argc - 1, argv + 1);
    }
    return *command == '\0' ? cli_fail("see tps help policy", "policy: say check, default or dry-run")
                            : cli_fail("see tps help policy", "policy: there is no \"%s\"", command);
}

const cli_subcommand cli_policy = {
    .name = "policy",
    .summary = "check a policy, and see what it would change",
    .usage =
        "tps policy check FILE\n"
        "tps policy default\n"
        "tps policy dry-run --policy NEW... --recorded FILE [--against OLD]...\n"
        "           [--key KEY] [--mac-key SECRET] [--endorsements CORIM]... [--anchor CERT]... [--demo]\n"
        "           [--json]\n"
        "\n"
        "A policy says what facts about a device mean: a text in Lua, see docs/policy.md.\n"
        "\n"
        "  check     compile FILE, look for names that do not exist, and run it over samples\n"
        "  default   print the default policy, to begin your own with\n"
        "  dry-run   appraise recorded evidence again under the new policies, at the time when it came, and\n"
        "            tell each device whose outcome changes, and why; counts at the end\n"
        "\n"
        "  --policy NEW      a policy that is to come; several for several models or services\n"
        "  --against OLD     compare with these policies, not with the recorded outcomes\n"
        "  --recorded FILE   what tps verify --record wrote: JSON, an object a line\n"
        "  --json            an object a line: the changes, then the counts\n"
        "  others            as for tps verify\n"
        "\n"
        "Exit codes: 0 good, or nothing changes; 1 the policy cannot be used, or outcomes change; 2 could not\n"
        "be done.\n",
    .run = run,
};
