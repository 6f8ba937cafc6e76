/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of name = value, strictly. */
#include "server/operation/config.h"

#include "format/text/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static const char *check_characters(tps_span line)
{
    if (line.size > TPS_CONFIG_LINE_MAX) {
        return "the line is longer than 4096 bytes";
    }
    for (size_t i = 0; i < line.size; i++) {
        if ((line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f) {
            return "there is a control character";
        }
    }
    return utf8_is_valid(line) ? NULL : "this is not UTF-8";
}

/* One line, which ends in a zero. */
static const char *take_line(char *line, size_t size, tps_config_take take, void *context, size_t number)
{
    const char *wrong = check_characters(tps_span_make(line, size));
    char *name = line;
    char *value;
    char *end = line + size;

    while (end > line && is_blank(end[-1])) {
        *--end = '\0';
    }
    while (is_blank(*name)) {
        name++;
    }
    if (wrong != NULL || *name == '\0' || *name == '#') {
        return wrong;
    }
    for (value = name; is_name_character(*value); value++) {
    }
    end = value;
    while (is_blank(*value)) {
        value++;
    }
    if (end == name || *value != '=') {
        return "this is no \"name = value\"";
    }
    do {
        value++;
    } while (is_blank(*value));
    if (*value == '\0') {
        return "the value is missing";
    }
    *end = '\0';
    return take(context, name, value, number);
}

bool tps_config_read(tps_buf text, tps_config_take take, void *context, tps_config_error *error)
{
    char *at = (char *)text.data;
    char *end = at + text.size;
    size_t number = 1;

    if (text.size > TPS_CONFIG_FILE_MAX) {
        *error = (tps_config_error){number, "the file is larger than 65536 bytes"};
        return false;
    }
    while (at < end) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *wrong;

        line_end = line_end == NULL ? end : line_end;
        *line_end = '\0';
        wrong = take_line(at, (size_t)(line_end - at), take, context, number);
        if (wrong != NULL) {
            *error = (tps_config_error){number, wrong};
            return false;
        }
        at = line_end + 1;
        number++;
    }
    return true;
}
