/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file to explain, and as CBOR to print. What is written must be safe for a terminal. */
#include <stdlib.h>

#include "inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything but line feeds that a terminal could take for more than a character is escaped. */
static void judge(void *context, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            abort();
        }
    }
    *(size_t *)context += size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span file = tps_span_make(data, size);
    inspect_document *document = inspect_file(file, 1767225600);
    size_t written = 0;

    if (document != NULL) {
        inspect_write_text(document, judge, &written);
        inspect_write_json(document, judge, &written);
    }
    if (tps_cbor_diagnose(file, judge, &written, NULL) != TPS_OK) {
        written++; /* a fault is an answer, too */
    }
    inspect_free(document);
    return 0;
}
