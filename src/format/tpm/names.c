/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM's numbers are called, and the sizes of its hashes. */
#include "tps/tpm.h"

typedef struct {
    uint32_t number;
    const char *name;
} named;

static const named algorithms[] = {
    {TPS_TPM_ALG_RSA, "rsa"},       {TPS_TPM_ALG_SHA1, "sha1"},     {TPS_TPM_ALG_AES, "aes"},
    {TPS_TPM_ALG_SHA256, "sha256"}, {TPS_TPM_ALG_SHA384, "sha384"}, {TPS_TPM_ALG_SHA512, "sha512"},
    {TPS_TPM_ALG_NULL, "null"},     {TPS_TPM_ALG_SM3, "sm3_256"},   {TPS_TPM_ALG_RSASSA, "rsassa"},
    {TPS_TPM_ALG_RSAES, "rsaes"},   {TPS_TPM_ALG_RSAPSS, "rsapss"}, {TPS_TPM_ALG_OAEP, "oaep"},
    {TPS_TPM_ALG_ECDSA, "ecdsa"},   {TPS_TPM_ALG_ECDAA, "ecdaa"},   {TPS_TPM_ALG_ECC, "ecc"},
    {TPS_TPM_ALG_CFB, "cfb"},
};

static const named events[] = {
    {TPS_TPM_EV_POST_CODE, "EV_POST_CODE"},
    {TPS_TPM_EV_NO_ACTION, "EV_NO_ACTION"},
    {TPS_TPM_EV_SEPARATOR, "EV_SEPARATOR"},
    {TPS_TPM_EV_ACTION, "EV_ACTION"},
    {TPS_TPM_EV_EVENT_TAG, "EV_EVENT_TAG"},
    {TPS_TPM_EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS"},
    {TPS_TPM_EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION"},
    {TPS_TPM_EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS"},
    {TPS_TPM_EV_TABLE_OF_DEVICES, "EV_TABLE_OF_DEVICES"},
    {TPS_TPM_EV_COMPACT_HASH, "EV_COMPACT_HASH"},
    {TPS_TPM_EV_IPL, "EV_IPL"},
    {TPS_TPM_EV_IPL_PARTITION_DATA, "EV_IPL_PARTITION_DATA"},
    {TPS_TPM_EV_NONHOST_CODE, "EV_NONHOST_CODE"},
    {TPS_TPM_EV_NONHOST_CONFIG, "EV_NONHOST_CONFIG"},
    {TPS_TPM_EV_NONHOST_INFO, "EV_NONHOST_INFO"},
    {TPS_TPM_EV_OMIT_BOOT_DEVICE_EVENTS, "EV_OMIT_BOOT_DEVICE_EVENTS"},
    {TPS_TPM_EV_POST_CODE2, "EV_POST_CODE2"},
    {TPS_TPM_EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
    {TPS_TPM_EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT"},
    {TPS_TPM_EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION"},
    {TPS_TPM_EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER"},
    {TPS_TPM_EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
    {TPS_TPM_EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT"},
    {TPS_TPM_EV_EFI_ACTION, "EV_EFI_ACTION"},
    {TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
    {TPS_TPM_EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES"},
    {TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
    {TPS_TPM_EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2"},
    {TPS_TPM_EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2"},
    {TPS_TPM_EV_EFI_GPT_EVENT2, "EV_EFI_GPT_EVENT2"},
    {TPS_TPM_EV_EFI_HCRTM_EVENT, "EV_EFI_HCRTM_EVENT"},
    {TPS_TPM_EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY"},
    {TPS_TPM_EV_EFI_SPDM_FIRMWARE_BLOB, "EV_EFI_SPDM_FIRMWARE_BLOB"},
    {TPS_TPM_EV_EFI_SPDM_FIRMWARE_CONFIG, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
};

const char *tps_tpm_alg_name(uint32_t alg)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithms[i].number == alg) {
            return algorithms[i].name;
        }
    }
    return "unknown";
}

const char *tps_tpm_event_name(uint32_t type)
{
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i].number == type) {
            return events[i].name;
        }
    }
    return "an event of an unknown type";
}

size_t tps_tpm_digest_size(uint32_t alg)
{
    switch (alg) {
    case TPS_TPM_ALG_SHA1: return 20;
    case TPS_TPM_ALG_SM3:
    case TPS_TPM_ALG_SHA256: return 32;
    case TPS_TPM_ALG_SHA384: return 48;
    case TPS_TPM_ALG_SHA512: return 64;
    default: return 0;
    }
}

tps_status tps_tpm_hash_check(uint32_t alg)
{
    if (tps_tpm_hash_alg(alg) != TPS_ALG_NONE) {
        return TPS_OK;
    }
    return alg == TPS_TPM_ALG_SHA1 ? TPS_TPM_SHA1 : TPS_TPM_UNSUPPORTED;
}

int32_t tps_tpm_hash_alg(uint32_t alg)
{
    switch (alg) {
    case TPS_TPM_ALG_SHA256: return TPS_ALG_SHA256;
    case TPS_TPM_ALG_SHA384: return TPS_ALG_SHA384;
    case TPS_TPM_ALG_SHA512: return TPS_ALG_SHA512;
    default: return TPS_ALG_NONE;
    }
}
