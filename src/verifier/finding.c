/* SPDX-License-Identifier: Apache-2.0 */
/* Findings and their texts. */
#include "verifier/finding.h"

#include <stdarg.h>
#include <stdio.h>

/* In the order of badness: how far a value is from affirming. */
static bool is_worse(int8_t value, int8_t than)
{
    uint8_t tier = tps_ear_tier_of(value);
    uint8_t other = tps_ear_tier_of(than);

    /* No claim at all is worse than an affirming one, and better than a bad one. */
    if (tier == TPS_EAR_TIER_NONE || other == TPS_EAR_TIER_NONE) {
        return tier == TPS_EAR_TIER_NONE ? other == TPS_EAR_TIER_AFFIRMING : tier > TPS_EAR_TIER_AFFIRMING;
    }
    return tier > other;
}

tps_finding *finding_add(tps_appraisal *appraisal, uint32_t claim, int8_t value, const char *name)
{
    size_t at = appraisal->finding_count < TPS_FINDINGS_MAX ? appraisal->finding_count : TPS_FINDINGS_MAX - 1;
    tps_finding *finding = &appraisal->findings[at];

    if (is_worse(value, appraisal->vector[claim])) {
        appraisal->vector[claim] = value;
    }
    *finding = (tps_finding){.claim = claim, .value = value};
    snprintf(finding->name, sizeof finding->name, "%s", name);
    appraisal->finding_count = at + 1;
    return finding;
}

/* Bytes of the UTF-8 character at `at`, or 0 when it is cut or none. */
static size_t character_size(const char *at)
{
    unsigned char first = (unsigned char)*at;
    size_t size = first < 0x80   ? 1
                  : first < 0xc2 ? 0
                  : first < 0xe0 ? 2
                  : first < 0xf0 ? 3
                  : first < 0xf5 ? 4
                                 : 0;

    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

/* Controls (C0, DEL, C1), and what turns the direction of writing. */
static bool is_unprintable(const char *at, size_t size)
{
    unsigned char first = (unsigned char)at[0];
    unsigned char second = size > 1 ? (unsigned char)at[1] : 0;
    unsigned char third = size > 2 ? (unsigned char)at[2] : 0;

    if (size == 1) {
        return first < 0x20 || first == 0x7f;
    }
    if (size == 2) {
        return first == 0xc2 && second < 0xa0;
    }
    return size == 3 && first == 0xe2 &&
           ((second == 0x80 && (third >= 0x8e && third <= 0x8f)) ||
            (second == 0x80 && third >= 0xa8 && third <= 0xae) ||
            (second == 0x81 && third >= 0xa6 && third <= 0xa9));
}

void finding_clean(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        size_t size = character_size(at);
        if (size == 0 || is_unprintable(at, size)) {
            *to++ = '?';
            at += size == 0 ? 1 : size;
            continue;
        }
        memmove(to, at, size);
        to += size;
        at += size;
    }
    *to = '\0';
}

void finding_text(char text[TPS_FINDING_TEXT_MAX], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, TPS_FINDING_TEXT_MAX, format, arguments);
    va_end(arguments);
    finding_clean(text);
}

void finding_of_status(tps_finding *finding, tps_status status, const tps_error *why)
{
    bool has_detail = why != NULL && why->status == status && why->detail != NULL;

    finding->status = status;
    finding_text(finding->cause, "%s%s%s%s", tps_status_cause(status), has_detail ? " (" : "",
                 has_detail ? why->detail : "", has_detail ? ")" : "");
    if (why != NULL && why->status == status && why->offset != 0) {
        finding_text(finding->evidence, "at byte %zu", why->offset);
    }
    finding_text(finding->next_step, "%s", tps_status_next_step(status));
}

void finding_hex(tps_span value, size_t bytes, char *text)
{
    size_t shown = value.size < bytes ? value.size : bytes;

    for (size_t i = 0; i < shown; i++) {
        snprintf(text + 2 * i, 3, "%02x", value.data[i]);
    }
    snprintf(text + 2 * shown, 4, "%s", shown < value.size ? "..." : "");
}
