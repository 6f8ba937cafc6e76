/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: what numbers mean, for people. */
#include "tps/corim.h"

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
    case TPS_CORIM_TAG_MASKED: return "masked bytes";
    case TPS_CORIM_TAG_RANGE: return "range";
    case TPS_CORIM_TAG_IMPLEMENTATION_ID: return "PSA implementation id";
    case TPS_CORIM_TAG_REFVAL_ID: return "PSA reference value id";
    default: return "unknown tag";
    }
}

const char *tps_corim_flag_name(uint32_t flag)
{
    static const char *const names[TPS_CORIM_FLAG_COUNT] = {
        "configured",          "secure",           "recovery",  "debug", "replay protected",
        "integrity protected", "runtime measured", "immutable", "TCB",   "confidentiality protected"};

    return flag < TPS_CORIM_FLAG_COUNT ? names[flag] : NULL;
}
