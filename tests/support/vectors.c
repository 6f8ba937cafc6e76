/* SPDX-License-Identifier: Apache-2.0 */
/* Reading test vectors and files for cmocka tests. */
#include "support/vectors.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char *folder(void)
{
    const char *path = getenv("TPS_VECTORS");

    return path == NULL || *path == '\0' ? "../shared/vectors" : path;
}

bool vectors_present(void)
{
    struct stat info;

    if (stat(folder(), &info) == 0) {
        return true;
    }
    printf("skipped: the published vectors are not at %s (set TPS_VECTORS)\n", folder());
    if (getenv("TPS_REQUIRE_VECTORS") != NULL) {
        fail_msg("the vectors are required here");
    }
    return false;
}

void vectors_require(void)
{
    if (!vectors_present()) {
        skip();
    }
}

tps_buf file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    tps_buf out = {NULL, 0};
    long size;

    if (file == NULL) {
        fail_msg("cannot open %s", path);
        return out;
    }
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    out.size = (size_t)size;
    out.data = malloc(out.size + 1);
    assert_non_null(out.data);
    assert_int_equal(fread(out.data, 1, out.size, file), out.size);
    out.data[out.size] = 0;
    fclose(file);
    return out;
}

tps_buf vector_read(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", folder(), name);
    return file_read(path);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

tps_buf bytes_from_hex(const char *hex)
{
    tps_buf out = {malloc(strlen(hex) / 2 + 1), 0};
    int high = -1;

    assert_non_null(out.data);
    for (; *hex != '\0'; hex++) {
        int digit = digit_of(*hex);
        if (isspace((unsigned char)*hex)) {
            continue;
        }
        if (digit < 0) {
            fail_msg("not hex: %c", *hex);
        }
        if (high < 0) {
            high = digit;
        } else {
            out.data[out.size++] = (uint8_t)(high << 4 | digit);
            high = -1;
        }
    }
    assert_int_equal(high, -1);
    return out;
}
