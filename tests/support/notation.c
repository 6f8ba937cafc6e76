/* SPDX-License-Identifier: Apache-2.0 */
#include "support/notation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "tps/cbor_diagnostic.h"

enum { KEPT = 8 };

/* The text that printf makes of it, in heap memory. */
static char *print(const char *format, va_list arguments)
{
    va_list again;
    char *text = NULL;
    int size;

    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert_true(size >= 0);
    text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(vsnprintf(text, (size_t)size + 1, format, arguments), size);
    return text;
}

tps_span notation(const char *format, ...)
{
    static uint8_t *rooms[KEPT];
    static unsigned next;
    uint8_t **room = &rooms[next++ % KEPT];
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_error why = {TPS_OK, 0, NULL};
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = print(format, arguments);
    va_end(arguments);
    if (tps_cbor_from_diagnostic(tps_span_of_text(text), TPS_BUF_MEASURE, &encoded, &why) != TPS_OK) {
        fail_msg("%s at %zu: %s: ...%.40s", tps_status_name(why.status), why.offset,
                 why.detail == NULL ? "" : why.detail, text + why.offset);
    }
    free(*room);
    *room = malloc(encoded.size);
    assert_non_null(*room);
    assert_status(
        tps_cbor_from_diagnostic(tps_span_of_text(text), (tps_buf){*room, encoded.size}, &encoded, &why),
        TPS_OK);
    free(text);
    return encoded;
}
