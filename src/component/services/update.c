/* SPDX-License-Identifier: Apache-2.0 */
/* The update authorisation service: judges manifests, confirms the bytes of images, and remembers what may be
 * installed. How that is kept is update_store.c's. */
#include "component/services/update.h"

#include "component/core/core.h"
#include "component/services/members.h"
#include "component/services/update_store.h"
#include "tps/secret.h"

enum {
    TAG_AUTHORISE = 10,
    TAG_BEGIN = 11,
    TAG_CHUNK = 12,
    TAG_FINISH = 13,
    TAG_STAGE = 14,
    TAG_STAGED = 15,
    TAG_CANCEL = 16,
    TAG_SET_POLICY = 17,
    TAG_POLICY = 18
};
enum { TELL_RESULT = 1 };

/** Bytes of an answer that is one record, at most. */
#define ANSWER_RECORD_MAX 288u

/* ---- judging ---- */

/** Why a manifest could not be verified, as an error of the response; 0 if that is no fault of its own. */
static uint32_t refusal(tps_status status)
{
    uint32_t layer = status >> 16;

    switch (status) {
    case TPS_COSE_NO_KEY: return TPS_UPDATE_ERROR_SIGNER;
    case TPS_COSE_BAD_SIGNATURE:
    case TPS_CRYPTO_BAD_SIGNATURE: return TPS_UPDATE_ERROR_SIGNATURE;
    case TPS_TOO_LARGE: return TPS_UPDATE_ERROR_MALFORMED;
    default: break;
    }
    return layer == TPS_LAYER_COSE || layer == TPS_LAYER_CBOR || layer == TPS_LAYER_CLAIMS
               ? TPS_UPDATE_ERROR_MALFORMED
               : 0;
}

static tps_status fill_record(tps_span encoded, const tps_manifest *manifest, tps_update_record *out)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, encoded, &digest));
    memcpy(out->image, manifest->image.data, manifest->image.size); /* sizes: tps_manifest_verify() */
    memcpy(out->version, manifest->version.data, manifest->version.size);
    memcpy(out->digest, manifest->digest.data, sizeof(out->digest));
    memcpy(out->manifest_digest, digest.bytes, sizeof(out->manifest_digest));
    out->size = manifest->size;
    out->security_counter = manifest->security_counter;
    return TPS_OK;
}

static bool knows_image(const tps_device_identity *identity, const char *name)
{
    for (size_t i = 0; i < identity->image_count; i++) {
        if (tps_span_is_text(identity->images[i], name)) {
            return true;
        }
    }
    return false;
}

static bool is_chosen(const tps_update_policy *policy, const uint8_t signer[32])
{
    for (size_t i = 0; i < policy->signer_count; i++) {
        if (memcmp(policy->signers[i], signer, 32) == 0) {
            return true;
        }
    }
    return policy->signer_count == 0;
}

/** What can change between a manifest's judging and its staging: what runs, the counter, the owner's word. */
static tps_status judge_now(const tps_request *request, const tps_update_record *record, uint32_t *error)
{
    const tps_update_state *state = request->state;
    const tps_handover *h = tps_component_handover(request->component);
    const tps_boot_image *running = tps_handover_verified(h, record->image);
    uint64_t least;

    *error = 0;
    TPS_TRY(state->policy_status);
    TPS_TRY(request->platform->counter_read(request->platform->context, TPS_COUNTER_SECURITY, &least));
    if (running != NULL && running->security_counter > least) {
        least = running->security_counter;
    }
    if (record->security_counter < least) {
        *error = TPS_UPDATE_ERROR_TOO_OLD;
    } else if (running != NULL && strcmp(running->version, record->version) == 0) {
        *error = TPS_UPDATE_ERROR_SAME;
    } else if (state->policy.is_held) {
        *error = TPS_UPDATE_ERROR_HELD;
    } else if (!is_chosen(&state->policy, record->signer_id)) {
        *error = TPS_UPDATE_ERROR_NOT_CHOSEN;
    }
    return TPS_OK;
}

/** TPS_OK with `*error` 0: it may be installed. */
static tps_status judge(const tps_request *request, tps_span encoded, tps_update_record *record,
                        uint32_t *error, tps_error *why)
{
    const tps_handover *h = tps_component_handover(request->component);
    tps_manifest manifest;
    tps_status status;

    memset(record, 0, sizeof(*record));
    if (!h->is_made) {
        return TPS_COMPONENT_NO_IDENTITY;
    }
    status = tps_manifest_verify(encoded, h->identity.release_keys, h->identity.release_key_count, &manifest,
                                 record->signer_id, why);
    *error = status == TPS_OK ? 0 : refusal(status);
    if (status != TPS_OK) {
        return *error == 0 ? status : TPS_OK;
    }
    TPS_TRY(fill_record(encoded, &manifest, record));
    if (!tps_span_equal(manifest.class_id, h->identity.class_id)) {
        *error = TPS_UPDATE_ERROR_CLASS;
    } else if (!knows_image(&h->identity, record->image)) {
        *error = TPS_UPDATE_ERROR_IMAGE;
    } else if (record->size > TPS_UPDATE_IMAGE_MAX) {
        *error = TPS_UPDATE_ERROR_TOO_LARGE;
    }
    return *error != 0 ? TPS_OK : judge_now(request, record, error);
}

static tps_status answer_record(tps_request *request, const tps_update_record *record)
{
    tps_cbor_writer w = tps_response_map(request, 1);

    tps_cbor_put_uint(&w, TELL_RESULT);
    update_put_record(&w, record);
    return tps_response_end(request, &w);
}

/** The one member of `authorise` and `begin`. */
static tps_status read_manifest(const tps_request *request, tps_span *encoded, tps_error *why)
{
    static const tps_member_rule rule = {1, TPS_MEMBER_BYTES, false, 1, TPS_MANIFEST_MAX};
    tps_member asked;

    TPS_TRY(tps_members_read(request->body, &rule, 1, &asked, why));
    *encoded = asked.bytes;
    return TPS_OK;
}

static tps_status authorise(tps_request *request, tps_error *why)
{
    tps_update_record record;
    tps_span encoded;
    uint32_t error;

    TPS_TRY(read_manifest(request, &encoded, why));
    TPS_TRY(judge(request, encoded, &record, &error, why));
    return error != 0 ? tps_answer_error(request, error) : answer_record(request, &record);
}

/* ---- the bytes of an image ---- */

static tps_update_upload *find_upload(tps_update_state *state, uint32_t session)
{
    for (size_t i = 0; i < TPS_UPDATE_UPLOADS_MAX; i++) {
        if (state->uploads[i].session == session) {
            return &state->uploads[i];
        }
    }
    return NULL;
}

static void end_upload(tps_update_upload *upload)
{
    if (upload->is_hashing) {
        tps_crypto_hash_abort(&upload->hash);
    }
    tps_wipe(upload, sizeof(*upload));
}

static tps_status begin(tps_request *request, tps_error *why)
{
    tps_update_state *state = request->state;
    tps_update_upload *upload = find_upload(state, request->session->id);
    tps_update_record record;
    tps_span encoded;
    uint32_t error;

    TPS_TRY(read_manifest(request, &encoded, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_RECORD_MAX));
    TPS_TRY(judge(request, encoded, &record, &error, why));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    upload = upload != NULL ? upload : find_upload(state, 0);
    if (upload == NULL) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_BUSY);
    }
    end_upload(upload);
    TPS_TRY(tps_crypto_hash_begin(&upload->hash, TPS_ALG_SHA256));
    upload->session = request->session->id;
    upload->is_hashing = true;
    upload->record = record;
    return answer_record(request, &record);
}

static tps_status chunk(tps_request *request, tps_error *why)
{
    static const tps_member_rule rules[] = {
        {1, TPS_MEMBER_UINT, false, 0, UINT32_MAX},
        {2, TPS_MEMBER_BYTES, false, 1, TPS_UPDATE_CHUNK_MAX},
    };
    tps_update_upload *upload = find_upload(request->state, request->session->id);
    tps_cbor_writer w;
    tps_member asked[2];

    TPS_TRY(tps_members_read(request->body, rules, 2, asked, why));
    TPS_TRY(tps_answer_needs(request, 2 * TPS_ANSWER_SMALL));
    if (upload == NULL || !upload->is_hashing || asked[0].number != upload->received) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_ORDER);
    }
    if (asked[1].bytes.size > upload->record.size - upload->received) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_TOO_LARGE);
    }
    tps_crypto_hash_update(&upload->hash, asked[1].bytes);
    upload->received += asked[1].bytes.size;
    w = tps_response_map(request, 1);
    tps_cbor_pair_uint(&w, TELL_RESULT, upload->received);
    return tps_response_end(request, &w);
}

static tps_status finish(tps_request *request, tps_error *why)
{
    tps_update_upload *upload = find_upload(request->state, request->session->id);
    tps_digest digest;
    tps_status status;

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_RECORD_MAX));
    if (upload == NULL || !upload->is_hashing || upload->received != upload->record.size) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_ORDER);
    }
    upload->is_hashing = false; /* ended now, whatever comes of it */
    status = tps_crypto_hash_finish(&upload->hash, &digest);
    if (status != TPS_OK || memcmp(digest.bytes, upload->record.digest, sizeof(upload->record.digest)) != 0) {
        end_upload(upload);
        return status != TPS_OK ? status : tps_answer_error(request, TPS_UPDATE_ERROR_BYTES);
    }
    upload->is_confirmed = true;
    return answer_record(request, &upload->record);
}

/* ---- staging ---- */

static tps_status stage(tps_request *request, tps_error *why)
{
    tps_update_state *state = request->state;
    tps_update_upload *upload = find_upload(state, request->session->id);
    tps_update_record staged;
    uint32_t error;

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(tps_answer_needs(request, ANSWER_RECORD_MAX));
    if (upload == NULL || !upload->is_confirmed) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_ORDER);
    }
    TPS_TRY(judge_now(request, &upload->record, &error));
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    TPS_TRY(update_stage(request->component, state, &upload->record));
    staged = upload->record;
    end_upload(upload);
    return answer_record(request, &staged);
}

static tps_status tell_staged(tps_request *request, tps_error *why)
{
    const tps_update_state *state = request->state;
    tps_cbor_writer w;

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(state->staged_status);
    w = tps_response_map(request, 1);
    tps_cbor_put_uint(&w, TELL_RESULT);
    update_put_staging(&w, &state->staged);
    return tps_response_end(request, &w);
}

static tps_status cancel(tps_request *request, tps_error *why)
{
    static const tps_member_rule rule = {1, TPS_MEMBER_TEXT, false, 1, TPS_IMAGE_NAME_MAX};
    tps_member asked;
    tps_status status;

    TPS_TRY(tps_members_read(request->body, &rule, 1, &asked, why));
    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    status = update_unstage(request->component, request->state, asked.bytes);
    if (status == TPS_NOT_FOUND) {
        return tps_answer_error(request, TPS_UPDATE_ERROR_NOTHING);
    }
    TPS_TRY(status);
    return tps_answer_empty(request);
}

/* ---- policy ---- */

static tps_status set_policy(tps_request *request, tps_error *why)
{
    tps_update_policy policy;

    if (!update_read_policy(request->body, &policy)) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a policy");
    }
    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    TPS_TRY(update_set_policy(request->component, request->state, &policy));
    return tps_answer_empty(request);
}

static tps_status tell_policy(tps_request *request, tps_error *why)
{
    const tps_update_state *state = request->state;
    tps_cbor_writer w = tps_response_begin(request);

    TPS_TRY(tps_request_expect_empty(request, why));
    TPS_TRY(state->policy_status);
    update_put_policy(&w, &state->policy);
    return tps_response_end(request, &w);
}

/* ---- the service ---- */

static tps_status handle(tps_request *request, tps_error *why)
{
    bool is_open = request->tag == TAG_AUTHORISE || request->tag == TAG_STAGED || request->tag == TAG_POLICY;

    if (request->tag < TAG_AUTHORISE || request->tag > TAG_POLICY) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    if (!is_open && !tps_session_is_administrator(request->component, request->session)) {
        return TPS_COMPONENT_DENIED;
    }
    switch (request->tag) {
    case TAG_AUTHORISE: return authorise(request, why);
    case TAG_BEGIN: return begin(request, why);
    case TAG_CHUNK: return chunk(request, why);
    case TAG_FINISH: return finish(request, why);
    case TAG_STAGE: return stage(request, why);
    case TAG_STAGED: return tell_staged(request, why);
    case TAG_CANCEL: return cancel(request, why);
    case TAG_SET_POLICY: return set_policy(request, why);
    default: return tell_policy(request, why);
    }
}

static tps_status start(tps_component *component, void *memory, tps_error *why)
{
    (void)why;
    update_load(component, memory);
    return TPS_OK;
}

static void close_session(tps_component *component, void *memory, tps_session *session)
{
    tps_update_upload *upload = find_upload(memory, session->id);

    (void)component;
    if (upload != NULL) {
        end_upload(upload);
    }
}

tps_status tps_update_staged(const tps_component *component, const tps_update_record **records, size_t *count)
{
    const tps_update_state *state = tps_component_state_of(component, &tps_update_service);

    *count = 0;
    if (state == NULL) {
        return TPS_OK;
    }
    TPS_TRY(state->staged_status);
    *records = state->staged.records;
    *count = state->staged.count;
    return TPS_OK;
}

#define UINT16(n) 0x19, (uint8_t)((n) >> 8), (uint8_t)(n)
#define UINT32(n) 0x1a, (uint8_t)((n) >> 24), (uint8_t)((n) >> 16), (uint8_t)((n) >> 8), (uint8_t)(n)

_Static_assert(TPS_UPDATE_UPLOADS_MAX < 24 && TPS_UPDATE_CHUNK_MAX >= 256 && TPS_UPDATE_CHUNK_MAX < 65536 &&
                   TPS_UPDATE_IMAGE_MAX >= 65536 && TPS_UPDATE_IMAGE_MAX <= UINT32_MAX,
               "the heads of the numbers in `features`");

/* {1: [ESP256], 2: images under way, 3: bytes of a chunk, 4: bytes of an image} */
static const uint8_t features[] = {0xa4, 1,
                                   0x81, 0x28,
                                   2,    TPS_UPDATE_UPLOADS_MAX,
                                   3,    UINT16(TPS_UPDATE_CHUNK_MAX),
                                   4,    UINT32(TPS_UPDATE_IMAGE_MAX)};

const tps_service tps_update_service = {
    .id = TPSC_UUID_INIT(0xce, 0xea, 0xfe, 0xdb, 0x44, 0xe0, 0x57, 0x9a, 0xb0, 0xf7, 0xad, 0xfc, 0x1a, 0xff,
                         0xde, 0xe7),
    .name = "opentps update",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_update_state),
    .work_size = sizeof(update_work),
    .start = start,
    .close = close_session,
    .handle = handle,
};
