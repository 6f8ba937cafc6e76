/* SPDX-License-Identifier: Apache-2.0 */
/* Which claim of evidence gets which fact. The claims' encodings are format's. Facts that can change are
 * asked for at each evidence: lifecycle, debug state, registers, applications, what is staged. */
#include "component/core/core.h"
#include "component/services/attestation/parts.h"
#include "component/services/measurement.h"
#include "component/services/update.h"
#include "tps/psa.h"
#include "tps/secret.h"

#define AUD_MAX 256u
/** The head of a tagged COSE_Sign1. */
#define TAG_SIGN1 0xd2u

/* ---- what is so now ---- */

/** Lists of claims, one after another in state->lists. */
typedef struct {
    tps_buf room;
    tps_status status;
} list_room;

static tps_span close_list(list_room *lists, const tps_cbor_writer *w)
{
    tps_span encoded;
    tps_status status = tps_cbor_writer_finish(w, &encoded);

    if (status != TPS_OK) {
        lists->status = status;
        return TPS_SPAN_EMPTY;
    }
    lists->room.data += encoded.size;
    lists->room.size -= encoded.size;
    return encoded;
}

/** In pairwise mode what others see, too, is shown under a key of this provider's own. */
static tps_status blind(const tps_attester *attester, tps_span content, uint8_t blinded[32])
{
    return tps_crypto_hmac_sha256(attester->bootseed, content, blinded);
}

static tps_span put_registers(tps_request *request, const tps_attester *attester, list_room *lists)
{
    const tps_register_head *heads[TPS_REGISTERS_MAX];
    size_t count = tps_measurement_heads(request->component, heads);
    tps_cbor_writer w = tps_cbor_writer_init(lists->room);
    tps_status status = TPS_OK;

    tps_cbor_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        const tps_register_head *head = heads[i];
        uint8_t blinded[32] = {0};

        if (attester->is_pairwise && status == TPS_OK) {
            status = blind(attester, TPS_SPAN_OF(head->head), blinded);
        }
        tps_cbor_put_array(&w, attester->is_pairwise ? 2 : head->has_application ? 4 : 3);
        tps_cbor_put_uint(&w, head->number);
        tps_cbor_put_bytes(&w, attester->is_pairwise ? TPS_SPAN_OF(blinded) : TPS_SPAN_OF(head->head));
        if (!attester->is_pairwise) {
            tps_cbor_put_uint(&w, head->count);
        }
        if (!attester->is_pairwise && head->has_application) {
            tps_cbor_put_bytes(&w, TPS_SPAN_OF(head->application));
        }
    }
    lists->status = lists->status == TPS_OK ? status : lists->status;
    return close_list(lists, &w);
}

static tps_span put_applications(tps_request *request, const tps_attester *attester, list_room *lists)
{
    size_t count;
    const tps_application *applications = tps_component_applications(request->component, &count);
    tps_cbor_writer w = tps_cbor_writer_init(lists->room);
    uint8_t blinded[32];
    tps_span list;

    tps_cbor_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_array(&w, 2);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(applications[i].digest));
        tps_cbor_put_uint(&w, applications[i].starts);
    }
    list = close_list(lists, &w);
    if (!attester->is_pairwise || lists->status != TPS_OK) {
        return list; /* what failed before must not be forgotten */
    }
    lists->status = blind(attester, list, blinded);
    w = tps_cbor_writer_init(lists->room);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(blinded));
    return lists->status == TPS_OK ? close_list(lists, &w) : TPS_SPAN_EMPTY;
}

static tps_span put_staged(tps_request *request, list_room *lists)
{
    const tps_update_staging *staged;
    tps_status status = tps_update_staged(request->component, &staged);
    tps_cbor_writer w = tps_cbor_writer_init(lists->room);

    if (status != TPS_OK) {
        tps_cbor_put_null(&w); /* it cannot be told, and evidence says so */
        return close_list(lists, &w);
    }
    tps_cbor_put_array(&w, staged->count);
    for (size_t i = 0; i < staged->count; i++) {
        const tps_update_record *record = &staged->records[i];

        tps_cbor_put_array(&w, 3);
        tps_cbor_put_text(&w, record->image);
        tps_cbor_put_text(&w, record->version);
        tps_cbor_put_bytes(&w, TPS_SPAN_OF(record->digest));
    }
    return close_list(lists, &w);
}

/* ---- what may be asked for ---- */

/** The claims that a request may leave out. */
static const int64_t optional_claims[] = {TPS_EAT_HWVERSION, TPS_EAT_OEMBOOT, TPS_EAT_BOOTCOUNT,
                                          TPS_EAT_BOOTSEED,  TPS_EAT_SWNAME,  TPS_EAT_SWVERSION};

static bool can_leave_out(tps_span labels)
{
    tps_cbor_reader r = tps_cbor_reader_init(labels);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    bool can = true;

    while (tps_cbor_next(&r, &list)) {
        int64_t label = tps_cbor_get_int(&r);
        bool found = false;

        for (size_t i = 0; i < sizeof(optional_claims) / sizeof(optional_claims[0]); i++) {
            found = found || optional_claims[i] == label;
        }
        can = can && found;
    }
    return can && tps_cbor_reader_finish(&r) == TPS_OK;
}

static bool is_left_out(tps_span labels, int64_t wanted)
{
    tps_cbor_reader r = tps_cbor_reader_init(labels);
    tps_cbor_list list;
    bool found = false;

    if (labels.size == 0) {
        return false;
    }
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        found = tps_cbor_get_int(&r) == wanted || found;
    }
    return found;
}

/** Nested tokens: each a signed COSE message of its own, so that nobody takes it for ours.
 */
static bool are_tokens(tps_span submods)
{
    tps_cbor_limits limits = tps_cbor_limits_message;
    tps_cbor_reader r = tps_cbor_reader_init(submods);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    bool are = map.left > 0 && map.left <= TPS_DEVICE_SUBMODS_MAX && submods.size <= TPS_SUBMODS_SIZE_MAX;

    limits.form = &tps_cbor_deterministic;
    while (are && tps_cbor_next(&r, &map)) {
        tps_span name = tps_cbor_get_text(&r);
        tps_span token = tps_cbor_get_bytes(&r);
        tps_cose_message message;

        are = name.size > 0 && name.size <= 255 && token.size > 0 && token.data[0] == TAG_SIGN1 &&
              tps_cose_sign1_parse(token, &message, NULL) == TPS_OK;
    }
    return are && tps_cbor_reader_finish(&r) == TPS_OK &&
           tps_cbor_check(submods, &limits, NULL, NULL) == TPS_OK;
}

static uint32_t judge_psa(const tps_evidence_wish *wish, const tps_attester *attester)
{
    size_t n = wish->nonce.size;

    if (attester->is_pairwise) {
        return TPS_EVIDENCE_ERROR_PROFILE; /* it has no way not to name the device */
    }
    if (!attester->is_iak) {
        return TPS_EVIDENCE_ERROR_KEY;
    }
    if (n != 32 && n != 48 && n != 64) {
        return TPS_EVIDENCE_ERROR_NONCE;
    }
    return wish->aud.data != NULL || wish->intuse != 0 || wish->leave_out.size > 0 ||
                   wish->submods.size > 0 || wish->cnf.size > 0
               ? TPS_EVIDENCE_ERROR_CLAIM
               : 0;
}

uint32_t attestation_judge_wish(const tps_component *component, const tps_evidence_wish *wish,
                                const tps_attester *attester)
{
    const tps_handover *m = tps_component_handover(component);

    if (!m->is_made || m->image_count == 0) {
        return TPS_EVIDENCE_ERROR_NOT_MADE;
    }
    if (wish->profile == TPS_EVIDENCE_PSA) {
        return judge_psa(wish, attester);
    }
    if (wish->profile != TPS_EVIDENCE_OPENTPS) {
        return TPS_EVIDENCE_ERROR_PROFILE;
    }
    if (wish->nonce.size < 8 || wish->nonce.size > 64) {
        return TPS_EVIDENCE_ERROR_NONCE;
    }
    if (wish->aud.data != NULL && (wish->aud.size == 0 || wish->aud.size > AUD_MAX)) {
        return TPS_EVIDENCE_ERROR_CLAIM;
    }
    if (wish->intuse > TPS_EAT_USE_PROOF_OF_POSSESSION ||
        (wish->leave_out.size > 0 && !can_leave_out(wish->leave_out))) {
        return TPS_EVIDENCE_ERROR_CLAIM;
    }
    return wish->submods.size > 0 && !are_tokens(wish->submods) ? TPS_EVIDENCE_ERROR_SUBMODULE : 0;
}

/* ---- the two profiles ---- */

tps_status tps_attestation_client_id(const tps_login *login, int32_t *client_id)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_digest digest;
    uint32_t bits = 0;

    tps_login_owner(login, owner);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(owner), &digest));
    for (size_t i = 0; i < 4; i++) {
        bits |= (uint32_t)digest.bytes[i] << (8 * i);
    }
    *client_id = -1 - (int32_t)(bits & 0x7fffffffu);
    return TPS_OK;
}

tps_status attestation_encode_psa(tps_request *request, const tps_evidence_wish *wish,
                                  const tps_attester *attester, tps_span *encoded, tps_error *why)
{
    /* RFC 9783 has no way to leave the signer out; no key hashes to zero. */
    static const uint8_t nobody[32] = {0};
    const tps_handover *m = tps_component_handover(request->component);
    uint32_t debug = tps_component_debug(request->component);
    uint32_t lifecycle = tps_lifecycle_under_debug(tps_component_lifecycle(request->component), debug);
    tps_attestation_state *a = request->state;
    tps_psa_claims claims = {
        .nonce = wish->nonce,
        .instance_id = attester->id,
        .implementation_id = m->identity.class_id,
        .lifecycle = tps_lifecycle_in_psa(lifecycle),
        .boot_seed = attester->bootseed,
        .component_count = m->image_count,
    };

    TPS_TRY(tps_attestation_client_id(&request->session->login, &claims.client_id));
    for (size_t i = 0; i < m->image_count; i++) {
        const tps_boot_image *image = &m->images[i];

        claims.components[i] = (tps_psa_component){
            .type = tps_span_of_text(image->name),
            .measurement = TPS_SPAN_OF(image->digest),
            .version = tps_span_of_text(image->version),
            .signer_id = image->is_signed ? TPS_SPAN_OF(image->signer_id) : TPS_SPAN_OF(nobody),
        };
    }
    return tps_psa_encode(&claims, TPS_BUF_OF(a->claims), encoded, why);
}

/** The state now, in the claims of the profile's own. */
static tps_status add_state(tps_request *request, const tps_attester *attester, tps_device_claims *claims)
{
    const tps_handover *m = tps_component_handover(request->component);
    const tps_login *login = &request->session->login;
    tps_attestation_state *a = request->state;
    list_room lists = {.room = TPS_BUF_OF(a->lists), .status = TPS_OK};
    uint32_t debug = tps_component_debug(request->component);

    claims->present |= TPS_DEVICE_HAS_LIFECYCLE | TPS_DEVICE_HAS_SECURITY_COUNTER;
    claims->dbgstat = (uint8_t)debug;
    claims->lifecycle = tps_lifecycle_under_debug(tps_component_lifecycle(request->component), debug);
    claims->security_counter = m->security_counter;
    claims->binder_origin = TPS_DEVICE_BINDER_CALLER;
    if (login->method >= TPSC_LOGIN_APPLICATION) { /* the first stage verified and started it */
        claims->binder_origin = TPS_DEVICE_BINDER_APPLICATION;
        claims->application = TPS_SPAN_OF(login->application);
    }
    claims->registers = put_registers(request, attester, &lists);
    claims->applications = put_applications(request, attester, &lists);
    claims->staged = put_staged(request, &lists);
    return lists.status;
}

/** The claims that a request may leave out. */
static void add_optional(const tps_handover *m, const tps_evidence_wish *wish, const tps_attester *attester,
                         tps_device_claims *claims)
{
    const tps_boot_image *last = &m->images[m->image_count - 1];

    if (!is_left_out(wish->leave_out, TPS_EAT_HWVERSION)) {
        claims->hwversion = m->identity.hwversion;
    }
    if (!is_left_out(wish->leave_out, TPS_EAT_OEMBOOT)) {
        claims->present |= TPS_DEVICE_HAS_OEMBOOT;
        claims->oemboot = m->are_all_signed;
    }
    if (m->has_boot_count && !attester->is_pairwise && !is_left_out(wish->leave_out, TPS_EAT_BOOTCOUNT)) {
        claims->present |= TPS_DEVICE_HAS_BOOTCOUNT;
        claims->bootcount = m->boot_count;
    }
    if (!is_left_out(wish->leave_out, TPS_EAT_BOOTSEED)) {
        claims->bootseed = attester->bootseed;
    }
    if (!is_left_out(wish->leave_out, TPS_EAT_SWNAME)) {
        claims->swname = tps_span_of_text(last->name);
    }
    if (!is_left_out(wish->leave_out, TPS_EAT_SWVERSION)) {
        claims->swversion = tps_span_of_text(last->version);
    }
}

tps_status attestation_encode_opentps(tps_request *request, const tps_evidence_wish *wish,
                                      const tps_attester *attester, tps_span *encoded, tps_error *why)
{
    const tps_handover *m = tps_component_handover(request->component);
    tps_attestation_state *a = request->state;
    tps_device_claims claims = {
        .present = wish->intuse != 0 ? TPS_DEVICE_HAS_INTUSE : 0u,
        .profile = TPS_SPAN_LITERAL(TPS_DEVICE_PROFILE),
        .nonce = wish->nonce,
        .aud = wish->aud,
        .oemid = m->identity.oemid,
        .hwmodel = m->identity.class_id,
        .cnf = wish->cnf,
        .pairwise_id = wish->pairwise_id,
        .submods = wish->submods,
        .intuse = (uint32_t)wish->intuse,
        .component_count = m->image_count,
    };

    if (attester->is_pairwise) {
        claims.sueid_label = TPS_SPAN_LITERAL("p");
        claims.sueid = attester->id;
    } else {
        claims.ueid = attester->id;
    }
    add_optional(m, wish, attester, &claims);
    TPS_TRY(add_state(request, attester, &claims));
    for (size_t i = 0; i < m->image_count; i++) {
        const tps_boot_image *image = &m->images[i];

        claims.components[i] = (tps_device_component){
            .name = tps_span_of_text(image->name),
            .version = tps_span_of_text(image->version),
            .digest = TPS_SPAN_OF(image->digest),
            .signer_id = image->is_signed ? TPS_SPAN_OF(image->signer_id) : TPS_SPAN_EMPTY,
        };
    }
    return tps_device_claims_encode(&claims, TPS_BUF_OF(a->claims), encoded, why);
}
