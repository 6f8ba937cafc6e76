/* SPDX-License-Identifier: Apache-2.0 */
/* Findings and their texts. */
#include "verifier/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "format/text/escape.h"
#include "format/text/hex.h"

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

void finding_clean(char *text)
{
    size_t size = strlen(text);
    char *to = text;

    for (size_t at = 0, length; at < size; at += length) {
        if (text[at] >= ' ' && text[at] <= '~') { /* what nearly all texts are made of */
            length = 1;
            *to++ = text[at];
        } else if (escape_is_shown(tps_span_make(text + at, size - at), &length)) {
            memmove(to, text + at, length);
            to += length;
        } else {
            *to++ = '?';
        }
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

    snprintf(text + hex_write(tps_span_make(value.data, shown), text), 4, "%s",
             shown < value.size ? "..." : "");
}
