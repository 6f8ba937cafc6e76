/* SPDX-License-Identifier: Apache-2.0 */
/* tps explain, in three files: the subcommand (explain.c), the page in a terminal, the page in HTML. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "tps/explain.h"

/** What is drawn. */
typedef struct {
    const tps_explanation *explanation;
    uint8_t tier; /**< of the whole */
} explain_page;

/** "the device is believed: every link holds", or where the chain broke. (explain.c) */
void explain_verdict(const explain_page *page, char *text, size_t room);

/** The name of the explained part `index`; "" for what stands alone. (explain.c) */
const char *explain_part_name(const explain_page *page, size_t index);

/** For a terminal, or a pipe. (explain_text.c) */
void explain_print(const explain_page *page, bool is_ascii);

/** One file that needs nothing else. @return False when writing failed. (explain_html.c) */
bool explain_write_html(const explain_page *page, const char *file, FILE *out);

#endif
