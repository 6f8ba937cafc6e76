/* SPDX-License-Identifier: Apache-2.0 */
/* Values of registers in evidence. */
#ifndef TPS_FORMAT_TPM_PCRS_H
#define TPS_FORMAT_TPM_PCRS_H

#include "tps/tpm.h"

/** Whether checked CBOR is a list of values as evidence has it. @retval TPS_TPM_BAD_EVIDENCE */
TPS_MUST_USE tps_status tpm_pcrs_are_good(tps_span encoded);

#endif
