/* SPDX-License-Identifier: Apache-2.0 */
/* Measurements in words, for findings: one member of one measurement a line. */
#include <stdarg.h>
#include <stdio.h>

#include "verifier/finding.h"
#include "verifier/match/measurement.h"

enum { DIGESTS_SHOWN = 2, DIGEST_BYTES_SHOWN = 8, RAW_BYTES_SHOWN = 16 };

/* A finding's text that is being written. */
typedef struct {
    char *text;
    size_t used;
} line;

/* printf behind what is there already, cut at the end. */
__attribute__((format(printf, 2, 3))) static void append(line *to, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(to->text + to->used, TPS_FINDING_TEXT_MAX - to->used, format, arguments);
    va_end(arguments);
    to->used += strlen(to->text + to->used);
}

/* At most 64 bytes of a text that is not empty. */
static void append_span(line *to, tps_span text)
{
    append(to, "%.*s", text.size > 64 ? 64 : (int)text.size, (const char *)text.data);
}

static void append_hex(line *to, tps_span bytes, size_t shown)
{
    char hex[2 * RAW_BYTES_SHOWN + 4];

    finding_hex(bytes, shown, hex);
    append(to, "%s", hex);
}

static void append_digest(line *to, const tps_corim_digest *digest)
{
    switch (digest->alg) {
    case TPS_ALG_SHA256: append(to, "sha-256 "); break;
    case TPS_ALG_SHA384: append(to, "sha-384 "); break;
    case TPS_ALG_SHA512: append(to, "sha-512 "); break;
    default:
        if (digest->name.text.size != 0) {
            append_span(to, digest->name.text);
            append(to, " ");
        } else {
            append(to, "algorithm %lld ", (long long)digest->name.number);
        }
        break;
    }
    append_hex(to, digest->value, DIGEST_BYTES_SHOWN);
}

static void append_digests(line *to, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;
    size_t count = 0;

    while (tps_corim_next_digest(&cursor, &digest)) {
        if (count == DIGESTS_SHOWN) {
            append(to, ", ...");
            return;
        }
        append(to, "%s", count++ == 0 ? "" : ", ");
        append_digest(to, &digest);
    }
}

static void append_flag(line *to, const tps_corim_measurement *m, uint32_t flag)
{
    if ((m->flags_present >> flag & 1) != 0) {
        append(to, "\"%s\" is %s", tps_corim_flag_name(flag), (m->flags >> flag & 1) != 0 ? "true" : "false");
    }
}

static bool is_named(const tps_cbor_item *id, const tps_cbor_item *wanted)
{
    return id->type == wanted->type && id->value == wanted->value && tps_span_equal(id->bytes, wanted->bytes);
}

static void append_register(line *to, const tps_corim_registers *registers, const tps_cbor_item *id)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*registers);
    tps_corim_register found;

    while (tps_corim_next_register(&cursor, &found)) {
        if (is_named(&found.id, id)) {
            if (id->type == TPS_CBOR_TEXT) {
                append(to, "register \"");
                append_span(to, id->bytes);
                append(to, "\" ");
            } else {
                append(to, "register %llu ", (unsigned long long)id->value);
            }
            append_digests(to, &found.digests);
            return;
        }
    }
}

static void append_key(line *to, const tps_corim_keys *keys)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*keys);
    tps_corim_key key;

    if (!tps_corim_next_key(&cursor, &key)) {
        return;
    }
    append(to, "%s ", tps_corim_tag_name(key.tag));
    if (key.digest.value.size != 0) {
        append_digest(to, &key.digest);
    } else if (key.tag == TPS_CORIM_TAG_BYTES || key.tag == TPS_CORIM_TAG_CERTIFICATE_DER) {
        append_hex(to, key.value, DIGEST_BYTES_SHOWN);
    }
    append(to, "%s", keys->count > 1 ? ", ..." : "");
}

static void append_bound(line *to, bool is_there, int64_t bound)
{
    if (is_there) {
        append(to, "%lld", (long long)bound);
    } else {
        append(to, "any");
    }
}

static void append_range(line *to, const tps_corim_range *range)
{
    append_bound(to, range->is_number || range->has_min, range->min);
    if (!range->is_number) {
        append(to, " to ");
        append_bound(to, range->has_max, range->max);
    }
}

static void append_named_hex(line *to, const char *what, tps_span bytes)
{
    if (bytes.size != 0) {
        append(to, "%s ", what);
        append_hex(to, bytes, RAW_BYTES_SHOWN);
    }
}

static void append_raw_value(line *to, const tps_corim_measurement *m)
{
    append_named_hex(to, "value", m->raw_value);
    if (m->raw_mask.size != 0) {
        append_named_hex(to, ", of which count the bits", m->raw_mask);
    }
}

static void append_text(line *to, const char *what, tps_span text)
{
    if (text.size != 0) {
        append(to, "%s%s\"", what, what[0] == '\0' ? "" : " ");
        append_span(to, text);
        append(to, "\"");
    }
}

const char *measurement_member_name(uint32_t member)
{
    static const char *const names[] = {
        "nothing", "version", "svn",  "digests", "flags", "raw-value", "mac-address", "ip-address",
        "serial",  "ueid",    "uuid", "name",    "keys",  "register",  "range",       "extension"};

    return names[member < MEASUREMENT_MEMBERS ? member : MEASUREMENT_EXTENSION];
}

void measurement_show(const tps_corim_measurement *m, const measurement_difference *difference,
                      char text[TPS_FINDING_TEXT_MAX])
{
    line to = {text, 0};

    text[0] = '\0';
    switch (difference->member) {
    case MEASUREMENT_VERSION: append_text(&to, "version", m->version); break;
    case MEASUREMENT_SVN:
        if (m->has_svn) {
            append(&to, "svn %s%llu", m->svn_tag == TPS_CORIM_TAG_MIN_SVN ? "at least " : "",
                   (unsigned long long)m->svn);
        }
        break;
    case MEASUREMENT_DIGESTS: append_digests(&to, &m->digests); break;
    case MEASUREMENT_FLAGS: append_flag(&to, m, difference->flag); break;
    case MEASUREMENT_RAW_VALUE: append_raw_value(&to, m); break;
    case MEASUREMENT_MAC: append_named_hex(&to, "MAC address", m->mac); break;
    case MEASUREMENT_IP: append_named_hex(&to, "IP address", m->ip); break;
    case MEASUREMENT_SERIAL: append_text(&to, "serial number", m->serial); break;
    case MEASUREMENT_UEID: append_named_hex(&to, "UEID", m->ueid); break;
    case MEASUREMENT_UUID: append_named_hex(&to, "UUID", m->uuid); break;
    case MEASUREMENT_NAME: append_text(&to, "name", m->name); break;
    case MEASUREMENT_KEYS: append_key(&to, &m->keys); break;
    case MEASUREMENT_REGISTERS: append_register(&to, &m->registers, &difference->id); break;
    case MEASUREMENT_RANGE:
        if (m->range.is_present) {
            append_range(&to, &m->range);
        }
        break;
    default: break;
    }
}

void measurement_show_key(const tps_corim_value *key, char text[TPS_FINDING_TEXT_MAX])
{
    line to = {text, 0};

    text[0] = '\0';
    switch (key->kind) {
    case TPS_CORIM_ABSENT: break;
    case TPS_CORIM_TEXT: append_text(&to, "", key->bytes); break;
    case TPS_CORIM_UINT: append(&to, "%llu", (unsigned long long)key->number); break;
    default: append_hex(&to, key->bytes, DIGEST_BYTES_SHOWN); break;
    }
}
