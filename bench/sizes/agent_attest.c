/* SPDX-License-Identifier: Apache-2.0 */
/* The agent of a chip: challenge-response with a server over a byte stream, evidence from the component
 * through the TPS Client API, and a value that is kept. The component is not in this sum, nor is what is
 * below TPSC_*. */
#include "agent/challenge_response.h"
#include "agent/evidence.h"
#include "agent/services.h"
#include "caller.h"

extern tps_agent_evidence_request sizes_request;
PROVIDED tps_agent_challenge challenge;

static tps_span evidence;

tps_status sizes_entry(void)
{
    tps_agent_refusal why;

    tps_agent_challenge_begin(&challenge, sizes_request.profile, sizes_output);
    TPS_TRY(tps_agent_challenge_connected(&challenge, sizes_input, sizes_input));
    tps_agent_challenge_sent(&challenge, tps_agent_challenge_output(&challenge).size);
    tps_agent_challenge_take(&challenge, sizes_input);
    tps_agent_challenge_ended(&challenge);
    TPS_TRY(tps_agent_evidence(&sizes_request, sizes_output, &evidence, &why));
    tps_agent_challenge_respond(&challenge, evidence);
    tps_agent_challenge_poll(&challenge);
    return tps_agent_put(sizes_request.login, sizes_input, sizes_input, &why);
}
