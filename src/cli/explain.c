/* SPDX-License-Identifier: Apache-2.0 */
/* tps explain: the chain of trust behind evidence, link by link, and where it broke. */
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/verify.h"
#include "format/json/writer.h"

enum { JSON_ROOM = 1 << 20 };

const char *explain_part_name(const explain_page *page, size_t index)
{
    const tps_appraisal *a = page->explanation->parts[index].appraisal;

    if (page->explanation->part_count == 1) {
        return "";
    }
    return *a->name != '\0' ? a->name : "the lead";
}

/* The first link in this state, over all parts; NULL when there is none. */
static const tps_link *find_first(const explain_page *page, uint32_t state)
{
    for (size_t i = 0; i < page->explanation->part_count; i++) {
        const tps_explained_part *part = &page->explanation->parts[i];
        for (size_t j = 0; j + 1 < part->link_count; j++) { /* the last one is the result */
            if (part->links[j].state == state) {
                return &part->links[j];
            }
        }
    }
    return NULL;
}

void explain_verdict(const explain_page *page, char *text, size_t room)
{
    const tps_link *broken = find_first(page, TPS_LINK_BROKEN);
    const tps_link *weak = find_first(page, TPS_LINK_WEAK);

    if (page->tier == TPS_EAR_TIER_AFFIRMING) {
        snprintf(text, room, "the device is believed: every link holds");
    } else if (broken != NULL) {
        snprintf(text, room, "the device is not believed: the chain broke at \"%s\"", broken->name);
    } else if (weak != NULL) {
        snprintf(text, room, "the device is not affirmed: the link \"%s\" is weak", weak->name);
    } else {
        snprintf(text, room, "the device is not affirmed");
    }
}

/* ---- for programs ---- */

static void put_member(json_writer *w, const char *name, const char *text)
{
    json_key(w, name);
    json_text(w, text);
}

static void put_link(json_writer *w, const tps_link *link)
{
    json_begin_object(w);
    put_member(w, "name", link->name);
    put_member(w, "state", tps_link_state_name(link->state));
    json_key(w, "depth");
    json_uint(w, link->depth);
    put_member(w, "what", link->what);
    put_member(w, "by", link->by);
    put_member(w, "cause", link->cause);
    put_member(w, "evidence", link->evidence);
    put_member(w, "known", link->known);
    put_member(w, "next-step", link->next_step);
    json_end_object(w);
}

static void put_part(json_writer *w, const explain_page *page, size_t index)
{
    const tps_explained_part *part = &page->explanation->parts[index];

    json_begin_object(w);
    put_member(w, "name", explain_part_name(page, index));
    put_member(w, "scheme", tps_scheme_name(part->appraisal->scheme));
    put_member(w, "status", tps_ear_tier_name(part->appraisal->tier));
    json_key(w, "links");
    json_begin_array(w);
    for (size_t i = 0; i < part->link_count; i++) {
        put_link(w, &part->links[i]);
    }
    json_end_array(w);
    json_end_object(w);
}

static int print_json(const explain_page *page)
{
    uint8_t *room = malloc(JSON_ROOM);
    json_writer w = json_writer_init((tps_buf){room, room == NULL ? 0 : JSON_ROOM});
    char verdict[160];
    size_t size;
    int code = CLI_GOOD;

    if (room == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    explain_verdict(page, verdict, sizeof verdict);
    json_begin_object(&w);
    put_member(&w, "status", tps_ear_tier_name(page->tier));
    put_member(&w, "verdict", verdict);
    json_key(&w, "parts");
    json_begin_array(&w);
    for (size_t i = 0; i < page->explanation->part_count; i++) {
        put_part(&w, page, i);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (json_writer_finish(&w, &size) == TPS_OK) {
        printf("%.*s\n", (int)size, (const char *)room);
    } else {
        code = cli_fail("report this", "the explanation does not fit");
    }
    free(room);
    return code;
}

/* ---- the subcommand ---- */

/* Beside those of tps verify. */
typedef struct {
    verify_options verify;
    const char *html;
    bool is_ascii;
} explain_options;

static int write_html(const explain_page *page, const explain_options *o)
{
    FILE *out = fopen(o->html, "w");
    bool is_written;

    if (out == NULL) {
        return cli_fail("check the path and its permissions", "%s cannot be written", o->html);
    }
    is_written = explain_write_html(page, o->verify.file, out);
    if (fclose(out) != 0 || !is_written) {
        return cli_fail("check the disk", "%s could not be written whole", o->html);
    }
    return CLI_GOOD;
}

static int show(const explain_page *page, const explain_options *o)
{
    int code = CLI_GOOD;

    if (o->verify.is_json) {
        code = print_json(page);
    } else {
        explain_print(page, o->is_ascii);
    }
    if (code == CLI_GOOD && o->html != NULL) {
        code = write_html(page, o);
    }
    if (code != CLI_GOOD || fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    return page->tier == TPS_EAR_TIER_AFFIRMING ? CLI_GOOD : CLI_REFUSED;
}

static int explain(tps_verifier *v, explain_options *o, tps_span evidence)
{
    static tps_appraisal parts[TPS_PARTS_MAX];
    static tps_explanation explanation;
    verify_options *a = &o->verify;
    explain_page page = {.explanation = &explanation};
    tps_appraisal_request request;
    tps_buf room = {malloc(TPS_APPRAISAL_ROOM(evidence.size)), TPS_APPRAISAL_ROOM(evidence.size)};
    size_t count;
    int code;

    if (room.data == NULL) {
        return cli_fail("free memory", "no memory is left");
    }
    if (!verify_make_request(a, &request)) {
        free(room.data);
        return CLI_FAILED;
    }
    tps_verifier_explain(v, &explanation);
    tps_verifier_appraise_all(v, evidence, room, &request, parts, TPS_PARTS_MAX, &count, &page.tier);
    tps_verifier_explain(v, NULL);
    code = show(&page, o);
    free(room.data);
    return code;
}

static int run(int argc, char **argv)
{
    explain_options o = {.verify = {.now = (int64_t)time(NULL)}};
    const cli_option more[] = {{.name = "--html", .value = &o.html},
                               {.name = "--ascii", .flag = &o.is_ascii}};
    tps_verifier *v;
    tps_buf evidence;
    int code;

    if (!verify_read_options(argc, argv, &o.verify, more, sizeof more / sizeof more[0])) {
        return CLI_FAILED;
    }
    if (o.verify.receipt != NULL || o.verify.record != NULL) {
        return cli_fail("use tps verify for that", "explain: it makes no receipts and no records");
    }
    if (!cli_read_file(o.verify.file, VERIFY_EVIDENCE_LIMIT, &evidence)) {
        return CLI_FAILED;
    }
    code = verify_make_verifier(&o.verify, &v);
    if (code == CLI_GOOD) {
        code = explain(v, &o, cli_span(evidence));
        tps_verifier_free(v);
    }
    free(evidence.data);
    return code;
}

const cli_subcommand cli_explain = {
    .name = "explain",
    .summary = "draw the chain of trust behind evidence, and where it broke",
    .usage =
        "tps explain FILE [options of tps verify] [--html PAGE] [--ascii]\n"
        "\n"
        "Appraises FILE as tps verify does, with the same options (tps help verify), and draws every link: the\n"
        "trust anchor, certificates or endorsements, the device's key, the signature, freshness, each piece of\n"
        "software with the endorsement that vouches for it, the policy and the result. What comes after a link\n"
        "that broke was not looked at, and is shown so. Of a composite device each part has a chain.\n"
        "\n"
        "  --html PAGE  write the same as a page for a browser or printer: one file, which needs no other\n"
        "  --ascii      draw with ASCII characters alone\n"
        "  --json       print one JSON object\n"
        "\n"
        "Exit codes as of tps verify: 0 affirming; 1 not; 2 could not be judged.\n",
    .run = run,
};
