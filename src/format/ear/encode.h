/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a result with extensions that are written while the writer runs: for the verifier's own. */
#ifndef TPS_FORMAT_EAR_ENCODE_H
#define TPS_FORMAT_EAR_ENCODE_H

#include "format/dual/writer.h"
#include "tps/ear.h"

/** What is put beside a result's own claims: keys and values, in CBOR `count` of each, in order, with labels
 * below -65,536 or of text. */
typedef struct {
    uint32_t count;
    void (*put)(const void *context, dual_writer *writer);
    const void *context;
} ear_extension;

/** The extensions of a result, and of each of its appraisals in their order. */
typedef struct {
    ear_extension result;
    const ear_extension *appraisals;
} ear_extensions;

/** Puts the claims into a writer. `extensions` may be NULL. TPS_BAD_ARGUMENT: what the generation has no
 * place for. */
TPS_MUST_USE tps_status ear_put(dual_writer *writer, const tps_ear_content *content,
                                const ear_extensions *extensions);

#endif
