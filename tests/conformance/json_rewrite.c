/* SPDX-License-Identifier: Apache-2.0 */
/* Reads texts, each behind its size in four bytes, big end first; answers to each with a line: the name of
 * json_check()'s status and, if that is TPS_OK, what the writer writes of it. json_judge.py compares. */
#include <stdio.h>

#include "support/json_copy.h"

static uint8_t text[1 << 20];
static uint8_t copy[1 << 21];

static size_t read_size(void)
{
    uint8_t head[4];

    if (fread(head, 1, sizeof head, stdin) != sizeof head) {
        return SIZE_MAX;
    }
    return (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
}

int main(void)
{
    for (size_t size = read_size(); size != SIZE_MAX; size = read_size()) {
        tps_span input = tps_span_make(text, size);
        json_writer w = json_writer_init(TPS_BUF_OF(copy));
        json_reader r = json_reader_init(input);
        tps_status status;
        size_t written = 0;

        if (size > sizeof text || fread(text, 1, size, stdin) != size) {
            return 2;
        }
        status = json_check(input, &json_limits_file, NULL);
        if (status == TPS_OK) {
            json_copy_value(&r, &w);
            if (json_reader_finish(&r) != TPS_OK || json_writer_finish(&w, &written) != TPS_OK) {
                return 3;
            }
        }
        printf("%s %.*s\n", tps_status_name(status), (int)written, (const char *)copy);
    }
    return 0;
}
