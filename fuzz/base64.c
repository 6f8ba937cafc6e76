/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes base 64: every byte string has one text in each alphabet, so what is read is written again as it
 * was. */
#include <stdlib.h>

#include "tps/base64.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* Any bytes, written in both alphabets, are read again. */
static void round_trip(tps_span bytes)
{
    char *text = malloc(TPS_BASE64_SIZE(bytes.size) + 1);
    uint8_t *back = malloc(bytes.size + 1);
    size_t size = 0;

    for (int is_url = 0; is_url < 2; is_url++) {
        size_t length = is_url ? tps_base64url_write(bytes, text) : tps_base64_write(bytes, text);

        require(length == (is_url ? TPS_BASE64URL_SIZE(bytes.size) : TPS_BASE64_SIZE(bytes.size)));
        require(tps_base64_read(tps_span_make(text, length), (tps_buf){back, bytes.size}, &size) == TPS_OK);
        require(tps_span_equal(tps_span_make(back, size), bytes));
    }
    free(back);
    free(text);
}

/* A text that is read, written again in its alphabet, is itself but for the padding. */
static void read_and_write(tps_span text)
{
    uint8_t *bytes = malloc(text.size + 1);
    char *again = malloc(TPS_BASE64_SIZE(text.size) + 1);
    bool is_plain = text.size > 0 &&
                    (memchr(text.data, '+', text.size) != NULL || memchr(text.data, '/', text.size) != NULL);
    size_t size = 0;

    if (tps_base64_read(text, (tps_buf){bytes, text.size}, &size) == TPS_OK) {
        tps_span read = tps_span_make(bytes, size);
        size_t length = is_plain ? tps_base64_write(read, again) : tps_base64url_write(read, again);

        while (length > 0 && again[length - 1] == '=') {
            length--;
        }
        while (text.size > 0 && text.data[text.size - 1] == '=') {
            text.size--;
        }
        require(tps_span_equal(tps_span_make(again, length), text));
    }
    free(again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_write(tps_span_make(data, size));
    round_trip(tps_span_make(data, size));
    return 0;
}
