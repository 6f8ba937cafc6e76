/* SPDX-License-Identifier: Apache-2.0 */
/* Errors for people, and text from elsewhere made fit for a terminal. */
#include "device/problem.h"

#include <stdarg.h>
#include <stdio.h>

tps_status tps_device_fail(tps_device_problem *problem, tps_status status, const char *next_step,
                           const char *cause, ...)
{
    va_list arguments;

    va_start(arguments, cause);
    (void)vsnprintf(problem->cause, sizeof(problem->cause), cause, arguments);
    va_end(arguments);
    (void)snprintf(problem->next_step, sizeof(problem->next_step), "%s", next_step);
    return status;
}

tps_status tps_device_fail_status(tps_device_problem *problem, tps_status status, const char *subject)
{
    return tps_device_fail(problem, status, tps_status_next_step(status), "%s: %s", subject,
                           tps_status_cause(status));
}

static bool is_control(const unsigned char *at)
{
    return *at < ' ' || *at == 0x7f || (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0);
}

void tps_device_clean(char *to, size_t size, const char *from)
{
    const unsigned char *at = (const unsigned char *)from;
    size_t used = 0;

    for (; *at != 0 && used + 1 < size; at++) {
        if (is_control(at)) {
            to[used++] = '?';
            at += *at == 0xc2 ? 1 : 0;
        } else {
            to[used++] = (char)*at;
        }
    }
    if (*at != 0) {
        /* cut: take back a character of UTF-8 that is not whole */
        while (used > 0 && ((unsigned char)to[used - 1] & 0xc0) == 0x80) {
            used--;
        }
        if (used > 0 && ((unsigned char)to[used - 1] & 0xc0) == 0xc0) {
            used--;
        }
    }
    to[used] = '\0';
}
