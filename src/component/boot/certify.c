/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of L_R and AK_0, made at every start by the only code that has DeviceID's key. */
#include "component/boot/certify.h"

#define PURPOSE_ATTESTATION "tag:opentps.org,2026:certificate:attestation"
#define CLASS_URI           "tag:opentps.org,2026:class:"
#define TITLE_DEVICE_ID     " DeviceID"
#define TITLE_LAYER         "opentps layer R"
#define TITLE_AK            "opentps attestation"

/* What a DiceTcbInfo says is measured here: the component and all images that it starts with. */
#define MEASURED_TYPE "opentps boot log"

enum {
    MODEL_MAX = 32,
    FWIDS_MAX = 128,
    UEID_VALUE_MAX = 48,
    UEID_EXTENSION_MAX = UEID_VALUE_MAX + 32,
    KEY_HEX = 2 * TPS_DICE_KEY_ID_SIZE,
    SUBJECT_MAX = 96, /* a title and a key identifier in hex, DER: 83 for the longer one */
    COSE_KEY_MAX = 128,
    CLAIMS_MAX = 384
};

_Static_assert(TPS_DICE_NAME_MAX + SUBJECT_MAX <= TPS_BOOT_CWT_MAX, "room for two names");
_Static_assert(sizeof(CLASS_URI) - 1 + 2 * TPS_CLASS_ID_SIZE == TPS_CLASS_URI_SIZE, "room for a class");

/** A key with what all may know of it, which is computed once: tps_keys_public_part(). */
typedef struct {
    tps_crypto_key *key; /**< private; NULL: it signs nothing here */
    tps_crypto_key *public_part;
    uint8_t id[TPS_DICE_KEY_ID_SIZE];
} party;

static tps_status introduce(tps_crypto_key *key, party *p)
{
    p->key = key;
    TPS_TRY(tps_keys_public_part(key, &p->public_part));
    return tps_dice_key_id(p->public_part, p->id);
}

/* L_R and AK_0. Both are to be freed, whatever comes of it. */
static tps_status derive_parties(const tps_handover *h, party *layer, party *ak)
{
    tps_crypto_key *key;
    tps_status status;

    *layer = (party){.key = NULL};
    *ak = (party){.key = NULL};
    TPS_TRY(tps_keys_layer(h->cdi_attest, &key));
    TPS_TRY(introduce(key, layer));
    TPS_TRY(tps_keys_ak(h->cdi_attest, &key));
    status = introduce(key, ak);
    tps_crypto_key_free(ak->key);
    ak->key = NULL;
    return status;
}

static void free_party(party *p)
{
    tps_crypto_key_free(p->key);
    tps_crypto_key_free(p->public_part);
}

static void put_hex(const uint8_t *bytes, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
}

tps_span tps_class_uri(tps_span class_id, char uri[TPS_CLASS_URI_SIZE])
{
    memcpy(uri, CLASS_URI, sizeof(CLASS_URI) - 1);
    put_hex(class_id.data, TPS_CLASS_ID_SIZE, uri + sizeof(CLASS_URI) - 1);
    return tps_span_make(uri, TPS_CLASS_URI_SIZE);
}

tps_status tps_device_id_name(const tps_device_identity *identity, tps_buf out, tps_span *name)
{
    char common_name[MODEL_MAX + sizeof(TITLE_DEVICE_ID) - 1];
    size_t size = identity->model.size;

    memcpy(common_name, identity->model.data, size);
    memcpy(common_name + size, TITLE_DEVICE_ID, sizeof(TITLE_DEVICE_ID) - 1);
    return tps_dice_name_encode(tps_span_make(common_name, size + sizeof(TITLE_DEVICE_ID) - 1),
                                identity->vendor, identity->serial, out, name);
}

/* Rooms for names, in that of the certificate in CBOR, which is made last: stacks are small. */
static tps_buf issuer_room(tps_handover *h)
{
    return (tps_buf){h->layer_cwt, TPS_DICE_NAME_MAX};
}

static tps_buf subject_room(tps_handover *h)
{
    return (tps_buf){h->layer_cwt + TPS_DICE_NAME_MAX, SUBJECT_MAX};
}

/* The subject of a key that is the first stage's: its title, and its key identifier as serial number. */
static tps_status name_key(const char *title, const party *p, tps_buf out, tps_span *name)
{
    char hex[KEY_HEX];

    put_hex(p->id, sizeof(p->id), hex);
    return tps_dice_name_encode(tps_span_of_text(title), TPS_SPAN_EMPTY, tps_span_make(hex, sizeof(hex)), out,
                                name);
}

static uint32_t flags_of(const tps_handover *h, bool is_insecure)
{
    uint32_t flags = is_insecure ? TPS_DICE_FLAG_NOT_SECURE : 0;

    switch (h->inputs.mode) {
    case TPS_DICE_MODE_NORMAL: return flags;
    case TPS_DICE_MODE_DEBUG: return flags | TPS_DICE_FLAG_DEBUG;
    default: return flags | TPS_DICE_FLAG_NOT_CONFIGURED;
    }
}

/* The critical DiceTcbInfo of L_R: R's digest and the boot digest. `room` is parted in two. */
static tps_status put_tcb_info(const tps_handover *h, bool is_insecure, tps_buf room, tps_span *extension)
{
    const tps_dice_fwid fwids[] = {
        {.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(h->inputs.code)},
        {.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(h->boot_digest)},
    };
    tps_dice_tcb_info info = {
        .present = 1u << TPS_DICE_VENDOR | 1u << TPS_DICE_MODEL | 1u << TPS_DICE_VERSION |
                   1u << TPS_DICE_SVN | 1u << TPS_DICE_LAYER | 1u << TPS_DICE_FWIDS | 1u << TPS_DICE_FLAGS |
                   1u << TPS_DICE_TYPE | 1u << TPS_DICE_FLAGS_MASK,
        .vendor = h->identity.vendor,
        .model = h->identity.model,
        .version = tps_span_of_text(h->images[0].version),
        .svn = h->security_counter,
        .layer = 1,
        .flags = flags_of(h, is_insecure),
        .flags_mask = TPS_DICE_FLAG_NOT_CONFIGURED | TPS_DICE_FLAG_NOT_SECURE | TPS_DICE_FLAG_DEBUG,
        .type = TPS_SPAN_LITERAL(MEASURED_TYPE),
    };
    uint8_t encoded[FWIDS_MAX];
    tps_buf first = {room.data, room.size / 2};
    tps_buf second = {room.data + room.size / 2, room.size / 2};
    tps_span value;

    TPS_TRY(tps_dice_fwids_write(fwids, 2, TPS_BUF_OF(encoded), &info.fwids));
    TPS_TRY(tps_dice_tcb_info_write(&info, first, &value));
    return tps_dice_extension_encode(TPS_DICE_EXTENSION_TCB_INFO, true, value, second, extension);
}

static tps_status put_ueid(const tps_handover *h, tps_buf out, tps_span *extension)
{
    uint8_t encoded[UEID_VALUE_MAX];
    tps_span value;

    TPS_TRY(tps_dice_octets_encode(TPS_SPAN_OF(h->ueid), TPS_BUF_OF(encoded), &value));
    return tps_dice_extension_encode(TPS_DICE_EXTENSION_UEID, false, value, out, extension);
}

static tps_status certify_layer(tps_handover *h, const party *layer, const party *device_id, bool is_insecure)
{
    uint8_t ueid[UEID_EXTENSION_MAX];
    tps_span extensions[2];
    tps_dice_certificate_plan plan = {.subject_key = layer->public_part,
                                      .authority_key_id = TPS_SPAN_OF(device_id->id),
                                      .is_ca = true,
                                      .path_length = 0,
                                      .extensions = extensions,
                                      .extension_count = 2};
    tps_span made;

    TPS_TRY(tps_device_id_name(&h->identity, issuer_room(h), &plan.issuer));
    TPS_TRY(name_key(TITLE_LAYER, layer, subject_room(h), &plan.subject));
    /* The room of the other certificate, which is made later, serves meanwhile: stacks are small. */
    TPS_TRY(put_tcb_info(h, is_insecure, TPS_BUF_OF(h->ak_certificate), &extensions[0]));
    TPS_TRY(put_ueid(h, TPS_BUF_OF(ueid), &extensions[1]));
    TPS_TRY(tps_dice_certificate_make(&plan, device_id->key, TPS_BUF_OF(h->layer_certificate), &made));
    h->layer_certificate_size = made.size;
    return TPS_OK;
}

static tps_status certify_ak(tps_handover *h, const party *ak, const party *layer)
{
    uint8_t ueid[UEID_EXTENSION_MAX];
    char class_uri[TPS_CLASS_URI_SIZE];
    const tps_span uris[] = {TPS_SPAN_LITERAL(PURPOSE_ATTESTATION),
                             tps_class_uri(h->identity.class_id, class_uri)};
    tps_span extension;
    tps_dice_certificate_plan plan = {.subject_key = ak->public_part,
                                      .authority_key_id = TPS_SPAN_OF(layer->id),
                                      .uris = uris,
                                      .uri_count = 2,
                                      .extensions = &extension,
                                      .extension_count = 1};
    tps_span made;

    TPS_TRY(name_key(TITLE_LAYER, layer, issuer_room(h), &plan.issuer));
    TPS_TRY(name_key(TITLE_AK, ak, subject_room(h), &plan.subject));
    TPS_TRY(put_ueid(h, TPS_BUF_OF(ueid), &extension));
    TPS_TRY(tps_dice_certificate_make(&plan, layer->key, TPS_BUF_OF(h->ak_certificate), &made));
    h->ak_certificate_size = made.size;
    return TPS_OK;
}

/* ---- as CBOR ---- */

/* A CBOR certificate of `subject` by `issuer`: names are key identifiers in hex. */
static tps_status make_cwt(const tps_dice_input *input, uint32_t usage, const party *subject,
                           const party *issuer, tps_buf out, tps_span *encoded)
{
    char names[2][KEY_HEX];
    uint8_t key[COSE_KEY_MAX];
    uint8_t payload[CLAIMS_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(key));
    tps_cose_signer signer = tps_cose_signer_of_key(issuer->key, TPS_ALG_ESP256);
    tps_dice_cwt_claims claims = {.input = *input, .key_usage = usage};

    put_hex(issuer->id, sizeof(issuer->id), names[0]);
    put_hex(subject->id, sizeof(subject->id), names[1]);
    claims.issuer = tps_span_make(names[0], KEY_HEX);
    claims.subject = tps_span_make(names[1], KEY_HEX);
    TPS_TRY(tps_cose_key_put(&w, subject->public_part));
    TPS_TRY(tps_cbor_writer_finish(&w, &claims.public_key));
    return tps_dice_cwt_make(&claims, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE, out, encoded);
}

static tps_status certify_layer_in_cbor(tps_handover *h, const party *layer, const party *device_id)
{
    const tps_dice_input input = {
        .present = 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_CONFIGURATION_DESCRIPTOR |
                   1u << TPS_DICE_AUTHORITY_HASH | 1u << TPS_DICE_MODE,
        .mode = h->inputs.mode,
        .value = {[TPS_DICE_CODE_HASH] = TPS_SPAN_OF(h->inputs.code),
                  [TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_OF(h->inputs.configuration),
                  [TPS_DICE_AUTHORITY_HASH] = TPS_SPAN_OF(h->inputs.authority)},
    };
    tps_span made;

    TPS_TRY(
        make_cwt(&input, TPS_DICE_USAGE_KEY_CERT_SIGN, layer, device_id, TPS_BUF_OF(h->layer_cwt), &made));
    h->layer_cwt_size = made.size;
    return TPS_OK;
}

tps_status tps_handover_ak_cwt(const tps_handover *h, tps_buf out, tps_span *encoded)
{
    const tps_dice_input nothing = {.present = 0};
    party layer;
    party ak;
    tps_status status = derive_parties(h, &layer, &ak);

    if (status == TPS_OK) {
        status = make_cwt(&nothing, TPS_DICE_USAGE_DIGITAL_SIGNATURE, &ak, &layer, out, encoded);
    }
    free_party(&layer);
    free_party(&ak);
    return status;
}

/* ---- both ---- */

static tps_status certify(tps_handover *h, const party *device_id, const party *layer, const party *ak,
                          bool is_insecure)
{
    TPS_TRY(certify_layer(h, layer, device_id, is_insecure));
    memset(h->ak_certificate, 0, sizeof(h->ak_certificate));
    TPS_TRY(certify_ak(h, ak, layer));
    memset(h->layer_cwt, 0, sizeof(h->layer_cwt));
    TPS_TRY(certify_layer_in_cbor(h, layer, device_id));
    /* Certificates are public; what else lay in their rooms, too. Past their ends there is nothing. */
    memset(h->layer_certificate + h->layer_certificate_size, 0,
           sizeof(h->layer_certificate) - h->layer_certificate_size);
    memset(h->ak_certificate + h->ak_certificate_size, 0, sizeof(h->ak_certificate) - h->ak_certificate_size);
    return TPS_OK;
}

tps_status boot_certify(tps_handover *h, tps_crypto_key *device_id, bool is_insecure)
{
    party device = {.key = NULL};
    party layer;
    party ak;
    tps_status status = derive_parties(h, &layer, &ak);

    if (status == TPS_OK) {
        status = introduce(device_id, &device);
    }
    if (status == TPS_OK) {
        status = certify(h, &device, &layer, &ak, is_insecure);
    }
    free_party(&layer);
    free_party(&ak);
    tps_crypto_key_free(device.public_part); /* the key itself is the caller's */
    return status;
}
