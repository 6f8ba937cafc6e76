/* SPDX-License-Identifier: Apache-2.0 */
/* PSA attestation token claims (RFC 9783, 4 and 5), and those of the older profile
 * "http://arm.com/psa/2.0.0". */
#include "tps/psa.h"

#include "format/eat/claims.h"

/* Claims as they were found, before the profile is known: it may stand last. */
typedef struct {
    tps_psa_claims *out;
    tps_span profile;
    tps_span boot_seed;
    tps_span boot_seed_2_0_0;
    bool has_client_id;
    bool has_lifecycle;
    bool has_components;
} draft;

static tps_status read_component(tps_cbor_reader *r, tps_psa_component *component, tps_error *why)
{
    tps_cbor_list map = tps_cbor_enter_map(r);

    *component = (tps_psa_component){.type = TPS_SPAN_EMPTY};
    while (tps_cbor_next(r, &map)) {
        switch (claim_label(r)) {
        case TPS_PSA_COMPONENT_TYPE: component->type = tps_cbor_get_text(r); break;
        case TPS_PSA_COMPONENT_MEASUREMENT: component->measurement = tps_cbor_get_bytes(r); break;
        case TPS_PSA_COMPONENT_VERSION: component->version = tps_cbor_get_text(r); break;
        case TPS_PSA_COMPONENT_SIGNER_ID: component->signer_id = tps_cbor_get_bytes(r); break;
        case TPS_PSA_COMPONENT_DESCRIPTION: component->description = tps_cbor_get_text(r); break;
        default: tps_cbor_skip(r); break;
        }
    }
    return claim_read_status(r, "software component", why);
}

static tps_status read_components(tps_cbor_reader *r, tps_psa_claims *out, tps_error *why)
{
    tps_cbor_list array = tps_cbor_enter_array(r);

    while (tps_cbor_next(r, &array)) {
        if (out->component_count == TPS_PSA_COMPONENTS_MAX) {
            return tps_fail(why, TPS_CBOR_TOO_MANY, tps_cbor_offset(r), "software components");
        }
        TPS_TRY(read_component(r, &out->components[out->component_count++], why));
    }
    return claim_read_status(r, "software components", why);
}

static tps_status read_client_id(tps_cbor_reader *r, int32_t *client_id, tps_error *why)
{
    int64_t value = tps_cbor_get_int(r);

    TPS_TRY(claim_read_status(r, "client id", why));
    if (value < INT32_MIN || value > INT32_MAX) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(r), "client id");
    }
    *client_id = (int32_t)value;
    return TPS_OK;
}

static tps_status read_lifecycle(tps_cbor_reader *r, uint16_t *lifecycle, tps_error *why)
{
    uint64_t value = tps_cbor_get_uint(r);

    TPS_TRY(claim_read_status(r, "security lifecycle", why));
    if (value > UINT16_MAX) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(r), "security lifecycle");
    }
    *lifecycle = (uint16_t)value;
    return TPS_OK;
}

static tps_status read_claim(tps_cbor_reader *r, draft *d, tps_error *why)
{
    tps_psa_claims *out = d->out;

    switch (claim_label(r)) {
    case TPS_PSA_NONCE: out->nonce = tps_cbor_get_bytes(r); return claim_read_status(r, "nonce", why);
    case TPS_PSA_INSTANCE_ID:
        out->instance_id = tps_cbor_get_bytes(r);
        return claim_read_status(r, "instance id", why);
    case TPS_PSA_EAT_PROFILE: d->profile = tps_cbor_get_text(r); return claim_read_status(r, "profile", why);
    case TPS_PSA_BOOT_SEED:
        d->boot_seed = tps_cbor_get_bytes(r);
        return claim_read_status(r, "boot seed", why);
    case TPS_PSA_BOOT_SEED_2_0_0:
        d->boot_seed_2_0_0 = tps_cbor_get_bytes(r);
        return claim_read_status(r, "boot seed", why);
    case TPS_PSA_CLIENT_ID: d->has_client_id = true; return read_client_id(r, &out->client_id, why);
    case TPS_PSA_LIFECYCLE: d->has_lifecycle = true; return read_lifecycle(r, &out->lifecycle, why);
    case TPS_PSA_IMPLEMENTATION_ID:
        out->implementation_id = tps_cbor_get_bytes(r);
        return claim_read_status(r, "implementation id", why);
    case TPS_PSA_CERTIFICATION_REFERENCE:
        out->certification_reference = tps_cbor_get_text(r);
        return claim_read_status(r, "certification reference", why);
    case TPS_PSA_SOFTWARE_COMPONENTS: d->has_components = true; return read_components(r, out, why);
    case TPS_PSA_VERIFICATION_SERVICE:
        out->verification_service = tps_cbor_get_text(r);
        return claim_read_status(r, "verification service indicator", why);
    default: tps_cbor_skip(r); return claim_read_status(r, "a claim that is unknown here", why);
    }
}

static bool are_digits(const uint8_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
    }
    return true;
}

/* [0-9]{13}-[0-9]{5}; the older profile has the hardware version alone, too. */
static bool is_certification_reference(tps_span text, bool is_2_0_0)
{
    if (is_2_0_0 && text.size == 13) {
        return are_digits(text.data, 13);
    }
    return text.size == 19 && are_digits(text.data, 13) && text.data[13] == '-' &&
           are_digits(text.data + 14, 5);
}

static bool is_lifecycle(uint16_t lifecycle)
{
    uint8_t state = (uint8_t)(lifecycle >> 8);

    return (state & 0x0f) == 0 && state <= TPS_PSA_LIFECYCLE_DECOMMISSIONED;
}

static tps_status check_component(const tps_psa_component *component, tps_error *why)
{
    TPS_TRY(claim_present(component->measurement.data != NULL, "measurement of a software component", why));
    TPS_TRY(claim_present(component->signer_id.data != NULL, "signer id of a software component", why));
    TPS_TRY(claim_is_hash(component->measurement, "measurement of a software component", why));
    return claim_is_hash(component->signer_id, "signer id of a software component", why);
}

/* What both directions demand of claims, whatever order they came in. */
static tps_status check_claims(const tps_psa_claims *claims, tps_error *why)
{
    TPS_TRY(claim_present(claims->nonce.data != NULL, "nonce", why));
    TPS_TRY(claim_present(claims->instance_id.data != NULL, "instance id", why));
    TPS_TRY(claim_present(claims->implementation_id.data != NULL, "implementation id", why));
    TPS_TRY(claim_is_hash(claims->nonce, "nonce", why));
    TPS_TRY(claim_size_in(claims->instance_id, 33, 33, "instance id", why));
    if (claims->instance_id.data[0] != 0x01) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "instance id: its first byte is not 0x01");
    }
    TPS_TRY(claim_size_in(claims->implementation_id, 32, 32, "implementation id", why));
    if (!is_lifecycle(claims->lifecycle)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "security lifecycle");
    }
    if (claims->is_2_0_0) {
        TPS_TRY(claim_present(claims->boot_seed.data != NULL, "boot seed", why));
    }
    if (claims->boot_seed.data != NULL) {
        TPS_TRY(claim_size_in(claims->boot_seed, claims->is_2_0_0 ? 32 : 8, 32, "boot seed", why));
    }
    if (claims->certification_reference.data != NULL &&
        !is_certification_reference(claims->certification_reference, claims->is_2_0_0)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "certification reference");
    }
    if (claims->component_count == 0 || claims->component_count > TPS_PSA_COMPONENTS_MAX) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "software components: there must be at least one");
    }
    for (size_t i = 0; i < claims->component_count; i++) {
        TPS_TRY(check_component(&claims->components[i], why));
    }
    return TPS_OK;
}

static tps_status settle_profile(const draft *d, tps_psa_claims *out, tps_error *why)
{
    if (tps_span_is_text(d->profile, TPS_PSA_PROFILE)) {
        out->boot_seed = d->boot_seed;
    } else if (tps_span_is_text(d->profile, TPS_PSA_PROFILE_2_0_0)) {
        out->is_2_0_0 = true;
        out->boot_seed = d->boot_seed_2_0_0;
    } else {
        return tps_fail(why, TPS_CLAIM_UNKNOWN_PROFILE, 0, "profile");
    }
    return TPS_OK;
}

tps_status tps_psa_decode(tps_span encoded, tps_psa_claims *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    draft d = {.out = out};
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    memset(out, 0, offsetof(tps_psa_claims, components));
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        TPS_TRY(read_claim(&r, &d, why));
    }
    TPS_TRY(claim_read_status(&r, "claims", why));
    TPS_TRY(settle_profile(&d, out, why));
    TPS_TRY(claim_present(d.has_client_id, "client id", why));
    TPS_TRY(claim_present(d.has_lifecycle, "security lifecycle", why));
    TPS_TRY(claim_present(d.has_components, "software components", why));
    return check_claims(out, why);
}

static void put_component(tps_cbor_writer *w, const tps_psa_component *component)
{
    uint64_t count =
        2u + (component->type.size > 0) + (component->version.size > 0) + (component->description.size > 0);

    tps_cbor_put_map(w, count);
    if (component->type.size > 0) {
        tps_cbor_put_int(w, TPS_PSA_COMPONENT_TYPE);
        tps_cbor_put_text_span(w, component->type);
    }
    tps_cbor_put_int(w, TPS_PSA_COMPONENT_MEASUREMENT);
    tps_cbor_put_bytes(w, component->measurement);
    if (component->version.size > 0) {
        tps_cbor_put_int(w, TPS_PSA_COMPONENT_VERSION);
        tps_cbor_put_text_span(w, component->version);
    }
    tps_cbor_put_int(w, TPS_PSA_COMPONENT_SIGNER_ID);
    tps_cbor_put_bytes(w, component->signer_id);
    if (component->description.size > 0) {
        tps_cbor_put_int(w, TPS_PSA_COMPONENT_DESCRIPTION);
        tps_cbor_put_text_span(w, component->description);
    }
}

static void put_bytes_claim(tps_cbor_writer *w, int64_t label, tps_span value)
{
    tps_cbor_put_int(w, label);
    tps_cbor_put_bytes(w, value);
}

static void put_optional_text(tps_cbor_writer *w, int64_t label, tps_span value)
{
    if (value.size > 0) {
        tps_cbor_put_int(w, label);
        tps_cbor_put_text_span(w, value);
    }
}

/* What tps_cbor_check() sees to in decoding. */
static tps_status check_texts(const tps_psa_claims *claims, tps_error *why)
{
    TPS_TRY(claim_is_utf8(claims->verification_service, "verification service indicator", why));
    for (size_t i = 0; i < claims->component_count; i++) {
        const tps_psa_component *component = &claims->components[i];
        TPS_TRY(claim_is_utf8(component->type, "type of a software component", why));
        TPS_TRY(claim_is_utf8(component->version, "version of a software component", why));
        TPS_TRY(claim_is_utf8(component->description, "description of a software component", why));
    }
    return TPS_OK;
}

tps_status tps_psa_encode(const tps_psa_claims *claims, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    uint64_t count = 7u + (claims->boot_seed.size > 0) + (claims->certification_reference.size > 0) +
                     (claims->verification_service.size > 0);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(check_claims(claims, why));
    TPS_TRY(check_texts(claims, why));
    tps_cbor_put_map(&w, count);
    put_bytes_claim(&w, TPS_PSA_NONCE, claims->nonce);
    put_bytes_claim(&w, TPS_PSA_INSTANCE_ID, claims->instance_id);
    tps_cbor_put_int(&w, TPS_PSA_EAT_PROFILE);
    tps_cbor_put_text(&w, claims->is_2_0_0 ? TPS_PSA_PROFILE_2_0_0 : TPS_PSA_PROFILE);
    if (claims->boot_seed.size > 0 && !claims->is_2_0_0) {
        put_bytes_claim(&w, TPS_PSA_BOOT_SEED, claims->boot_seed);
    }
    tps_cbor_put_int(&w, TPS_PSA_CLIENT_ID);
    tps_cbor_put_int(&w, claims->client_id);
    tps_cbor_put_int(&w, TPS_PSA_LIFECYCLE);
    tps_cbor_put_uint(&w, claims->lifecycle);
    put_bytes_claim(&w, TPS_PSA_IMPLEMENTATION_ID, claims->implementation_id);
    if (claims->is_2_0_0) {
        put_bytes_claim(&w, TPS_PSA_BOOT_SEED_2_0_0, claims->boot_seed);
    }
    put_optional_text(&w, TPS_PSA_CERTIFICATION_REFERENCE, claims->certification_reference);
    tps_cbor_put_int(&w, TPS_PSA_SOFTWARE_COMPONENTS);
    tps_cbor_put_array(&w, claims->component_count);
    for (size_t i = 0; i < claims->component_count; i++) {
        put_component(&w, &claims->components[i]);
    }
    put_optional_text(&w, TPS_PSA_VERIFICATION_SERVICE, claims->verification_service);
    return claims_finish(&w, encoded, why);
}

const char *tps_psa_lifecycle_name(uint16_t lifecycle)
{
    switch (lifecycle >> 8) {
    case TPS_PSA_LIFECYCLE_ASSEMBLY: return "assembly and test";
    case TPS_PSA_LIFECYCLE_PROVISIONING: return "root of trust provisioning";
    case TPS_PSA_LIFECYCLE_SECURED: return "secured";
    case TPS_PSA_LIFECYCLE_NON_ROT_DEBUG: return "debug outside the root of trust";
    case TPS_PSA_LIFECYCLE_RECOVERABLE_DEBUG: return "recoverable debug of the root of trust";
    case TPS_PSA_LIFECYCLE_DECOMMISSIONED: return "decommissioned";
    default: return "unknown";
    }
}
