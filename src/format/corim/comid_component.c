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
    corim_map map = corim_map_enter(&walk, 1u << 1 | 1u << 4 | 1u << 5, "PSA reference value id");

    while (corim_map_next(&walk, &map)) {
        switch (map.key) {
        case 1: out->name = corim_walk_text(&walk, "component type"); break;
        case 4: out->version = corim_walk_text(&walk, "component version"); break;
        default: out->signer_id = tps_cbor_get_bytes(&walk.reader); break;
        }
    }
    return corim_walk_finish(&walk, why);
}

static tps_status read_first_digest(const tps_corim_measurement *measurement, tps_corim_component *out,
                                    tps_error *why)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(measurement->digests);
    tps_corim_digest digest;

    while (tps_corim_next_digest(&cursor, &digest)) {
        if (digest.alg != TPS_ALG_NONE) {
            out->digest = digest.value;
            return TPS_OK;
        }
    }
    return tps_fail(why, TPS_CORIM_BAD_VALUE, 0, "a software component has no digest of a known algorithm");
}

static tps_status read_signer(const tps_corim_measurement *measurement, tps_corim_component *out,
                              tps_error *why)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(measurement->keys);
    tps_corim_key key;

    if (!tps_corim_next_key(&cursor, &key)) {
        return TPS_OK;
    }
    if (key.tag != TPS_CORIM_TAG_BYTES) {
        return tps_fail(why, TPS_CORIM_BAD_VALUE, 0,
                        "the signer id of a software component is not tagged 560");
    }
    out->signer_id = key.value;
    return tps_corim_next_key(&cursor, &key)
               ? tps_fail(why, TPS_CORIM_BAD_VALUE, 0, "a software component has more than one signer id")
               : TPS_OK;
}

/* Version, digests, name and signer are compared with evidence; a reference value that says more would be
 * taken for less than it is. */
static bool says_more(const tps_corim_measurement *m)
{
    return m->has_svn || m->flags_present != 0 || m->flag_extensions.count != 0 || m->raw_tag != 0 ||
           m->mac.size + m->ip.size + m->serial.size + m->ueid.size + m->uuid.size != 0 ||
           m->registers.count + m->extensions.count + m->authorized_by.count != 0 || m->range.is_present;
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
    if (says_more(measurement)) {
        return tps_fail(why, TPS_CORIM_UNSUPPORTED, 0, "a measurement with members that are not compared");
    }
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
