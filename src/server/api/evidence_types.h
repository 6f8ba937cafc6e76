/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file evidence_types.h
 * The media types of evidence that are taken: which one a request names, and whether its body begins like it.
 * The list is the one of every session's `accept` (tps_evidence_types()).
 */
#ifndef TPS_SERVER_API_EVIDENCE_TYPES_H
#define TPS_SERVER_API_EVIDENCE_TYPES_H

#include "server/http/route.h"
#include "tps/tpm.h"

/** The largest body of evidence, in bytes: a TPM's with its event log, by itself or in a wrapper of CBOR. All
 * other evidence has at most TPS_SERVICE_EVIDENCE_MAX. */
#define TPS_EVIDENCE_BODY_MAX TPS_TPM_EVIDENCE_MAX

/** None of the list. */
#define TPS_EVIDENCE_TYPE_NONE SIZE_MAX

/** Which of the list a media type is, as RFC 9110 compares them; TPS_EVIDENCE_TYPE_NONE for none. */
size_t tps_evidence_type_find(tps_span media_type);

/** The type as the list spells it; lives for ever. */
tps_span tps_evidence_type_text(size_t type);

/** The same as a JSON string, with its quotes. */
tps_span tps_evidence_type_json(size_t type);

/** The whole list as a JSON array. */
tps_span tps_evidence_types_json(void);

/** True for one signed message of CBOR: neither a wrapper nor what begins like one is looked into. */
bool tps_evidence_type_is_message(size_t type);

/** True for the wrappers (CMW, RFC 9999). */
bool tps_evidence_type_is_wrapper(size_t type);

/** The largest body that a request may bring, by its Content-Type alone. */
uint64_t tps_evidence_body_max(const tps_http_request *request);

/** How many bytes evidence of this type may have, of which `body` has the first ones. */
size_t tps_evidence_type_max(size_t type, tps_span body);

/**
 * @brief Whether a body begins like its type.
 * @param[out] next_step  For the client, where it does not.
 * @return The cause where it does not, else NULL.
 */
const char *tps_evidence_type_contradiction(tps_span body, size_t type, const char **next_step);

#endif
