/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes attestation results, in both encodings: what is read is written again and reads the same, also in
 * the other encoding. Signed ones never verify. */
#include <stdlib.h>

#include "tps/base64.h"
#include "tps/crypto.h"
#include "tps/ear.h"

#define APPRAISALS_MAX 16u
#define POLICIES_MAX   8u
#define ROOM           131072u

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

/* What was read, in the form in which it is written. */
typedef struct {
    tps_ear_content content;
    tps_ear_appraisal_content appraisals[APPRAISALS_MAX];
    tps_span policies[APPRAISALS_MAX][POLICIES_MAX];
    uint8_t nonces[APPRAISALS_MAX + 1][72];
} copied;

static int compare(const void *a, const void *b)
{
    tps_span x = ((const tps_ear_appraisal_content *)a)->name;
    tps_span y = ((const tps_ear_appraisal_content *)b)->name;

    if (x.size != y.size) {
        return x.size < y.size ? -1 : 1;
    }
    return memcmp(x.data, y.data, x.size);
}

/* A single nonce that is bytes, as they can be written; else empty. */
static tps_span nonce_of(tps_span encoded, bool is_json, uint8_t bytes[72])
{
    size_t size = 0;

    if (is_json) {
        if (encoded.size < 2 || encoded.data[0] != '"' ||
            tps_base64_read(tps_span_make(encoded.data + 1, encoded.size - 2), (tps_buf){bytes, 72}, &size) !=
                TPS_OK) {
            return TPS_SPAN_EMPTY;
        }
    } else {
        tps_cbor_reader r = tps_cbor_reader_init(encoded);
        tps_span nonce = tps_cbor_get_bytes(&r);
        size = nonce.size;
        if (size != 0) {
            memcpy(bytes, nonce.data, size);
        }
    }
    if (size < 8 || size > 64) {
        return TPS_SPAN_EMPTY;
    }
    require(tps_ear_nonce_is(encoded, is_json, tps_span_make(bytes, size)));
    return tps_span_make(bytes, size);
}

static void copy_appraisals(const tps_ear *ear, tps_buf *room, copied *out)
{
    tps_ear_walk walk = tps_ear_appraisals(ear);
    tps_ear_appraisal a;

    while (out->content.appraisal_count < APPRAISALS_MAX && tps_ear_next_appraisal(&walk, room, &a)) {
        uint32_t i = out->content.appraisal_count++;
        tps_ear_appraisal_content *to = &out->appraisals[i];
        tps_ear_walk ids = tps_ear_policy_ids(&a);
        uint32_t most = ear->generation == TPS_EAR_2026 ? POLICIES_MAX : 1;
        *to =
            (tps_ear_appraisal_content){.name = a.name, .status = a.status, .vector_claims = a.vector_claims};
        memcpy(to->vector, a.vector, sizeof to->vector);
        while (to->policy_id_count < most &&
               tps_ear_next_policy_id(&ids, room, &out->policies[i][to->policy_id_count])) {
            to->policy_id_count++;
        }
        require(ids.status == TPS_OK);
        to->policy_ids = out->policies[i];
        if (ear->generation == TPS_EAR_2026) {
            to->nonce = nonce_of(a.nonce, a.is_json, out->nonces[i]);
        }
    }
    require(walk.status == TPS_OK);
    require(out->content.appraisal_count == APPRAISALS_MAX ||
            out->content.appraisal_count == ear->submod_count);
}

static void copy(const tps_ear *ear, tps_buf *room, copied *out)
{
    memset(out, 0, sizeof *out);
    out->content = (tps_ear_content){
        .generation = ear->generation,
        .is_json = ear->is_json,
        .has_exp = (ear->present & TPS_EAR_HAS_EXP) != 0,
        .has_status = (ear->present & TPS_EAR_HAS_STATUS) != 0,
        .status = ear->status,
        .issuer = ear->issuer,
        .iat = ear->iat,
        .exp = ear->exp,
        .nonce = nonce_of(ear->nonce, ear->is_json, out->nonces[APPRAISALS_MAX]),
        .developer = ear->developer,
        .build = ear->build,
        .raw_evidence = (ear->present & TPS_EAR_HAS_RAW_CMW) != 0 ? TPS_SPAN_EMPTY : ear->raw_evidence,
    };
    copy_appraisals(ear, room, out);
    qsort(out->appraisals, out->content.appraisal_count, sizeof out->appraisals[0], compare);
    out->content.appraisals = out->appraisals;
}

/* Writes what was copied in one encoding, and reads it into another copy. */
static tps_span rewrite(copied *from, bool is_json, tps_buf out, tps_buf *room, copied *to)
{
    size_t size;
    tps_ear ear;

    from->content.is_json = is_json;
    require(tps_ear_encode(&from->content, room, out, &size) == TPS_OK);
    require(tps_ear_decode(tps_span_make(out.data, size), room, &ear, NULL) == TPS_OK);
    require(ear.unknown_count == 0 && ear.is_json == is_json);
    copy(&ear, room, to);
    return tps_span_make(out.data, size);
}

static void check_properties(const tps_ear *ear, tps_buf *room)
{
    static uint8_t rooms[ROOM * 4];
    static uint8_t out[3][ROOM];
    static copied copies[4];
    tps_buf more = TPS_BUF_OF(rooms);
    tps_span once;
    tps_span twice;

    copy(ear, room, &copies[0]);
    once = rewrite(&copies[0], ear->is_json, TPS_BUF_OF(out[0]), &more, &copies[1]);
    (void)rewrite(&copies[1], !ear->is_json, TPS_BUF_OF(out[1]), &more, &copies[2]);
    twice = rewrite(&copies[2], ear->is_json, TPS_BUF_OF(out[2]), &more, &copies[3]);
    require(tps_span_equal(once, twice));
}

static void walk_extras(const tps_ear *ear, tps_buf *room)
{
    tps_ear_walk walk = tps_ear_extras(ear);
    tps_ear_walk appraisals = tps_ear_appraisals(ear);
    tps_ear_appraisal appraisal;
    tps_ear_extra extra;

    while (tps_ear_next_extra(&walk, room, &extra)) {
        require(extra.value.size > 0);
    }
    require(walk.status == TPS_OK);
    while (tps_ear_next_appraisal(&appraisals, room, &appraisal)) {
        walk = tps_ear_appraisal_extras(&appraisal);
        while (tps_ear_next_extra(&walk, room, &extra)) {
            require(extra.value.size > 0);
        }
    }
}

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {1};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

static tps_status find(void *context, const tps_cose_message *message, tps_crypto_key **key)
{
    (void)context;
    (void)message;
    *key = fixed_key();
    return TPS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room_bytes[4 * ROOM];
    tps_span input = tps_span_make(data, size);
    tps_buf room = TPS_BUF_OF(room_bytes);
    tps_ear_terms terms = {.permit_no_expiry = true, .leeway = UINT32_MAX};
    tps_cose_key_finder keys = {find, NULL};
    tps_error why = {0};
    tps_ear ear;
    tps_status status = tps_ear_decode(input, &room, &ear, &why);

    if (status != TPS_OK) {
        require(why.status == status && why.offset <= size);
        room = TPS_BUF_OF(room_bytes);
        require(tps_ear_verify_jwt(input, fixed_key(), &terms, &room, &ear, &why) != TPS_OK);
        require(tps_ear_verify_cwt(input, &keys, &terms, &ear, &why) != TPS_OK);
        return 0;
    }
    require(ear.generation < TPS_EAR_GENERATIONS && ear.submod_count > 0 && ear.iat >= 0);
    walk_extras(&ear, &room);
    check_properties(&ear, &room);
    return 0;
}
