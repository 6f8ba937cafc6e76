/* SPDX-License-Identifier: Apache-2.0 */
/* Answers and clocks that handlers share. */
#include <stdio.h>
#include <string.h>
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

static char *put_digits(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/* Each answer of a session has one, and strftime() takes ten times as long. Spans of 400 years are alike;
 * years count from March, so that a leap day ends one. */
void tps_write_time(int64_t time, char out[21])
{
    static const int64_t year_0 = INT64_C(-62162035200); /* 0000-03-01 */
    uint64_t seconds = (uint64_t)(time - year_0);
    uint64_t day = seconds / 86400 % 146097;
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint64_t of_year = day - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153; /* from March */
    char *at = out;

    out[0] = '\0';
    if (time < 0 || time > INT64_C(253402300799)) { /* the year 9999 */
        return;
    }
    year += seconds / 86400 / 146097 * 400 + (month >= 10);
    at = put_digits(at, year, 4);
    *at++ = '-';
    at = put_digits(at, month < 10 ? month + 3 : month - 9, 2);
    *at++ = '-';
    at = put_digits(at, of_year - (153 * month + 2) / 5 + 1, 2);
    *at++ = 'T';
    at = put_digits(at, seconds / 3600 % 24, 2);
    *at++ = ':';
    at = put_digits(at, seconds / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, seconds % 60, 2);
    memcpy(at, "Z", 2);
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
    case TPS_SERVER_NOT_LOADED:
    case TPS_SERVER_NO_KEY:
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
