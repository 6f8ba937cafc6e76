/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: a measured piece of software, read from a reference value by the rules of each profile. */
#include "format/corim/comid_component.h"

#include "format/corim/walk.h"
#include "tps/corim.h"
#include "tps/crypto.h"

static bool is_hash_size(size_t size)
{
    return size == 32 || size == 48 || size == 64;
}

/* The mkey of the legacy PSA profile: {1: type, ? 4: version, 5: signer id}. */
static tps_status read_refval_id(tps_span encoded, tps_corim_component *out, tps_error *why)
{
    corim_walk walk = corim_walk_init(encoded, "PSA reference value id");
    tps_cbor_list members = tps_cbor_enter_map(&walk.reader);

    while (tps_cbor_next(&walk.reader, &members)) {
        switch (corim_walk_key(&walk)) {
        case 1: out->name = corim_walk_text(&walk, "component type"); break;
        case 4: out->version = corim_walk_text(&walk, "component version"); break;
        case 5: out->signer_id = tps_cbor_get_bytes(&walk.reader); break;
        default: tps_cbor_skip(&walk.reader); break;
        }
    }
    return corim_walk_finish(&walk, why);
}

static tps_status read_first_digest(const tps_corim_measurement *measurement, tps_corim_component *out,
                                    tps_error *why)
{
    for (size_t i = 0; i < measurement->digest_count; i++) {
        if (measurement->digests[i].alg != TPS_ALG_NONE) {
            out->digest = measurement->digests[i].value;
            return TPS_OK;
        }
    }
    return tps_fail(why, TPS_CORIM_BAD_VALUE, 0, "a software component has no digest of a known algorithm");
}

static tps_status read_signer(const tps_corim_measurement *measurement, tps_corim_component *out,
                              tps_error *why)
{
    if (measurement->key_count > 1) {
        return tps_fail(why, TPS_CORIM_BAD_VALUE, 0, "a software component has more than one signer id");
    }
    if (measurement->key_count == 1) {
        if (measurement->keys[0].tag != TPS_CORIM_TAG_BYTES) {
            return tps_fail(why, TPS_CORIM_BAD_VALUE, 0,
                            "the signer id of a software component is not tagged 560");
        }
        out->signer_id = measurement->keys[0].value;
    }
    return TPS_OK;
}

static tps_status read_newer(const tps_corim_measurement *measurement, uint32_t profile_kind,
                             tps_corim_component *out, tps_error *why)
{
    const char *key = profile_kind == TPS_CORIM_PROFILE_PSA ? COMID_PSA_COMPONENT : COMID_OPENTPS_COMPONENT;

    if (measurement->key.kind != TPS_CORIM_TEXT || !tps_span_is_text(measurement->key.bytes, key)) {
        return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "a measurement that is no software component");
    }
    out->name = measurement->name;
    out->version = measurement->version;
    return read_signer(measurement, out, why);
}

tps_status tps_corim_component_of(const tps_corim_measurement *measurement, uint32_t profile_kind,
                                  tps_corim_component *out, tps_error *why)
{
    bool may_be_unsigned = profile_kind == TPS_CORIM_PROFILE_OPENTPS;

    *out = (tps_corim_component){0};
    if (profile_kind == TPS_CORIM_PROFILE_PSA_IOT) {
        if (measurement->key.kind != TPS_CORIM_REFVAL_ID) {
            return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "a measurement that is no software component");
        }
        TPS_TRY(read_refval_id(measurement->key.bytes, out, why));
    } else if (profile_kind == TPS_CORIM_PROFILE_PSA || profile_kind == TPS_CORIM_PROFILE_OPENTPS) {
        TPS_TRY(read_newer(measurement, profile_kind, out, why));
    } else {
        return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "a reference value of an unknown profile");
    }
    if (!is_hash_size(out->signer_id.size) && !(may_be_unsigned && out->signer_id.size == 0)) {
        return tps_fail(why, TPS_CORIM_BAD_VALUE, 0,
                        "the signer id of a software component is missing or no hash");
    }
    return read_first_digest(measurement, out, why);
}

const char *tps_corim_tag_name(uint64_t tag)
{
    switch (tag) {
    case TPS_CORIM_TAG_UUID: return "UUID";
    case TPS_CORIM_TAG_OID: return "object identifier";
    case TPS_CORIM_TAG_LEGACY: return "old wrapper";
    case TPS_CORIM_TAG_CORIM: return "CoRIM";
    case TPS_CORIM_TAG_LEGACY_SIGNED: return "old signed wrapper";
    case TPS_CORIM_TAG_COSWID: return "CoSWID";
    case TPS_CORIM_TAG_COMID: return "CoMID";
    case TPS_CORIM_TAG_COTL: return "CoTL";
    case TPS_CORIM_TAG_UEID: return "UEID";
    case TPS_CORIM_TAG_INT: return "integer";
    case TPS_CORIM_TAG_SVN: return "security version number";
    case TPS_CORIM_TAG_MIN_SVN: return "least security version number";
    case TPS_CORIM_TAG_KEY_PEM: return "PEM public key";
    case TPS_CORIM_TAG_CERTIFICATE_PEM: return "PEM certificate";
    case TPS_CORIM_TAG_PATH_PEM: return "PEM certificate path";
    case TPS_CORIM_TAG_KEY_THUMBPRINT: return "key thumbprint";
    case TPS_CORIM_TAG_COSE_KEY: return "COSE_Key";
    case TPS_CORIM_TAG_CERTIFICATE_THUMBPRINT: return "certificate thumbprint";
    case TPS_CORIM_TAG_BYTES: return "bytes";
    case TPS_CORIM_TAG_PATH_THUMBPRINT: return "certificate path thumbprint";
    case TPS_CORIM_TAG_CERTIFICATE_DER: return "DER certificate";
    case TPS_CORIM_TAG_IMPLEMENTATION_ID: return "PSA implementation id";
    case TPS_CORIM_TAG_REFVAL_ID: return "PSA reference value id";
    default: return "unknown tag";
    }
}
