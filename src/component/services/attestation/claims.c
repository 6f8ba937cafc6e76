/* SPDX-License-Identifier: Apache-2.0 */
/* Which claim gets which fact: a table for each profile. Facts that can change are asked for at each
 * evidence: lifecycle, debug state, registers, applications, what is staged. */
#include "component/core/core.h"
#include "component/services/attestation/parts.h"
#include "component/services/measurement.h"
#include "component/services/update.h"
#include "tps/psa.h"

#define AUD_MAX 256u
/** The head of a tagged COSE_Sign1. */
#define TAG_SIGN1 0xd2u
/** Bytes of an entry of the list of applications, at most: [digest, starts]. */
#define APPLICATION_SIZE_MAX 40u

/** How a claim is written. First spans, which are left out when they are empty, then numbers, which are left
 * out when they are ATTESTATION_ABSENT, then what is always there. */
enum {
    AS_BYTES,
    AS_TEXT,
    AS_ENCODED, /**< CBOR as it stands */
    AS_VERSION, /**< [text] */
    AS_SUEID,   /**< {"p": bytes} */
    AS_UINT,
    AS_NINT, /**< -1 - n */
    AS_BOOL,
    AS_COMPONENTS, /**< the images, as in a PSA token */
    AS_MEASUREMENTS,
    AS_REGISTERS,
    AS_APPLICATIONS,
    AS_STAGED,
    AS_KEY_FACTS
};

struct attestation_claim {
    int32_t label;
    uint8_t how; /**< AS_* */
    uint8_t at;  /**< where its fact lies in attestation_facts, in steps of 4 bytes */
    bool can_be_left_out;
};

#define AT(member) (offsetof(attestation_facts, member) / 4)

/* In the order of deterministic encoding (RFC 8949, 4.2.1). */
static const attestation_claim psa_claims[] = {
    {TPS_PSA_NONCE, AS_BYTES, AT(wish.nonce), false},
    {TPS_PSA_INSTANCE_ID, AS_BYTES, AT(ueid), false},
    {TPS_PSA_EAT_PROFILE, AS_TEXT, AT(profile), false},
    {TPS_PSA_BOOT_SEED, AS_BYTES, AT(bootseed), false},
    {TPS_PSA_CLIENT_ID, AS_NINT, AT(client), false},
    {TPS_PSA_LIFECYCLE, AS_UINT, AT(lifecycle), false},
    {TPS_PSA_IMPLEMENTATION_ID, AS_BYTES, AT(class_id), false},
    {TPS_PSA_SOFTWARE_COMPONENTS, AS_COMPONENTS, 0, false},
};
static const attestation_claim device_claims[] = {
    {TPS_CWT_AUD, AS_TEXT, AT(wish.aud), false},
    {TPS_CWT_CNF, AS_ENCODED, AT(wish.cnf), false},
    {TPS_EAT_NONCE, AS_BYTES, AT(wish.nonce), false},
    {TPS_EAT_UEID, AS_BYTES, AT(ueid), false},
    {TPS_EAT_SUEIDS, AS_SUEID, AT(sueid), false},
    {TPS_EAT_OEMID, AS_BYTES, AT(oemid), false},
    {TPS_EAT_HWMODEL, AS_BYTES, AT(class_id), false},
    {TPS_EAT_HWVERSION, AS_VERSION, AT(hwversion), true},
    {TPS_EAT_OEMBOOT, AS_BOOL, AT(oemboot), true},
    {TPS_EAT_DBGSTAT, AS_UINT, AT(debug), false},
    {TPS_EAT_PROFILE, AS_TEXT, AT(profile), false},
    {TPS_EAT_SUBMODS, AS_ENCODED, AT(wish.submods), false},
    {TPS_EAT_BOOTCOUNT, AS_UINT, AT(bootcount), true},
    {TPS_EAT_BOOTSEED, AS_BYTES, AT(bootseed), true},
    {TPS_EAT_SWNAME, AS_TEXT, AT(swname), true},
    {TPS_EAT_SWVERSION, AS_VERSION, AT(swversion), true},
    {TPS_EAT_MEASUREMENTS, AS_MEASUREMENTS, 0, false},
    {TPS_EAT_INTUSE, AS_UINT, AT(wish.intuse), false},
    {TPS_DEVICE_CLAIM_LIFECYCLE, AS_UINT, AT(lifecycle), false},
    {TPS_DEVICE_CLAIM_SECURITY_COUNTER, AS_UINT, AT(security_counter), false},
    {TPS_DEVICE_CLAIM_BINDER_ORIGIN, AS_UINT, AT(binder_origin), false},
    {TPS_DEVICE_CLAIM_APPLICATION, AS_BYTES, AT(application), false},
    {TPS_DEVICE_CLAIM_REGISTERS, AS_REGISTERS, 0, false},
    {TPS_DEVICE_CLAIM_APPLICATIONS, AS_APPLICATIONS, 0, false},
    {TPS_DEVICE_CLAIM_STAGED, AS_STAGED, 0, false},
    {TPS_DEVICE_CLAIM_PAIRWISE, AS_BYTES, AT(wish.pairwise_id), false},
};
static const attestation_claim key_claims[] = {
    {TPS_CWT_AUD, AS_TEXT, AT(wish.aud), false},      {TPS_CWT_CNF, AS_ENCODED, AT(wish.cnf), false},
    {TPS_EAT_NONCE, AS_BYTES, AT(wish.nonce), false}, {TPS_EAT_UEID, AS_BYTES, AT(ueid), false},
    {TPS_EAT_SUEIDS, AS_SUEID, AT(sueid), false},     {TPS_EAT_PROFILE, AS_TEXT, AT(profile), false},
    {ATTESTATION_KEY_FACTS, AS_KEY_FACTS, 0, false},
};

_Static_assert(sizeof(attestation_facts) <= UINT8_MAX * 4, "AT() is a byte");

/* ---- what is so now ---- */

/** In pairwise mode what others see, too, is shown under a key of this provider's own. */
static void put_blinded(tps_cbor_writer *w, const attestation_facts *f, tps_span content)
{
    uint8_t blinded[32] = {0};
    tps_status status = tps_crypto_hmac_sha256(f->attester.bootseed, content, blinded);

    w->status = status == TPS_OK ? w->status : status;
    tps_cbor_put_bytes(w, TPS_SPAN_OF(blinded));
}

static void put_register(tps_cbor_writer *w, const attestation_facts *f, const tps_register_head *head)
{
    bool is_direct = !f->attester.is_pairwise;
    bool has_application = is_direct && head->has_application;

    tps_cbor_put_array(w, 2u + (is_direct ? 1u : 0u) + (has_application ? 1u : 0u));
    tps_cbor_put_uint(w, head->number);
    if (!is_direct) {
        put_blinded(w, f, TPS_SPAN_OF(head->head));
        return;
    }
    tps_cbor_put_bytes(w, TPS_SPAN_OF(head->head));
    tps_cbor_put_uint(w, head->count);
    if (has_application) {
        tps_cbor_put_bytes(w, TPS_SPAN_OF(head->application));
    }
}

static void put_registers(tps_cbor_writer *w, const attestation_facts *f)
{
    const tps_register_head *heads[TPS_REGISTERS_MAX];
    size_t count = HAS_OTHERS ? tps_measurement_heads(f->request->component, heads) : 0;

    tps_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        put_register(w, f, heads[i]);
    }
}

static void put_application_list(tps_cbor_writer *w, const tps_component *component)
{
    size_t count;
    const tps_application *applications = tps_component_applications(component, &count);

    tps_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_array(w, 2);
        tps_cbor_put_bytes(w, TPS_SPAN_OF(applications[i].digest));
        tps_cbor_put_uint(w, applications[i].starts);
    }
}

static void put_applications(tps_cbor_writer *w, const attestation_facts *f)
{
    uint8_t room[3 + TPS_COMPONENT_APPLICATIONS_MAX * APPLICATION_SIZE_MAX];
    tps_cbor_writer list = tps_cbor_writer_init(TPS_BUF_OF(room));

    if (!f->attester.is_pairwise) {
        put_application_list(w, f->request->component);
        return;
    }
    put_application_list(&list, f->request->component);
    put_blinded(w, f, tps_span_make(room, list.size));
}

static void put_staged(tps_cbor_writer *w, const attestation_facts *f)
{
    const tps_update_record *staged = NULL;
    size_t count;

    if (!HAS_OTHERS) {
        tps_cbor_put_array(w, 0);
        return;
    }
    if (tps_update_staged(f->request->component, &staged, &count) != TPS_OK) {
        tps_cbor_put_null(w); /* it cannot be told, and evidence says so */
        return;
    }
    tps_cbor_put_array(w, count);
    for (size_t i = 0; i < count; i++) {
        const tps_update_record *record = &staged[i];

        tps_cbor_put_array(w, 3);
        tps_cbor_put_text(w, record->image);
        tps_cbor_put_text(w, record->version);
        tps_cbor_put_bytes(w, TPS_SPAN_OF(record->digest));
    }
}

/** [[content format, bytes of the images]] (RFC 9711, 4.2.16). */
static void put_measurements(tps_cbor_writer *w, const tps_handover *h)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);

    tps_handover_put_images(&measure, h, false);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_array(w, 2);
    tps_cbor_put_uint(w, TPS_DEVICE_MEASUREMENTS_FORMAT);
    tps_cbor_put_bytes_head(w, measure.size);
    tps_handover_put_images(w, h, false);
}

/* ---- what may be asked for ---- */

static bool can_leave_out(tps_span labels)
{
    tps_cbor_reader r = tps_cbor_reader_init(labels);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    bool can = true;

    while (tps_cbor_next(&r, &list)) {
        int64_t label = tps_cbor_get_int(&r);
        bool found = false;

        for (size_t i = 0; i < sizeof(device_claims) / sizeof(device_claims[0]); i++) {
            found = found || (device_claims[i].can_be_left_out && device_claims[i].label == label);
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

/** Nested tokens: each a signed COSE message of its own, so that nobody takes it for ours. */
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

static uint32_t judge_psa(const attestation_wish *wish, const tps_attester *attester)
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
    return wish->aud.data != NULL || wish->intuse != ATTESTATION_ABSENT || wish->leave_out.size > 0 ||
                   wish->submods.size > 0 || wish->cnf.size > 0
               ? TPS_EVIDENCE_ERROR_CLAIM
               : 0;
}

uint32_t attestation_judge_wish(const tps_component *component, const attestation_wish *wish,
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
    if ((wish->intuse != ATTESTATION_ABSENT && wish->intuse - 1 >= TPS_EAT_USE_PROOF_OF_POSSESSION) ||
        (wish->leave_out.size > 0 && !can_leave_out(wish->leave_out))) {
        return TPS_EVIDENCE_ERROR_CLAIM;
    }
    return wish->submods.size > 0 && !(HAS_OTHERS && are_tokens(wish->submods)) ? TPS_EVIDENCE_ERROR_SUBMODULE
                                                                                : 0;
}

/* ---- the facts ---- */

/** -1 minus these is the client's id. */
static tps_status client_of(const tps_login *login, uint64_t *client)
{
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    tps_digest digest;
    uint32_t bits = 0;

    tps_login_owner(login, owner);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(owner), &digest));
    for (size_t i = 0; i < 4; i++) {
        bits |= (uint32_t)digest.bytes[i] << (8 * i);
    }
    *client = bits & 0x7fffffffu;
    return TPS_OK;
}

tps_status tps_attestation_client_id(const tps_login *login, int32_t *client_id)
{
    uint64_t client;

    TPS_TRY(client_of(login, &client));
    *client_id = -1 - (int32_t)client;
    return TPS_OK;
}

/** What every profile says. */
static void begin_facts(tps_request *request, attestation_facts *f)
{
    tps_span id = f->attester.id;

    f->request = request;
    f->ueid = f->attester.is_pairwise ? TPS_SPAN_EMPTY : id;
    f->sueid = f->attester.is_pairwise ? id : TPS_SPAN_EMPTY;
    f->bootseed = f->attester.bootseed;
}

void attestation_gather_key(tps_request *request, const tps_key_facts *key, attestation_facts *f)
{
    begin_facts(request, f);
    f->claims = key_claims;
    f->claims_count = sizeof(key_claims) / sizeof(key_claims[0]);
    f->profile = TPS_SPAN_LITERAL(TPS_KEY_ATTESTATION_PROFILE);
    f->key = key;
}

/** What the opentps profile says beside that of the PSA token. */
static void gather_device(const tps_handover *m, attestation_facts *f)
{
    const tps_login *login = &f->request->session->login;
    const tps_boot_image *last = &m->images[m->image_count - 1];

    f->claims = device_claims;
    f->claims_count = sizeof(device_claims) / sizeof(device_claims[0]);
    f->profile = TPS_SPAN_LITERAL(TPS_DEVICE_PROFILE);
    f->oemid = m->identity.oemid;
    f->hwversion = m->identity.hwversion;
    f->oemboot = m->are_all_signed;
    f->bootcount = m->has_boot_count && !f->attester.is_pairwise ? m->boot_count : ATTESTATION_ABSENT;
    f->swname = tps_span_of_text(last->name);
    f->swversion = tps_span_of_text(last->version);
    f->security_counter = m->security_counter;
    f->binder_origin = TPS_DEVICE_BINDER_CALLER;
    if (login->method >= TPSC_LOGIN_APPLICATION) { /* the first stage verified and started it */
        f->binder_origin = TPS_DEVICE_BINDER_APPLICATION;
        f->application = TPS_SPAN_OF(login->application);
    }
}

tps_status attestation_gather(tps_request *request, attestation_facts *f)
{
    const tps_handover *m = tps_component_handover(request->component);

    begin_facts(request, f);
    f->class_id = m->identity.class_id;
    f->debug = tps_component_debug(request->component);
    f->lifecycle = tps_lifecycle_under_debug(tps_component_lifecycle(request->component), (uint32_t)f->debug);
    if (f->wish.profile != TPS_EVIDENCE_PSA) {
        gather_device(m, f);
        return TPS_OK;
    }
    f->claims = psa_claims;
    f->claims_count = sizeof(psa_claims) / sizeof(psa_claims[0]);
    f->profile = TPS_SPAN_LITERAL(TPS_PSA_PROFILE);
    f->lifecycle = tps_lifecycle_in_psa((uint32_t)f->lifecycle);
    return client_of(&request->session->login, &f->client);
}

/* ---- writing them ---- */

static bool is_there(const attestation_claim *claim, const attestation_facts *f)
{
    const void *fact = (const uint32_t *)(const void *)f + claim->at;

    if (claim->can_be_left_out && is_left_out(f->wish.leave_out, claim->label)) {
        return false;
    }
    if (claim->how < AS_UINT) {
        return ((const tps_span *)fact)->size > 0;
    }
    return claim->how >= AS_COMPONENTS || *(const uint64_t *)fact != ATTESTATION_ABSENT;
}

static void put_claim(tps_cbor_writer *w, const attestation_claim *claim, const attestation_facts *f)
{
    const tps_handover *m = tps_component_handover(f->request->component);
    const void *fact = (const uint32_t *)(const void *)f + claim->at;
    const tps_span *span = fact;
    const uint64_t *number = fact;

    tps_cbor_put_int(w, claim->label);
    switch (claim->how) {
    case AS_BYTES: tps_cbor_put_bytes(w, *span); break;
    case AS_VERSION:
        tps_cbor_put_array(w, 1);
        tps_cbor_put_text_span(w, *span);
        break;
    case AS_TEXT: tps_cbor_put_text_span(w, *span); break;
    case AS_ENCODED: tps_cbor_put_raw(w, *span); break;
    case AS_SUEID:
        tps_cbor_put_map(w, 1);
        tps_cbor_put_text(w, "p");
        tps_cbor_put_bytes(w, *span);
        break;
    case AS_UINT: tps_cbor_put_uint(w, *number); break;
    case AS_NINT: tps_cbor_put_nint(w, *number); break;
    case AS_BOOL: tps_cbor_put_bool(w, *number != 0); break;
    case AS_COMPONENTS: tps_handover_put_images(w, m, true); break;
    case AS_MEASUREMENTS: put_measurements(w, m); break;
    case AS_REGISTERS: put_registers(w, f); break;
    case AS_APPLICATIONS: put_applications(w, f); break;
    case AS_STAGED: put_staged(w, f); break;
    default:
        if (HAS_OTHERS) {
            attestation_put_key_facts(w, f->key);
        }
        break;
    }
}

void attestation_put_claims(tps_cbor_writer *w, const attestation_facts *f)
{
    uint64_t count = 0;

    for (size_t i = 0; i < f->claims_count; i++) {
        count += is_there(&f->claims[i], f) ? 1u : 0u;
    }
    tps_cbor_put_map(w, count);
    for (size_t i = 0; i < f->claims_count; i++) {
        if (is_there(&f->claims[i], f)) {
            put_claim(w, &f->claims[i], f);
        }
    }
}
