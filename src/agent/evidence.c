/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence from the attestation service. */
#include "agent/evidence.h"

#include "component/services/attestation/attestation.h"

enum { TAG_EVIDENCE = 10, REQUEST_MAX = 352 };

static const TPSC_UUID attestation_service = TPS_AGENT_UUID_ATTESTATION;

/** What the service says when it makes none. */
static tps_status refuse_error(tps_agent_refusal *why, uint64_t error)
{
    static const char *const texts[][2] = {
        [TPS_EVIDENCE_ERROR_PROFILE] = {"the component does not know the profile",
                                        "use --profile psa or opentps"},
        [TPS_EVIDENCE_ERROR_NONCE] = {"the nonce's size is not allowed in this profile",
                                      "give 32, 48 or 64 bytes for psa, 8 to 64 for opentps"},
        [TPS_EVIDENCE_ERROR_CLAIM] = {"a claim is not part of this profile", "leave it out"},
        [TPS_EVIDENCE_ERROR_NOT_MADE] = {"the device has no identity or no firmware",
                                         "make the device: tps factory make"},
        [TPS_EVIDENCE_ERROR_KEY] = {"this key does not sign evidence of this profile",
                                    "use --profile opentps with --ak"},
    };

    if (error == 0 || error >= sizeof(texts) / sizeof(texts[0])) {
        return tps_agent_refuse_answer(why);
    }
    return tps_agent_refuse(why, TPS_COMPONENT_NO_IDENTITY, texts[error][0], texts[error][1]);
}

static tps_status write_request(const tps_agent_evidence_request *request, tps_buf room, tps_span *message)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_tag(&w, TAG_EVIDENCE);
    tps_cbor_put_map(&w, 2u + (request->aud.size != 0) + (request->key != 0));
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, request->profile);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, request->nonce);
    if (request->aud.size != 0) {
        tps_cbor_put_uint(&w, 3);
        tps_cbor_put_text_span(&w, request->aud);
    }
    if (request->key != 0) {
        tps_cbor_put_uint(&w, 5);
        tps_cbor_put_uint(&w, request->key);
    }
    return tps_cbor_writer_finish(&w, message);
}

static tps_status read_answer(tps_cbor_reader *r, tps_cbor_list *map, tps_span *evidence,
                              tps_agent_refusal *why)
{
    tps_span made = TPS_SPAN_EMPTY;
    uint64_t error = 0;

    while (tps_cbor_next(r, map)) {
        switch (tps_cbor_get_uint(r)) {
        case 1: made = tps_cbor_get_bytes(r); break;
        case 2: error = tps_cbor_get_uint(r); break;
        default: (void)tps_cbor_skip(r); break;
        }
    }
    if (made.size == 0 || r->status != TPS_OK) {
        return refuse_error(why, r->status == TPS_OK ? error : 0);
    }
    *evidence = made;
    return TPS_OK;
}

tps_status tps_agent_evidence(const tps_agent_evidence_request *request, tps_buf room, tps_span *evidence,
                              tps_agent_refusal *why)
{
    uint8_t bytes[REQUEST_MAX];
    tps_span message;
    tps_cbor_reader r;
    tps_cbor_list map;

    why->result = TPSC_SUCCESS;
    if (write_request(request, TPS_BUF_OF(bytes), &message) != TPS_OK) {
        return tps_agent_refuse(why, TPS_TOO_LARGE, "the nonce or the audience is too long",
                                "give a shorter one");
    }
    TPS_TRY(tps_agent_ask(&attestation_service, request->login, message, room, TAG_EVIDENCE, &r, &map, why));
    return read_answer(&r, &map, evidence, why);
}
