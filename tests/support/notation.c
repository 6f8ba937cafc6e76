/* SPDX-License-Identifier: Apache-2.0 */
#include "support/notation.h"

#include <stdarg.h>
#include <stdio.h>

#include "support/check.h"
#include "tps/cbor_diagnostic.h"

enum { KEPT = 8, TEXT_MAX = 32768 };

tps_span notation(const char *format, ...)
{
    static char text[TEXT_MAX];
    static uint8_t rooms[KEPT][TEXT_MAX];
    static unsigned next;
    tps_span encoded;
    tps_error why = {TPS_OK, 0, NULL};
    va_list arguments;
    int size;
    uint8_t *room = rooms[next++ % KEPT];

    va_start(arguments, format);
    size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0 || size >= TEXT_MAX ||
        tps_cbor_from_diagnostic(tps_span_make(text, (size_t)size), (tps_buf){room, TEXT_MAX}, &encoded,
                                 &why) != TPS_OK) {
        fail_msg("no notation at %zu (%s): %s", why.offset, why.detail == NULL ? "" : why.detail, text);
    }
    return encoded;
}
