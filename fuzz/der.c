/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes DER: the checker and the reader agree, a certificate's parts lie inside it, and what was checked is
 * written again as it was. */
#include <stdlib.h>

#include "format/der/certificate.h"
#include "format/der/time.h"
#include "format/der/writer.h"

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void require_inside(tps_span part, tps_span whole)
{
    require(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

/* Walks one level of a value that was checked, and writes each of its members again, from the last to the
 * first: the bytes are the same. */
static void write_again(tps_span value)
{
    static uint8_t room[1 << 16];
    tps_span members[64];
    tps_span encoded;
    size_t count = 0;
    der_reader r = der_reader_init(value);
    uint8_t tag = der_peek(&r);
    der_writer w = der_writer_init(TPS_BUF_OF(room));
    const uint8_t *outer;

    if ((tag & 0x20) == 0 || value.size > sizeof room) {
        return;
    }
    outer = der_enter(&r, tag);
    while (der_peek(&r) != DER_END && count < 64) {
        members[count++] = der_skip(&r);
    }
    if (der_peek(&r) != DER_END) {
        return;
    }
    der_leave(&r, outer);
    require(der_reader_finish(&r) == TPS_OK);
    while (count > 0) {
        der_reader member = der_reader_init(members[--count]);
        uint8_t member_tag = der_peek(&member);

        der_put(&w, member_tag, der_get(&member, member_tag));
    }
    der_close(&w, tag, 0);
    require(der_writer_finish(&w, &encoded) == TPS_OK);
    require(tps_span_equal(encoded, value));
}

/* Typed reads never leave the input, whatever it is, and keep their first error. */
static void read_blindly(tps_span input)
{
    der_reader r = der_reader_init(input);
    uint8_t unused;

    while (der_peek(&r) != DER_END) {
        uint8_t tag = der_peek(&r);
        tps_span got;

        if (tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME) {
            int64_t seconds = der_get_time(&r);
            require(r.status != TPS_OK ||
                    (seconds >= -62167219200 && seconds < 253402300800)); /* 0 .. 9999 */
            continue;
        }
        switch (tag & 7) {
        case 0: (void)der_get_boolean(&r, tag); continue;
        case 1: (void)der_get_uint(&r, tag); continue;
        case 2: (void)der_get_int(&r, tag); continue;
        case 3: got = der_get_bits(&r, tag, &unused); break;
        case 4: got = der_get_oid(&r, tag); break;
        case 5: got = der_get_text(&r, tag); break;
        case 6: got = der_get_ia5(&r, tag); break;
        default: got = der_skip(&r); break;
        }
        require_inside(got, input);
        require(der_offset(&r) <= input.size);
    }
}

static void read_certificate(tps_span input)
{
    der_certificate certificate;
    der_extension extension;
    der_extension found;
    der_reader r;

    if (der_certificate_read(input, &certificate, NULL) != TPS_OK) {
        return;
    }
    require_inside(certificate.tbs, input);
    require_inside(certificate.public_key, certificate.tbs);
    require_inside(certificate.extensions, certificate.tbs);
    require_inside(certificate.signature, input);
    r = der_reader_init(certificate.extensions);
    while (der_peek(&r) != DER_END) {
        der_extension_read(&r, &extension);
        require(der_extension_find(&certificate, extension.oid, &found));
        require(found.value.data == extension.value.data);
    }
    require(der_reader_finish(&r) == TPS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);
    tps_error why = {TPS_OK, 0, NULL};

    if (der_check(input, &why) == TPS_OK) {
        der_reader r = der_reader_init(input);

        require(der_skip(&r).size == size && der_reader_finish(&r) == TPS_OK);
        write_again(input);
    } else {
        require(why.status != TPS_OK && why.offset <= size);
    }
    read_blindly(input);
    read_certificate(input);
    return 0;
}
