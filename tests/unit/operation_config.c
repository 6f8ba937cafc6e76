/* SPDX-License-Identifier: Apache-2.0 */
/* Files of configuration: what is taken, and what is wrong where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/operation/config.h"

static char taken[8192];

static const char *take(void *context, const char *name, const char *value, size_t line)
{
    size_t used = strlen(taken);

    (void)context;
    if (strcmp(name, "bad") == 0) {
        return "bad";
    }
    (void)snprintf(taken + used, sizeof(taken) - used, "%zu:%s=%s;", line, name, value);
    return NULL;
}

static tps_config_error read_bytes(const char *text, size_t size)
{
    tps_config_error error = {0, NULL};
    uint8_t *copy = malloc(size + 1); /* exactly as large as promised: the sanitizer sees what goes beyond */
    bool is_good;

    assert_non_null(copy);
    memcpy(copy, text, size);
    taken[0] = '\0';
    is_good = tps_config_read((tps_buf){copy, size}, take, NULL, &error);
    assert_int_equal(is_good, error.cause == NULL);
    free(copy);
    return error;
}

static void assert_taken(const char *text, const char *expected)
{
    tps_config_error error = read_bytes(text, strlen(text));

    assert_null(error.cause);
    assert_string_equal(taken, expected);
}

static void assert_wrong(const char *text, size_t line, const char *word)
{
    tps_config_error error = read_bytes(text, strlen(text));

    assert_int_equal(error.line, line);
    assert_non_null(strstr(error.cause, word));
}

static void names_and_values_are_taken_in_order(void **state)
{
    (void)state;
    assert_taken("", "");
    assert_taken("a=1", "1:a=1;");
    assert_taken("\n # note\n\ta-b2 =  x y # z \t\n\nc==\"q\"\n", "3:a-b2=x y # z;5:c==\"q\";");
    assert_taken("store = postgresql://u:p%23@h/db?x=1\n", "1:store=postgresql://u:p%23@h/db?x=1;");
    assert_taken("name = \xc3\xa9\n", "1:name=\xc3\xa9;");
}

static void what_is_wrong_names_its_line(void **state)
{
    char text[TPS_CONFIG_LINE_MAX + 8];

    (void)state;
    assert_wrong("a=1\nlisten 1\n", 2, "name = value");
    assert_wrong("a=1\n=1\n", 2, "name = value");
    assert_wrong("A=1\n", 1, "name = value");
    assert_wrong("--a=1\n[x]\n", 2, "name = value");
    assert_wrong("a b=1\n", 1, "name = value");
    assert_wrong("a = \n", 1, "missing");
    assert_wrong("a=\r\n", 1, "control");
    assert_wrong("a=1\r\n", 1, "control");
    assert_wrong("\n\na=\xff\n", 3, "UTF-8");
    assert_wrong("# \x1b[31m\n", 1, "control");
    assert_wrong("x=1\nbad=1\ny=2\n", 2, "bad");
    assert_string_equal(taken, "1:x=1;");
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_wrong(text, 1, "longer");
}

static void a_zero_hides_nothing(void **state)
{
    tps_config_error error = read_bytes("a=1\0b=2\n", 8);

    (void)state;
    assert_int_equal(error.line, 1);
    assert_non_null(strstr(error.cause, "control"));
}

static void a_file_that_is_too_large_is_not_read(void **state)
{
    static char text[TPS_CONFIG_FILE_MAX + 2];
    tps_config_error error;

    (void)state;
    memset(text, '\n', sizeof(text));
    error = read_bytes(text, TPS_CONFIG_FILE_MAX + 1);
    assert_non_null(error.cause);
    error = read_bytes(text, TPS_CONFIG_FILE_MAX);
    assert_null(error.cause);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values_are_taken_in_order),
        cmocka_unit_test(what_is_wrong_names_its_line),
        cmocka_unit_test(a_zero_hides_nothing),
        cmocka_unit_test(a_file_that_is_too_large_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
