/* SPDX-License-Identifier: Apache-2.0 */
/* The event log of one appraisal: replayed, and its events to be found by their digests. */
#ifndef TPS_VERIFIER_EVIDENCE_TPM_LOG_H
#define TPS_VERIFIER_EVIDENCE_TPM_LOG_H

#include "verifier/trust/tpm.h"

/** Reads the log, replays it in `bank`, and fills the room's table of events. Errors as
 * tps_tpm_log_decode() and tps_tpm_log_replay(). */
TPS_MUST_USE tps_status tpm_log_take(tps_span encoded, uint32_t bank, tps_tpm_log *log, tpm_room *room,
                                     tps_error *why);

/** Marks all events of a register with this digest. @return How many there are. */
size_t tpm_log_endorse(tpm_room *room, uint32_t pcr, tps_span digest);

/** The first event of a register, in the order of the log, that is not endorsed. NULL when all are. */
const tpm_event *tpm_log_first_unendorsed(const tpm_room *room, uint32_t pcr);

#endif
