/* SPDX-License-Identifier: Apache-2.0 */
/* The page of tps explain in a terminal: a mark and a line for each link, texts wrapped to the width. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/explain.h"

enum { WIDTH_MIN = 60, WIDTH_MAX = 120, WIDTH_PLAIN = 80, NAME_WIDTH = 20 };

/* What is drawn with, by the state of a link. */
typedef struct {
    const char *marks[4];
    const char *line;
    const char *branch;
    const char *colours[4];
    const char *plain;
    size_t width;
} style;

static bool has_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0') {
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
        }
    }
    return false;
}

static size_t find_width(void)
{
    struct winsize size;

    if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return WIDTH_PLAIN;
    }
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

static style find_style(bool is_ascii)
{
    bool is_colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    style s = {.marks = {"o", "!", "X", "."}, .line = "|", .branch = "+-", .width = find_width()};

    if (!is_ascii && has_utf8()) {
        s = (style){.marks = {"\xe2\x97\x8f", "\xe2\x96\xb2", "\xe2\x9c\x97", "\xe2\x97\x8b"},
                    .line = "\xe2\x94\x82",
                    .branch = "\xe2\x94\x9c\xe2\x94\x80",
                    .width = s.width};
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m", "\033[2m"};
        s.colours[i] = is_colour ? colours[i] : "";
    }
    s.plain = is_colour ? "\033[0m" : "";
    return s;
}

/* Bytes of `text` that fit into `room` columns, cut at a blank where there is one. */
static size_t fit(const char *text, size_t room)
{
    size_t bytes = 0;
    size_t columns = 0;
    size_t blank = 0;

    while (text[bytes] != '\0') {
        if ((text[bytes] & 0xc0) != 0x80 && columns++ == room) {
            return blank > 0 ? blank : bytes;
        }
        if (text[bytes] == ' ') {
            blank = bytes;
        }
        bytes++;
    }
    return bytes;
}

/* The lines of a text; the first one stands behind what is printed already. */
static void print_wrapped(const style *s, const char *lead, const char *text, bool is_first_begun)
{
    size_t room = s->width - NAME_WIDTH - 6;

    while (*text != '\0') {
        size_t size = fit(text, room);
        if (!is_first_begun) {
            printf("  %s%*s", lead, NAME_WIDTH + 3, "");
        }
        printf("%.*s\n", (int)size, text);
        text += size;
        text += strspn(text, " ");
        is_first_begun = false;
    }
}

static void print_labelled(const style *s, const char *lead, const char *label, const char *text)
{
    char line[2 * TPS_LINK_TEXT_MAX];

    if (*text != '\0') {
        snprintf(line, sizeof line, "%s%s", label, text);
        print_wrapped(s, lead, line, false);
    }
}

static void print_link(const style *s, const tps_link *link, bool is_last)
{
    const char *lead = is_last ? " " : s->line;
    int width = NAME_WIDTH - (link->depth > 0 ? 1 : 0);

    if (link->depth == 0) {
        printf("  %s%s%s ", s->colours[link->state], s->marks[link->state], s->plain);
    } else {
        printf("  %s%s%s%s ", s->branch, s->colours[link->state], s->marks[link->state], s->plain);
    }
    printf("%-*s %s", width, link->name, link->depth == 0 ? " " : "");
    print_wrapped(s, lead, *link->what == '\0' ? "-" : link->what, true);
    print_labelled(s, lead, "", link->by);
    if (link->state == TPS_LINK_WEAK || link->state == TPS_LINK_BROKEN) {
        print_labelled(s, lead, link->state == TPS_LINK_WEAK ? "weak: " : "broken: ", link->cause);
        print_labelled(s, lead, "evidence: ", link->evidence);
        print_labelled(s, lead, "known: ", link->known);
        print_labelled(s, lead, "next step: ", link->next_step);
    } else if (link->state == TPS_LINK_NOT_LOOKED_AT) {
        print_wrapped(s, lead, "not looked at", false);
    }
}

void explain_print(const explain_page *page, bool is_ascii)
{
    style s = find_style(is_ascii);
    char verdict[160];

    explain_verdict(page, verdict, sizeof verdict);
    printf("%s%s%s\n", s.colours[page->tier == TPS_EAR_TIER_AFFIRMING ? TPS_LINK_GOOD : TPS_LINK_BROKEN],
           verdict, s.plain);
    for (size_t i = 0; i < page->explanation->part_count; i++) {
        const tps_explained_part *part = &page->explanation->parts[i];

        printf("\n");
        if (*explain_part_name(page, i) != '\0') {
            printf("part %zu: %s\n", i + 1, explain_part_name(page, i));
        }
        for (size_t j = 0; j < part->link_count; j++) {
            print_link(&s, &part->links[j], j + 1 == part->link_count);
        }
    }
}
