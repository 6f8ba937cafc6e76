/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file page.h
 * Room for what is written for people: a tps_text_sink that keeps all of it as one text.
 */
#ifndef TPS_TEST_PAGE_H
#define TPS_TEST_PAGE_H

#include "support/check.h"

typedef struct {
    char text[16384]; /**< ends with a zero */
    size_t size;
} page;

/** The sink: `context` is the page, which begins as {.size = 0}. */
static inline void onto_page(void *context, const char *text, size_t size)
{
    page *p = (page *)context;

    assert_true(size < sizeof p->text - p->size);
    memcpy(p->text + p->size, text, size);
    p->size += size;
    p->text[p->size] = '\0';
}

#endif
