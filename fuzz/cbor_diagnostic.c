/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes diagnostic notation both ways. Text that is read measures as it is written, gives well-formed CBOR,
 * and what is shown of that and read again has settled. CBOR in deterministic form comes back to the byte
 * from what is shown of it.
 */
#include <stdlib.h>

#include "tps/cbor_diagnostic.h"

#define SHOWN_MAX ((size_t)1 << 22)

typedef struct {
    uint8_t text[SHOWN_MAX];
    size_t size;
} page;

static uint8_t first[1 << 17];
static uint8_t second[1 << 20];
static uint8_t third[1 << 20];
static page shown;

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void onto_page(void *context, const char *text, size_t size)
{
    page *p = context;

    require(size <= SHOWN_MAX - p->size);
    memcpy(p->text + p->size, text, size);
    p->size += size;
}

/* What is shown of the item, read into `room`. */
static tps_span show_and_read(tps_span item, tps_buf room)
{
    tps_span encoded = TPS_SPAN_EMPTY;

    shown.size = 0;
    require(tps_cbor_diagnose(item, onto_page, &shown, NULL) == TPS_OK);
    require(tps_cbor_from_diagnostic(tps_span_make(shown.text, shown.size), room, &encoded, NULL) == TPS_OK);
    return encoded;
}

/* Keys that stand twice, and more than the checker's limits, can be said in notation. */
static bool is_said_by_notation(tps_status status)
{
    return status == TPS_CBOR_DUPLICATE_KEY || status == TPS_CBOR_UNTRACKED_KEYS ||
           status == TPS_CBOR_TOO_DEEP || status == TPS_CBOR_NOT_DETERMINISTIC;
}

static void read_text(tps_span text)
{
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_span measured = TPS_SPAN_EMPTY;
    tps_error why = {0};
    tps_status status = tps_cbor_from_diagnostic(text, TPS_BUF_OF(first), &encoded, &why);
    tps_status measuring = tps_cbor_from_diagnostic(text, TPS_BUF_MEASURE, &measured, NULL);
    tps_span settled;

    if (status != TPS_OK) {
        require(why.status == status && why.offset <= text.size);
        require(measuring == status || status == TPS_CBOR_BAD_UTF8);
        return;
    }
    require(measuring == TPS_OK && measured.size == encoded.size);
    require(tps_cbor_from_diagnostic(text, (tps_buf){second, encoded.size - 1}, &measured, NULL) ==
            TPS_BUFFER_TOO_SMALL);
    status = tps_cbor_check(encoded, &tps_cbor_limits_file, NULL, NULL);
    if (status != TPS_OK) {
        require(is_said_by_notation(status));
        return;
    }
    settled = show_and_read(encoded, TPS_BUF_OF(second));
    require(tps_span_equal(show_and_read(settled, TPS_BUF_OF(third)), settled));
}

/* A NaN's payload is shown in a comment. */
static bool shows_payload(void)
{
    for (size_t i = 0; i + 5 <= shown.size; i++) {
        if (memcmp(shown.text + i, "NaN /", 5) == 0) {
            return true;
        }
    }
    return false;
}

static void show_item(tps_span item)
{
    tps_cbor_limits deterministic = tps_cbor_limits_file;

    deterministic.form = &tps_cbor_deterministic;
    if (tps_cbor_check(item, &deterministic, NULL, NULL) == TPS_OK) {
        tps_span again = show_and_read(item, TPS_BUF_OF(first));
        require(tps_span_equal(again, item) || shows_payload());
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= sizeof first) {
        read_text(tps_span_make(data, size));
        show_item(tps_span_make(data, size));
    }
    return 0;
}
