/* SPDX-License-Identifier: Apache-2.0 */
/* Errors for people, and text from elsewhere made fit for a terminal. */
#include "device/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/text.h"

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

void tps_device_clean(char *to, size_t size, const char *from)
{
    tps_agent_text text = tps_agent_text_begin(to, size);

    tps_agent_text_add_span(&text, tps_span_of_text(from));
}
