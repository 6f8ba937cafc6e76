/* SPDX-License-Identifier: Apache-2.0 */
/* The page of tps explain in HTML: one file without scripts and without anything from elsewhere; for light
 * and dark screens, for printers, and for people who hear it. */
#include <time.h>

#include "cli/explain.h"

static const char style_sheet[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--good:#116329;--weak:#7d4e00;"
    "--broken:#b3161f;--none:#6e7781;--rule:#d0d7de}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--good:#57d364;"
    "--weak:#e3b341;--broken:#ff8078;--none:#8b949e;--rule:#30363d}}"
    "body{margin:0 auto;max-width:46rem;padding:2rem 1.25rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.5rem 0 .75rem}"
    ".meta{color:var(--soft);margin:0 0 2rem;overflow-wrap:anywhere}"
    "ol{list-style:none;margin:0;padding:0}"
    "li{position:relative;padding:0 0 1.1rem 2rem;overflow-wrap:anywhere}"
    "li::before{content:'';position:absolute;left:.55rem;top:1rem;bottom:-.4rem;border-left:2px solid var(--rule)}"
    "li:last-child::before{display:none}"
    "li.below{margin-left:1.6rem;padding-bottom:.7rem}"
    ".mark{position:absolute;left:0;top:.12rem;width:1.2rem;height:1.2rem;border-radius:50%;text-align:center;"
    "font-size:.8rem;line-height:1.2rem;font-weight:700;background:var(--paper);border:2px solid currentColor;"
    "box-sizing:border-box;line-height:1rem}"
    ".good>.mark,.good .state{color:var(--good)}.weak>.mark,.weak .state{color:var(--weak)}"
    ".broken>.mark,.broken .state{color:var(--broken)}.none>.mark,.none .state{color:var(--none)}"
    ".none{color:var(--soft)}"
    ".name{font-weight:600}.state{font-size:.85rem;font-weight:600;margin-left:.5rem}"
    ".by,.next{color:var(--soft);font-size:.92rem}"
    ".why{border-left:3px solid var(--broken);padding-left:.7rem;margin:.35rem 0}"
    ".weak .why{border-color:var(--weak)}"
    "@media print{body{padding:0;font-size:10pt}li{break-inside:avoid}}";

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fputc(*text, out); break;
        }
    }
}

/* A paragraph of a class; nothing for an empty text. */
static void put_paragraph(FILE *out, const char *class, const char *label, const char *text)
{
    if (*text != '\0') {
        fprintf(out, "<div class=\"%s\">%s", class, label);
        put_escaped(out, text);
        fputs("</div>", out);
    }
}

static void put_link(FILE *out, const tps_link *link)
{
    static const char *const classes[] = {"good", "weak", "broken", "none"};
    static const char *const marks[] = {"&#10003;", "!", "&#10007;", ""};

    fprintf(out,
            "<li class=\"%s%s\"><span class=\"mark\" aria-hidden=\"true\">%s</span><span class=\"name\">",
            classes[link->state], link->depth > 0 ? " below" : "", marks[link->state]);
    put_escaped(out, link->name);
    fprintf(out, "</span><span class=\"state\">%s</span>", tps_link_state_name(link->state));
    put_paragraph(out, "what", "", link->what);
    put_paragraph(out, "by", "", link->by);
    if (*link->cause != '\0') {
        fputs("<div class=\"why\">", out);
        put_escaped(out, link->cause);
        put_paragraph(out, "next", "Evidence: ", link->evidence);
        put_paragraph(out, "next", "Known: ", link->known);
        put_paragraph(out, "next", "Next step: ", link->next_step);
        fputs("</div>", out);
    }
    fputs("</li>\n", out);
}

static void put_head(const explain_page *page, const char *file, FILE *out)
{
    char verdict[160];
    char now[32] = "";
    time_t time_now = time(NULL);
    struct tm parts;

    if (gmtime_r(&time_now, &parts) != NULL) {
        (void)!strftime(now, sizeof now, "%Y-%m-%d %H:%M UTC", &parts);
    }
    explain_verdict(page, verdict, sizeof verdict);
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<title>Chain of trust: ",
        out);
    put_escaped(out, file);
    fprintf(out, "</title><style>%s</style></head>\n<body><main><h1>", style_sheet);
    put_escaped(out, verdict);
    fputs("</h1><p class=\"meta\">", out);
    put_escaped(out, file);
    fprintf(out, ", appraised %s; result: %s</p>\n", now, tps_ear_tier_name(page->tier));
}

bool explain_write_html(const explain_page *page, const char *file, FILE *out)
{
    put_head(page, file, out);
    for (size_t i = 0; i < page->explanation->part_count; i++) {
        const tps_explained_part *part = &page->explanation->parts[i];

        fputs("<section>", out);
        if (*explain_part_name(page, i) != '\0') {
            fputs("<h2>", out);
            put_escaped(out, explain_part_name(page, i));
            fputs("</h2>", out);
        }
        fputs("<ol>\n", out);
        for (size_t j = 0; j < part->link_count; j++) {
            put_link(out, &part->links[j]);
        }
        fputs("</ol></section>\n", out);
    }
    fputs("</main></body></html>\n", out);
    return ferror(out) == 0;
}
