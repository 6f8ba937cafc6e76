/* SPDX-License-Identifier: Apache-2.0 */
/* Names and forms of claims in both encodings. */
#include "format/eat/forms.h"

static const form_name claims[] = {
    {TPS_CWT_ISS, FORM_ANY, "iss"},
    {TPS_CWT_SUB, FORM_ANY, "sub"},
    {TPS_CWT_AUD, FORM_ANY, "aud"},
    {TPS_CWT_EXP, FORM_ANY, "exp"},
    {TPS_CWT_NBF, FORM_ANY, "nbf"},
    {TPS_CWT_IAT, FORM_ANY, "iat"},
    {TPS_CWT_CTI, FORM_LOOSE_BYTES, "jti"},
    {TPS_CWT_CNF, FORM_CNF, "cnf"},
    {TPS_CWT_SCOPE, FORM_ANY, "scope"},
    {TPS_EAT_NONCE, FORM_NONCES, "eat_nonce"},
    {TPS_CWT_CNONCE, FORM_BYTES, "cnonce"},
    {TPS_EAT_UEID, FORM_BYTES, "ueid"},
    {TPS_EAT_SUEIDS, FORM_SUEIDS, "sueids"},
    {TPS_EAT_OEMID, FORM_BYTES, "oemid"},
    {TPS_EAT_HWMODEL, FORM_BYTES, "hwmodel"},
    {TPS_EAT_HWVERSION, FORM_VERSION, "hwversion"},
    {TPS_EAT_UPTIME, FORM_ANY, "uptime"},
    {TPS_EAT_OEMBOOT, FORM_ANY, "oemboot"},
    {TPS_EAT_DBGSTAT, FORM_DEBUG, "dbgstat"},
    {TPS_EAT_LOCATION, FORM_LOCATION, "location"},
    {TPS_EAT_PROFILE, FORM_PROFILE, "eat_profile"},
    {TPS_EAT_SUBMODS, FORM_SUBMODS, "submods"},
    {TPS_EAT_BOOTCOUNT, FORM_ANY, "bootcount"},
    {TPS_EAT_BOOTSEED, FORM_BYTES, "bootseed"},
    {TPS_EAT_DLOAS, FORM_ANY, "dloas"},
    {TPS_EAT_SWNAME, FORM_ANY, "swname"},
    {TPS_EAT_SWVERSION, FORM_VERSION, "swversion"},
    {TPS_EAT_MANIFESTS, FORM_MANIFESTS, "manifests"},
    {TPS_EAT_MEASUREMENTS, FORM_MEASUREMENTS, "measurements"},
    {TPS_EAT_MEASRES, FORM_MEASRES, "measres"},
    {TPS_EAT_INTUSE, FORM_USE, "intuse"},
};

static const form_name location[] = {
    {TPS_EAT_LATITUDE, FORM_ANY, "latitude"},
    {TPS_EAT_LONGITUDE, FORM_ANY, "longitude"},
    {TPS_EAT_ALTITUDE, FORM_ANY, "altitude"},
    {TPS_EAT_ACCURACY, FORM_ANY, "accuracy"},
    {TPS_EAT_ALTITUDE_ACCURACY, FORM_ANY, "altitude-accuracy"},
    {TPS_EAT_HEADING, FORM_ANY, "heading"},
    {TPS_EAT_SPEED, FORM_ANY, "speed"},
    {TPS_EAT_TIMESTAMP, FORM_ANY, "timestamp"},
    {TPS_EAT_AGE, FORM_ANY, "age"},
};

static const form_name debug[] = {
    {TPS_EAT_DEBUG_ENABLED, FORM_ANY, "enabled"},
    {TPS_EAT_DEBUG_DISABLED, FORM_ANY, "disabled"},
    {TPS_EAT_DEBUG_DISABLED_SINCE_BOOT, FORM_ANY, "disabled-since-boot"},
    {TPS_EAT_DEBUG_DISABLED_PERMANENTLY, FORM_ANY, "disabled-permanently"},
    {TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY, FORM_ANY, "disabled-fully-and-permanently"},
};

static const form_name uses[] = {
    {TPS_EAT_USE_GENERIC, FORM_ANY, "generic"},
    {TPS_EAT_USE_REGISTRATION, FORM_ANY, "registration"},
    {TPS_EAT_USE_PROVISIONING, FORM_ANY, "provisioning"},
    {TPS_EAT_USE_CERTIFICATE_ISSUANCE, FORM_ANY, "csr"},
    {TPS_EAT_USE_PROOF_OF_POSSESSION, FORM_ANY, "pop"},
};

static const form_name results[] = {
    {TPS_EAT_RESULT_SUCCESS, FORM_ANY, "success"},
    {TPS_EAT_RESULT_FAIL, FORM_ANY, "fail"},
    {TPS_EAT_RESULT_NOT_RUN, FORM_ANY, "not-run"},
    {TPS_EAT_RESULT_ABSENT, FORM_ANY, "absent"},
};

/* RFC 9393, 4.1. */
static const form_name schemes[] = {
    {1, FORM_ANY, "multipartnumeric"}, {2, FORM_ANY, "multipartnumeric-suffix"},
    {3, FORM_ANY, "alphanumeric"},     {4, FORM_ANY, "decimal"},
    {16384, FORM_ANY, "semver"},
};

/* RFC 8747, 3.1, and RFC 7800, 3.1. A thumbprint is of another structure in each, and an encrypted key is
 * encrypted for the one or the other: neither can be turned. */
static const form_name cnf[] = {
    {TPS_CWT_CONFIRMATION_KEY, FORM_KEY, "jwk"},
    {TPS_CWT_CONFIRMATION_KEY_ID, FORM_LOOSE_BYTES, "kid"},
};

/* Public keys on curves (RFC 9053, 7; RFC 7518, 6.2; RFC 8037, 2). */
static const form_name key[] = {
    {1, FORM_KEY_TYPE, "kty"}, {2, FORM_LOOSE_BYTES, "kid"}, {3, FORM_ALGORITHM, "alg"},
    {-1, FORM_CURVE, "crv"},   {-2, FORM_BYTES, "x"},        {-3, FORM_BYTES, "y"},
};

static const form_name key_types[] = {{1, FORM_ANY, "OKP"}, {2, FORM_ANY, "EC"}};

static const form_name curves[] = {
    {1, FORM_ANY, "P-256"}, {2, FORM_ANY, "P-384"},   {3, FORM_ANY, "P-521"}, {4, FORM_ANY, "X25519"},
    {5, FORM_ANY, "X448"},  {6, FORM_ANY, "Ed25519"}, {7, FORM_ANY, "Ed448"},
};

static const form_name algorithms[] = {
    {-7, FORM_ANY, "ES256"},    {-8, FORM_ANY, "EdDSA"},   {-9, FORM_ANY, "ESP256"},
    {-19, FORM_ANY, "Ed25519"}, {-35, FORM_ANY, "ES384"},  {-36, FORM_ANY, "ES512"},
    {-51, FORM_ANY, "ESP384"},  {-52, FORM_ANY, "ESP512"}, {-53, FORM_ANY, "Ed448"},
};

#define NAMES(table) (*count = sizeof(table) / sizeof(table)[0], (table))

const form_name *form_names(uint32_t form, size_t *count)
{
    switch (form) {
    case FORM_CLAIMS: return NAMES(claims);
    case FORM_LOCATION: return NAMES(location);
    case FORM_CNF: return NAMES(cnf);
    case FORM_KEY: return NAMES(key);
    case FORM_DEBUG: return NAMES(debug);
    case FORM_USE: return NAMES(uses);
    case FORM_RESULT: return NAMES(results);
    case FORM_SCHEME: return NAMES(schemes);
    case FORM_KEY_TYPE: return NAMES(key_types);
    case FORM_CURVE: return NAMES(curves);
    case FORM_ALGORITHM: return NAMES(algorithms);
    default: *count = 0; return NULL;
    }
}

uint32_t form_of_entry(uint32_t form, uint32_t index)
{
    switch (form) {
    case FORM_NONCES: return FORM_LOOSE_BYTES;
    case FORM_VERSION: return index == 1 ? FORM_SCHEME : FORM_ANY;
    case FORM_DIGEST: return index == 1 ? FORM_BYTES : FORM_ANY;
    case FORM_MANIFESTS: return FORM_MANIFEST;
    case FORM_MANIFEST: return index == 1 ? FORM_BODY : FORM_ANY;
    case FORM_MEASUREMENTS: return FORM_MEASUREMENT;
    case FORM_MEASUREMENT: return index == 1 ? FORM_BYTES : FORM_ANY;
    case FORM_MEASRES: return FORM_GROUP;
    case FORM_GROUP: return index == 1 ? FORM_RESULTS : FORM_ANY;
    case FORM_RESULTS: return FORM_OUTCOME;
    case FORM_OUTCOME: return index == 1 ? FORM_RESULT : FORM_ID;
    default: return FORM_ANY;
    }
}

uint32_t form_of_named(uint32_t form)
{
    switch (form) {
    case FORM_SUEIDS: return FORM_BYTES;
    case FORM_SUBMODS: return FORM_SUBMODULE;
    default: return FORM_ANY;
    }
}

bool form_is_closed(uint32_t form)
{
    return form == FORM_LOCATION || form == FORM_CNF || form == FORM_KEY;
}

const form_name *form_find_label(uint32_t form, int64_t label)
{
    size_t count;
    const form_name *names = form_names(form, &count);

    for (size_t i = 0; i < count; i++) {
        if (names[i].label == label) {
            return &names[i];
        }
    }
    return NULL;
}

/* ---- names for everybody ---- */

static const char *name_of(uint32_t form, int64_t label)
{
    const form_name *found = form_find_label(form, label);

    return found == NULL ? NULL : found->name;
}

const char *tps_eat_claim_name(int64_t label)
{
    return name_of(FORM_CLAIMS, label);
}

const char *tps_eat_location_name(uint32_t member)
{
    return name_of(FORM_LOCATION, member);
}

const char *tps_eat_result_name(uint8_t result)
{
    const char *name = name_of(FORM_RESULT, result);

    return name == NULL ? "unknown" : name;
}
