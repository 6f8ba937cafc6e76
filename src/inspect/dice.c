/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of DICE: what X.509 extensions and CBOR certificates say of a device's layers. */
#include <inttypes.h>

#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/dice.h"

/* ---- DiceTcbInfo ---- */

static const char *const flag_names[] = {
    "not configured",          "not secure",           "recovery",      "debug",  "not replay protected",
    "not integrity protected", "not runtime measured", "not immutable", "not TCB"};

#define FLAG_NAMES (sizeof flag_names / sizeof flag_names[0])

/* Flags as their names; bits without one as "bit n". */
static void show_flags(inspect_node *into, const char *name, uint32_t flags)
{
    inspect_node *list = inspect_list(into, name);

    for (uint32_t i = 0; i < 32; i++) {
        if (!tps_dice_has(flags, i)) {
            continue;
        }
        if (i < FLAG_NAMES) {
            inspect_words(list, NULL, flag_names[i]);
        } else if (i < 31) { /* 31 only makes the string longer */
            inspect_text(list, NULL, inspect_format(into->document, "bit %" PRIu32, i));
        }
    }
}

static void show_digests(inspect_node *into, const char *name, tps_span rest)
{
    inspect_node *list = inspect_list(into, name);
    tps_dice_fwid fwid;

    while (tps_dice_fwid_next(&rest, &fwid)) {
        inspect_node *one = inspect_object(list, NULL);

        if (fwid.alg != TPS_ALG_NONE) {
            inspect_words(one, "hash", name_of_algorithm(fwid.alg));
        } else {
            inspect_bytes(one, "hash_oid", fwid.oid);
        }
        inspect_bytes(one, "digest", fwid.digest);
    }
}

static void show_registers(inspect_node *into, tps_span rest)
{
    inspect_node *list = inspect_list(into, "integrity_registers");
    tps_dice_register entry;

    while (tps_dice_register_next(&rest, &entry)) {
        inspect_node *one = inspect_object(list, NULL);

        if (entry.name.data != NULL) {
            inspect_text(one, "name", entry.name);
        }
        if (entry.has_number) {
            inspect_uint(one, "number", entry.number);
        }
        show_digests(one, "digests", entry.digests);
    }
}

static void show_text(inspect_node *into, const tps_dice_tcb_info *info, uint32_t field, const char *name,
                      tps_span text)
{
    if (tps_dice_has(info->present, field)) {
        inspect_text(into, name, text);
    }
}

static void show_number(inspect_node *into, const tps_dice_tcb_info *info, uint32_t field, const char *name,
                        uint64_t number)
{
    if (tps_dice_has(info->present, field)) {
        inspect_uint(into, name, number);
    }
}

static void show_tcb_info(inspect_node *into, const tps_dice_tcb_info *info)
{
    show_text(into, info, TPS_DICE_VENDOR, "vendor", info->vendor);
    show_text(into, info, TPS_DICE_MODEL, "model", info->model);
    show_text(into, info, TPS_DICE_VERSION, "version", info->version);
    show_number(into, info, TPS_DICE_SVN, "svn", info->svn);
    show_number(into, info, TPS_DICE_LAYER, "layer", info->layer);
    show_number(into, info, TPS_DICE_INDEX, "index", info->index);
    if (tps_dice_has(info->present, TPS_DICE_FWIDS)) {
        show_digests(into, "fwids", info->fwids);
    }
    if (tps_dice_has(info->present, TPS_DICE_FLAGS)) {
        show_flags(into, "flags", info->flags);
    }
    if (tps_dice_has(info->present, TPS_DICE_VENDOR_INFO)) {
        claim_bytes(into, "vendor_info", info->vendor_info);
    }
    if (tps_dice_has(info->present, TPS_DICE_TYPE)) {
        claim_bytes(into, "type", info->type);
    }
    if (tps_dice_has(info->present, TPS_DICE_FLAGS_MASK)) {
        show_flags(into, "flags_mask", info->flags_mask);
    }
    if (tps_dice_has(info->present, TPS_DICE_REGISTERS)) {
        show_registers(into, info->registers);
    }
}

static void show_tcb_infos(inspect_node *list, tps_span rest)
{
    tps_dice_tcb_info info;

    while (tps_dice_tcb_info_next(&rest, &info)) {
        inspect_node *one = inspect_object(list, NULL);

        show_tcb_info(one, &info);
        if ((info.flags & (TPS_DICE_FLAG_NOT_CONFIGURED | TPS_DICE_FLAG_NOT_SECURE | TPS_DICE_FLAG_DEBUG)) !=
            0) {
            inspect_warn(list->document,
                         "a layer says of the next that it is not secure, or can be debugged");
        }
    }
}

/* ---- the Open Profile for DICE ---- */

static const char *const input_names[TPS_DICE_INPUTS] = {"code_hash",
                                                         "code_descriptor",
                                                         "configuration_hash",
                                                         "configuration_descriptor",
                                                         "authority_hash",
                                                         "authority_descriptor",
                                                         "mode",
                                                         "profile_name"};

static void show_input(inspect_node *into, const tps_dice_input *input)
{
    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        if (!tps_dice_has(input->present, i)) {
            continue;
        }
        if (i == TPS_DICE_MODE) {
            inspect_means(inspect_uint(into, input_names[i], input->mode), tps_dice_mode_name(input->mode));
        } else if (i == TPS_DICE_PROFILE_NAME) {
            inspect_text(into, input_names[i], input->value[i]);
        } else {
            claim_bytes(into, input_names[i], input->value[i]);
        }
    }
    if (tps_dice_has(input->present, TPS_DICE_MODE) && input->mode != TPS_DICE_MODE_NORMAL) {
        inspect_warn(into->document, "the layer runs in the mode \"%s\"", tps_dice_mode_name(input->mode));
    }
}

/* ---- X.509 ---- */

/* What should be CBOR; bytes if it is not. */
static void show_cbor(inspect_node *into, const char *name, tps_span item)
{
    if (tps_cbor_check(item, &tps_cbor_limits_message, NULL, NULL) == TPS_OK) {
        inspect_cbor(into, name, item);
    } else {
        claim_bytes(into, name, item);
    }
}

static const char *const extension_names[TPS_DICE_EXTENSIONS] = {"TcbInfo", "Ueid", "MultiTcbInfo",
                                                                 "ConceptualMessageWrapper", "OpenDiceInput"};

static void show_critical(inspect_node *into, const tps_dice_certificate *certificate)
{
    inspect_node *list = inspect_list(into, "critical");

    for (uint32_t i = 0; i < TPS_DICE_EXTENSIONS; i++) {
        if (tps_dice_has(certificate->critical, i)) {
            inspect_words(list, NULL, extension_names[i]);
        }
    }
}

/* Whether an extension of DICE is named somewhere: certificates without one may break the rules of DER. */
static bool names_dice(tps_span der)
{
    for (uint32_t i = 0; i < TPS_DICE_EXTENSIONS; i++) {
        tps_span oid = tps_dice_extension_oid(i);
        if (memmem(der.data, der.size, oid.data, oid.size) != NULL) {
            return true;
        }
    }
    return false;
}

void dice_explain(inspect_node *into, tps_span der)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_dice_certificate certificate;
    tps_status status;
    inspect_node *dice;

    if (!names_dice(der)) {
        return;
    }
    status = tps_dice_certificate_read(der, &certificate, &why);
    if (status != TPS_OK) {
        inspect_warn(into->document,
                     "layers of DICE cannot be read from a certificate, at its byte %zu: %s%s%s", why.offset,
                     tps_status_cause(status), why.detail == NULL ? "" : ": ",
                     why.detail == NULL ? "" : why.detail);
        return;
    }
    if (certificate.present == 0) {
        return;
    }
    dice = inspect_object(into, "dice");
    if (certificate.tcb_info.size > 0 || certificate.multi.size > 0) {
        inspect_node *list = inspect_list(dice, "tcb_infos");
        show_tcb_infos(list, certificate.tcb_info);
        show_tcb_infos(list, certificate.multi);
    }
    if (certificate.ueid.size > 0) {
        claim_bytes(dice, "ueid", certificate.ueid);
    }
    if (certificate.cmw.size > 0) {
        show_cbor(dice, "cmw", certificate.cmw);
    }
    if (certificate.input.present != 0) {
        show_input(inspect_object(dice, "open_dice"), &certificate.input);
    }
    show_critical(dice, &certificate);
}

/* ---- CBOR certificates ---- */

bool dice_is_claims(tps_span payload)
{
    return walk_find(payload, TPS_DICE_CLAIM_SUBJECT_PUBLIC_KEY).size > 0;
}

static void show_usage(inspect_node *into, uint32_t usage)
{
    inspect_node *node = inspect_hex(into, "key_usage", usage);

    if (usage == TPS_DICE_USAGE_KEY_CERT_SIGN) {
        inspect_means(node, "it may issue certificates, and nothing else");
    } else if ((usage & TPS_DICE_USAGE_KEY_CERT_SIGN) == 0) {
        inspect_means(node, "it ends a chain");
    }
}

void dice_explain_cwt(inspect_document *document, inspect_node *into, tps_span file, tps_span payload)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_dice_cwt certificate;
    tps_status status = tps_dice_cwt_read(file, &certificate, &why);

    inspect_is(document, "dice-certificate", "Certificate of the Open Profile for DICE (CBOR)");
    if (status != TPS_OK) {
        inspect_warn(document, "the profile refuses it: %s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : ": ", why.detail == NULL ? "" : why.detail);
        show_cbor(into, "payload", payload);
        return;
    }
    inspect_text(into, "issuer", certificate.claims.issuer);
    inspect_text(into, "subject", certificate.claims.subject);
    if (certificate.not_before != INT64_MIN) {
        inspect_time(into, "not_before", certificate.not_before);
    }
    if (certificate.expiry != INT64_MAX) {
        inspect_time(into, "not_after", certificate.expiry);
        inspect_warn_expired(document, certificate.expiry);
    }
    if (certificate.claims.input.present == 0) {
        inspect_words(into, "role", "UDS: it begins a chain, and says nothing of layers");
    } else {
        show_input(inspect_object(into, "open_dice"), &certificate.claims.input);
    }
    if (cose_key_is(certificate.claims.public_key)) {
        cose_key_explain(inspect_object(into, "public_key"), certificate.claims.public_key);
    } else {
        inspect_bytes(into, "public_key", certificate.claims.public_key);
    }
    show_usage(into, certificate.claims.key_usage);
}
