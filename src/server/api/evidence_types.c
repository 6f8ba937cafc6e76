/* SPDX-License-Identifier: Apache-2.0 */
/* The media types of evidence that are taken, each as text and as JSON: both made by the compiler. */
#include "server/api/evidence_types.h"

#include "server/service_internal.h"
#include "tps/cmw.h"
#include "tps/device_claims.h"
#include "tps/dice.h"
#include "tps/psa.h"

/* P(name), W(name, parameter, its value). First what is one signed message of CBOR; then what tells by its
 * first bytes that it is something else; wrappers (CMW, RFC 9999), which say themselves what they hold, last.
 */
#define FIRST_TYPE(W) W("application/eat-cwt", "profile", TPS_PSA_PROFILE_2_0_0)
#define MESSAGE_TYPES(W, P)                                     \
    W("application/eat+cwt", "eat_profile", TPS_PSA_PROFILE)    \
    P("application/psa-attestation-token")                      \
    W("application/eat+cwt", "eat_profile", TPS_DEVICE_PROFILE) \
    W("application/eat+cwt", "eat_profile", TPS_DICE_PROFILE)   \
    P("application/eat+cwt")
#define OTHER_TYPES(W, P)                                       \
    W("application/eat+jwt", "eat_profile", TPS_DEVICE_PROFILE) \
    P("application/eat+jwt")                                    \
    P("application/eat-bun+cbor")                               \
    P("application/eat-bun+json")                               \
    P(TPS_TPM_MEDIA_TYPE)                                       \
    P("application/vnd.enacttrust.tpm-evidence")
#define WRAPPER_TYPES(P)                   \
    P("application/cmw")                   \
    P("application/cmw+cbor")              \
    P("application/cmw+json")              \
    P("application/vnd.veraison.cmw")      \
    P("application/vnd.veraison.cmw+cbor") \
    P("application/vnd.veraison.cmw+json")

#define TEXT_W(name, parameter, value) name "; " parameter "=\"" value "\"",
#define TEXT_P(name)                   name,
#define ONE_W(name, parameter, value)  "\"" name "; " parameter "=\\\"" value "\\\"\""
#define JSON_W(name, parameter, value) ONE_W(name, parameter, value),
#define JSON_P(name)                   "\"" name "\"",
#define NEXT_W(name, parameter, value) "," ONE_W(name, parameter, value)
#define NEXT_P(name)                   ",\"" name "\""
#define MARK_W(name, parameter, value) "."
#define MARK_P(name)                   "."

static const char *const texts[] = {FIRST_TYPE(TEXT_W) MESSAGE_TYPES(TEXT_W, TEXT_P)
                                        OTHER_TYPES(TEXT_W, TEXT_P) WRAPPER_TYPES(TEXT_P)};
static const char *const jsons[] = {FIRST_TYPE(JSON_W) MESSAGE_TYPES(JSON_W, JSON_P)
                                        OTHER_TYPES(JSON_W, JSON_P) WRAPPER_TYPES(JSON_P)};
static const char list[] =
    "[" FIRST_TYPE(ONE_W) MESSAGE_TYPES(NEXT_W, NEXT_P) OTHER_TYPES(NEXT_W, NEXT_P) WRAPPER_TYPES(NEXT_P) "]";

enum {
    TYPE_COUNT = sizeof(texts) / sizeof(texts[0]),
    FIRST_OTHER = sizeof(FIRST_TYPE(MARK_W) MESSAGE_TYPES(MARK_W, MARK_P)) - 1, /* a mark each */
    FIRST_WRAPPER = FIRST_OTHER + sizeof(OTHER_TYPES(MARK_W, MARK_P)) - 1
};

const char *const *tps_evidence_types(size_t *count)
{
    *count = TYPE_COUNT;
    return texts;
}

size_t tps_evidence_type_find(tps_span media_type)
{
    tps_media_type media;
    tps_media_type known;

    for (size_t i = 0; i < TYPE_COUNT; i++) { /* as most clients write it */
        if (tps_span_is_text(media_type, texts[i])) {
            return i;
        }
    }
    if (tps_media_type_read(media_type, &media) != TPS_OK) {
        return TPS_EVIDENCE_TYPE_NONE;
    }
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (tps_media_type_read(tps_span_of_text(texts[i]), &known) == TPS_OK &&
            tps_media_type_equal(&known, &media)) {
            return i;
        }
    }
    return TPS_EVIDENCE_TYPE_NONE;
}

tps_span tps_evidence_type_text(size_t type)
{
    return tps_span_of_text(texts[type]);
}

tps_span tps_evidence_type_json(size_t type)
{
    return tps_span_of_text(jsons[type]);
}

tps_span tps_evidence_types_json(void)
{
    return tps_span_make((const uint8_t *)list, sizeof(list) - 1);
}

bool tps_evidence_type_is_message(size_t type)
{
    return type < FIRST_OTHER;
}

bool tps_evidence_type_is_wrapper(size_t type)
{
    return type >= FIRST_WRAPPER;
}

static bool is_of_tpm(size_t type)
{
    return !tps_evidence_type_is_wrapper(type) && strstr(texts[type], "tpm") != NULL;
}

uint64_t tps_evidence_body_max(const tps_http_request *request)
{
    const tps_span *named = tps_http_request_field(request, "Content-Type");
    size_t type = named == NULL ? TPS_EVIDENCE_TYPE_NONE : tps_evidence_type_find(*named);

    return type != TPS_EVIDENCE_TYPE_NONE && (tps_evidence_type_is_wrapper(type) || is_of_tpm(type))
               ? TPS_EVIDENCE_BODY_MAX
               : TPS_SERVICE_EVIDENCE_MAX;
}

/* What is in JSON takes room to be decoded. */
size_t tps_evidence_type_max(size_t type, tps_span body)
{
    uint32_t form = tps_cmw_form(body);
    bool is_cbor = form == TPS_CMW_CBOR_RECORD || form == TPS_CMW_CBOR_TAG || form == TPS_CMW_CBOR_COLLECTION;

    return is_of_tpm(type) || (tps_evidence_type_is_wrapper(type) && is_cbor) ? TPS_EVIDENCE_BODY_MAX
                                                                              : TPS_SERVICE_EVIDENCE_MAX;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* A wrapper in the encoding that its type names, if it names one. */
static bool is_wrapper_of(tps_span body, size_t type)
{
    uint32_t form = tps_cmw_form(body);
    bool is_json = form == TPS_CMW_JSON_RECORD || form == TPS_CMW_JSON_COLLECTION;

    return form != TPS_CMW_UNKNOWN && !(is_json && ends_with(texts[type], "+cbor")) &&
           !(!is_json && ends_with(texts[type], "+json"));
}

const char *tps_evidence_type_contradiction(tps_span body, size_t type, const char **next_step)
{
    if (tps_evidence_type_is_wrapper(type)) {
        *next_step = "send a CMW (RFC 9999), or name the type of the evidence";
        return is_wrapper_of(body, type) ? NULL
                                         : "the body is no wrapper of the encoding that its type names";
    }
    *next_step = "send it under the media type of its form and profile (eat_profile)";
    return tps_verifier_check_type(body, tps_span_of_text(texts[type])) == TPS_OK
               ? NULL
               : "the evidence has another form, or names another profile than its Content-Type does";
}
