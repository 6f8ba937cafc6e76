/* SPDX-License-Identifier: Apache-2.0 */
/* Answers and clocks that handlers share. */
#include <stdio.h>
#include <time.h>

#include "server/operation/log.h"
#include "server/service_internal.h"

uint64_t tps_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

int64_t tps_calendar_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void tps_write_time(int64_t time, char out[21])
{
    struct tm parts;
    time_t seconds = (time_t)time;

    out[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}

unsigned tps_http_status_of(tps_status status)
{
    switch (status) {
    case TPS_NOT_FOUND:
    case TPS_SERVER_NO_SESSION:
    case TPS_STORE_PASSED: return 404;
    case TPS_STORE_EXISTS:
    case TPS_STORE_USED:
    case TPS_SERVER_SESSION_USED:
    case TPS_SERVER_NONCE_USED: return 409;
    case TPS_STORE_CHANGED: return 412;
    case TPS_TOO_LARGE: return 413;
    case TPS_BAD_ARGUMENT:
    case TPS_SERVER_BAD_REQUEST:
    case TPS_SERVER_BAD_SETTINGS: return 400;
    case TPS_SERVER_UNAUTHENTICATED: return 401;
    case TPS_SERVER_FORBIDDEN: return 403;
    case TPS_STORE_AWAY:
    case TPS_STORE_FAILED:
    case TPS_SERVER_BUSY:
    case TPS_OUT_OF_MEMORY: return 503;
    default: return 500;
    }
}

void tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status)
{
    static const tps_http_answer_field retry = {"Retry-After", "5"};

    if (http_status >= 500) {
        tps_log_event(TPS_LOG_WARNING, "a request failed", tps_log_number("status", http_status),
                      tps_log_cause(status));
    }
    tps_http_answer_problem(exchange, http_status, tps_status_cause(status), tps_status_next_step(status),
                            &retry, http_status == 503 ? 1 : 0);
}

void tps_answer_unsupported_type(tps_http_exchange *exchange, const char *const *types, size_t count)
{
    char accept[2048] = "";
    tps_http_answer_field field = {"Accept", accept};

    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(accept);

        (void)snprintf(accept + used, sizeof(accept) - used, "%s%s", i > 0 ? ", " : "", types[i]);
    }
    tps_http_answer_problem(exchange, 415, "the Content-Type is missing or none of those taken here",
                            "send one of the types in the answer's Accept field", &field, 1);
}
