/* SPDX-License-Identifier: Apache-2.0 */
/* What a server reads about its own running, and what it writes of others: configuration, trace context,
 * lines of log. */
#include <stdlib.h>

#include "format/json/reader.h"
#include "server/operation/config.h"
#include "server/operation/log_internal.h"
#include "server/operation/trace.h"

static void need(bool condition)
{
    if (!condition) {
        abort();
    }
}

static const char *take(void *context, const char *name, const char *value, size_t line)
{
    (void)context;
    need(name[0] != '\0' && value[0] != '\0' && line > 0);
    need(strpbrk(name, " \t\n=#") == NULL && strchr(value, '\n') == NULL);
    return NULL;
}

static void read_configuration(tps_span input)
{
    uint8_t *copy = malloc(input.size + 1);
    tps_config_error error = {0, NULL};

    need(copy != NULL);
    memcpy(copy, input.data, input.size);
    if (!tps_config_read((tps_buf){copy, input.size}, take, NULL, &error)) {
        need(error.line > 0 && error.cause != NULL);
    }
    free(copy);
}

static void follow_trace(tps_span input)
{
    static tps_trace_source source;
    size_t split = input.size < 55 ? input.size : 55;
    tps_trace trace;
    char text[TPS_TRACE_PARENT_SIZE];

    (void)tps_trace_begin(&trace, &source, tps_span_make(input.data, split),
                          tps_span_make(input.data + split, input.size - split));
    need(trace.state_size <= TPS_TRACE_STATE_MAX);
    tps_trace_write(&trace, text);
    need(tps_trace_parent_is_valid(tps_span_of_text(text)));
}

/* One line, whatever stands in it; as JSON, one object. */
static void write_line(tps_span input, tps_log_format format)
{
    size_t third = input.size / 3;
    const tps_log_member members[] = {
        tps_log_span("a", tps_span_make(input.data, third)),
        tps_log_hex("b", tps_span_make(input.data, third)),
        tps_log_span("c", tps_span_make(input.data + third, input.size - third)),
        tps_log_number("d", (int64_t)input.size)};
    tps_log_record record = {.level = TPS_LOG_INFO,
                             .format = format,
                             .message = tps_span_make(input.data, input.size % 64),
                             .members = members,
                             .count = 4};
    char line[TPS_LOG_LINE_MAX];
    size_t size = tps_log_write_record(&record, line);

    need(size <= sizeof(line) && memchr(line, '\n', size) == line + size - 1);
    need(format != TPS_LOG_AS_JSON ||
         json_check(tps_span_make(line, size - 1), &json_limits_message, NULL) == TPS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);

    read_configuration(input);
    follow_trace(input);
    if (size >= 64) {
        write_line(input, TPS_LOG_AS_TEXT);
        write_line(input, TPS_LOG_AS_JSON);
    }
    return 0;
}
