/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long command has come. */
#include "cli/store_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH     40
#define BAR_EVERY_MS  100
#define LINE_EVERY_MS 5000

static int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void draw_bar(const char *what, uint64_t done, uint64_t total)
{
    static const char full[BAR_WIDTH + 1] = "########################################";
    int filled = total == 0 || done > total ? BAR_WIDTH : (int)(done * BAR_WIDTH / total);

    if (total == 0) {
        (void)fprintf(stderr, "\r%-10s %" PRIu64 "\033[K", what, done);
    } else {
        (void)fprintf(stderr, "\r%-10s [%.*s%*s] %3d %%  %" PRIu64 " of %" PRIu64 "\033[K", what, filled,
                      full, BAR_WIDTH - filled, "", done > total ? 100 : (int)(done * 100 / total), done,
                      total);
    }
}

static void write_line(const char *what, uint64_t done, uint64_t total)
{
    if (total == 0) {
        (void)fprintf(stderr, "%s: %" PRIu64 "\n", what, done);
    } else {
        (void)fprintf(stderr, "%s: %" PRIu64 " of %" PRIu64 "\n", what, done, total);
    }
}

void cli_progress_tell(void *progress, const char *what, uint64_t done, uint64_t total)
{
    cli_progress *p = progress;
    int64_t now = clock_ms();

    if (!p->has_begun) { /* what ends at once needs neither */
        p->has_begun = true;
        p->is_terminal = isatty(STDERR_FILENO) == 1;
        p->told_ms = now;
        return;
    }
    if (now - p->told_ms < (p->is_terminal ? BAR_EVERY_MS : LINE_EVERY_MS)) {
        return;
    }
    p->told_ms = now;
    if (p->is_terminal) {
        draw_bar(what, done, total);
        p->is_drawn = true;
    } else {
        write_line(what, done, total);
    }
}

void cli_progress_end(cli_progress *progress)
{
    if (progress->is_drawn) {
        (void)fputs("\r\033[K", stderr);
        progress->is_drawn = false;
    }
}
