/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions that print what a person needs: names of statuses, bytes in hex. */
#include "support/check.h"

void check_status(tps_status actual, tps_status expected, const char *what, const char *file, int line)
{
    if (actual != expected) {
        print_error("%s\n    is %s, must be %s\n", what, tps_status_name(actual), tps_status_name(expected));
        _fail(file, line);
    }
}

static void print_hex(const char *title, tps_span bytes)
{
    print_error("    %s", title);
    for (size_t i = 0; i < bytes.size && i < 256; i++) {
        print_error("%02x", bytes.data[i]);
    }
    print_error(" (%zu bytes)\n", bytes.size);
}

void check_span(tps_span actual, tps_span expected, const char *what, const char *file, int line)
{
    if (!tps_span_equal(actual, expected)) {
        print_error("%s\n", what);
        print_hex("is      ", actual);
        print_hex("must be ", expected);
        _fail(file, line);
    }
}

void check_names(const tps_error *why, const char *name, const char *file, int line)
{
    if (why->detail == NULL || strstr(why->detail, name) == NULL) {
        print_error("\"%s\" does not name \"%s\"\n", why->detail == NULL ? "" : why->detail, name);
        _fail(file, line);
    }
}

tps_buf exact_copy(tps_span bytes)
{
    tps_buf copy = {malloc(bytes.size == 0 ? 1 : bytes.size), bytes.size};

    assert_non_null(copy.data);
    if (bytes.size > 0) {
        memcpy(copy.data, bytes.data, bytes.size);
    }
    return copy;
}
