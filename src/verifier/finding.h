/* SPDX-License-Identifier: Apache-2.0 */
/* Writing findings: texts that quote evidence are cleaned, so that no device can write to a terminal. */
#ifndef TPS_VERIFIER_FINDING_H
#define TPS_VERIFIER_FINDING_H

#include "tps/verifier.h"

/** Bytes of a text that are shown at most. */
#define TEXT_SHOWN_MAX 64u

/** For printf's "%.*s": a span as text, cut at that size. */
#define TEXT_OF(span)                                                   \
    (int)((span).size > TEXT_SHOWN_MAX ? TEXT_SHOWN_MAX : (span).size), \
        (span).size == 0 ? "" : (const char *)(span).data

/**
 * A new finding that worsens its claim to `value`, and an empty one to write into when there is no more room.
 * The caller fills cause, next_step and what else it has.
 */
tps_finding *finding_add(tps_appraisal *appraisal, uint32_t claim, int8_t value, const char *name);

/** printf into one of a finding's texts, cleaned: what must not reach a terminal (escape.h) becomes '?', cut
 * between characters. */
__attribute__((format(printf, 2, 3))) void finding_text(char text[TPS_FINDING_TEXT_MAX], const char *format,
                                                        ...);

/** Cause and next step of a status, with a detail if there is one. */
void finding_of_status(tps_finding *finding, tps_status status, const tps_error *why);

/** The first `bytes` bytes in hex and "..." to `text`, which has room for 2 * bytes + 4 characters. */
void finding_hex(tps_span value, size_t bytes, char *text);

/** Cleans text in place, see finding_text(). */
void finding_clean(char *text);

#endif
