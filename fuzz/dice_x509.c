/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes DICE in X.509: certificates, and each extension by itself. What is read lies inside the input, and
 * what is written from it reads back the same. The first byte chooses. */
#include <stdlib.h>

#include "tps/dice.h"

/* What the first byte says of the others. */
enum { A_CERTIFICATE = 0, A_TCB_INFO = 1, A_MULTI_TCB_INFO = 2, AN_INPUT = 3 };

static uint8_t room[1 << 16];

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void require_inside(tps_span part, tps_span whole)
{
    require(part.size == 0 || (part.data >= whole.data && part.data + part.size <= whole.data + whole.size));
}

static void walk_fwids(tps_span list, tps_span input)
{
    tps_dice_fwid fwid;
    size_t count = 0;

    while (tps_dice_fwid_next(&list, &fwid)) {
        require_inside(fwid.digest, input);
        require(fwid.digest.size > 0 && fwid.oid.size > 0);
        count++;
    }
    require(list.size == 0 && count > 0 && count <= TPS_DICE_ENTRIES_MAX);
}

static void judge_info(const tps_dice_tcb_info *info, tps_span input)
{
    tps_span rest = info->registers;
    tps_dice_register entry;
    tps_dice_tcb_info again;
    tps_span encoded;

    require_inside(info->vendor, input);
    require_inside(info->type, input);
    if (tps_dice_has(info->present, TPS_DICE_FWIDS)) {
        walk_fwids(info->fwids, input);
    }
    while (tps_dice_register_next(&rest, &entry)) {
        require(entry.name.data != NULL || entry.has_number);
        walk_fwids(entry.digests, input);
    }
    require(rest.size == 0);
    require(tps_dice_tcb_info_encode(info, TPS_BUF_OF(room), &encoded) == TPS_OK);
    require(tps_dice_tcb_info_decode(encoded, &again, NULL) == TPS_OK);
    require(again.present == info->present && again.flags == info->flags && again.svn == info->svn);
    require(tps_span_equal(again.fwids, info->fwids) && tps_span_equal(again.registers, info->registers));
}

static void judge_list(tps_span list, tps_span input)
{
    tps_dice_tcb_info info;

    while (tps_dice_tcb_info_next(&list, &info)) {
        judge_info(&info, input);
    }
    require(list.size == 0);
}

static void judge_input(const tps_dice_input *values, tps_span input)
{
    tps_dice_input again;
    tps_span encoded;

    for (uint32_t i = 0; i < TPS_DICE_INPUTS; i++) {
        require_inside(values->value[i], input);
    }
    require(tps_dice_input_encode(values, TPS_BUF_OF(room), &encoded) == TPS_OK);
    require(tps_dice_input_decode(encoded, &again, NULL) == TPS_OK);
    require(again.present == values->present && again.mode == values->mode);
}

static tps_crypto_key *fixed_key(void)
{
    static tps_crypto_key *key;
    static const uint8_t seed[48] = {7};

    if (key == NULL) {
        require(tps_crypto_key_derive_p256(seed, &key) == TPS_OK);
    }
    return key;
}

static void read_certificate(tps_span input)
{
    tps_dice_certificate certificate;
    tps_dice_layer layers[8];
    tps_span chain[2] = {input, input};
    tps_dice_anchor anchor = {.root = fixed_key()};
    size_t count = 8;

    if (tps_dice_certificate_read(input, &certificate, NULL) != TPS_OK) {
        return;
    }
    judge_list(certificate.tcb_info, input);
    judge_list(certificate.multi, input);
    require_inside(certificate.ueid, input);
    require_inside(certificate.cmw, input);
    if (tps_dice_has(certificate.present, TPS_DICE_EXTENSION_OPEN)) {
        judge_input(&certificate.input, input);
    }
    require(tps_dice_chain_verify(chain, 2, &anchor, layers, &count, NULL, NULL) != TPS_OK);
    count = 8;
    if (tps_dice_chain_layers(chain, 2, layers, &count, NULL) == TPS_OK) {
        require(count % 2 == 0);
        for (size_t i = 0; i < count; i++) {
            require(layers[i].certificate == (i < count / 2 ? 1 : 0));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input;
    tps_dice_tcb_info info;
    tps_dice_input values;
    tps_span list;
    uint32_t count;

    if (size == 0 || size > sizeof room / 2) {
        return 0;
    }
    input = tps_span_make(data + 1, size - 1);
    if (data[0] == A_CERTIFICATE) {
        read_certificate(input);
    } else if (data[0] == A_TCB_INFO && tps_dice_tcb_info_decode(input, &info, NULL) == TPS_OK) {
        judge_info(&info, input);
    } else if (data[0] == A_MULTI_TCB_INFO &&
               tps_dice_multi_tcb_info_decode(input, &list, &count, NULL) == TPS_OK) {
        judge_list(list, input);
    } else if (data[0] == AN_INPUT && tps_dice_input_decode(input, &values, NULL) == TPS_OK) {
        judge_input(&values, input);
    }
    return 0;
}
