/* SPDX-License-Identifier: Apache-2.0 */
/* DiceTcbInfo (TCG DICE Attestation Architecture 1.2, Appendix A), read. Lists stay encoded: they are judged
 * once, and walked by whoever needs them. */
#include "format/dice/tcb_info.h"

#include "format/dice/oids.h"

static void read_fwid(der_reader *r, tps_dice_fwid *out)
{
    const uint8_t *start = r->at;
    const uint8_t *outer = der_enter(r, DER_SEQUENCE);
    size_t size;

    out->oid = der_get_oid(r, DER_OID);
    out->digest = der_get(r, DER_OCTET_STRING);
    der_leave(r, outer);
    out->alg = dice_hash_of_oid(out->oid);
    size = dice_hash_size(out->alg);
    if (r->status == TPS_OK && (out->digest.size == 0 || (size != 0 && size != out->digest.size))) {
        r->at = start;
        der_fail(r, TPS_DICE_BAD_VALUE);
    }
}

/* Between entries of a list: false at its end, or when it is too long. */
static bool has_next(der_reader *r, uint32_t *count)
{
    if (der_peek(r) == DER_END) {
        if (*count == 0) {
            der_fail(r, TPS_DICE_BAD_VALUE);
        }
        return false;
    }
    if (++*count > TPS_DICE_ENTRIES_MAX) {
        der_fail(r, TPS_TOO_LARGE);
    }
    return r->status == TPS_OK;
}

void dice_fwids_read(der_reader *r)
{
    tps_dice_fwid fwid;
    uint32_t count = 0;

    while (has_next(r, &count)) {
        read_fwid(r, &fwid);
    }
}

/* A list of FWIDs under this implicit tag: its entries, judged, as they are encoded. */
static tps_span read_fwids(der_reader *r, uint8_t tag)
{
    const uint8_t *outer = der_enter(r, tag);
    const uint8_t *start = r->at;

    dice_fwids_read(r);
    der_leave(r, outer);
    return tps_span_make(start, (size_t)(r->at - start));
}

static void read_register(der_reader *r, tps_dice_register *out)
{
    const uint8_t *start = r->at;
    const uint8_t *outer = der_enter(r, DER_SEQUENCE);

    out->name = TPS_SPAN_EMPTY;
    if (der_peek(r) == DER_CONTEXT(0)) {
        out->name = der_get_ia5(r, DER_CONTEXT(0));
    }
    out->has_number = der_peek(r) == DER_CONTEXT(1);
    out->number = out->has_number ? der_get_uint(r, DER_CONTEXT(1)) : 0;
    if (r->status == TPS_OK && out->name.data == NULL && !out->has_number) {
        r->at = start;
        der_fail(r, TPS_DICE_BAD_VALUE);
    }
    out->digests = read_fwids(r, DER_CONTEXT_CONSTRUCTED(2));
    der_leave(r, outer);
}

void dice_registers_read(der_reader *r)
{
    tps_dice_register entry;
    uint32_t count = 0;

    while (has_next(r, &count)) {
        read_register(r, &entry);
    }
}

static tps_span read_registers(der_reader *r, uint8_t tag)
{
    const uint8_t *outer = der_enter(r, tag);
    const uint8_t *start = r->at;

    dice_registers_read(r);
    der_leave(r, outer);
    return tps_span_make(start, (size_t)(r->at - start));
}

static uint32_t read_flags(der_reader *r, uint8_t tag)
{
    const uint8_t *start = r->at;
    uint8_t unused;
    tps_span bits = der_get_bits(r, tag, &unused);
    uint32_t flags = 0;

    if (bits.size > sizeof flags) {
        r->at = start;
        der_fail(r, TPS_DER_OUT_OF_RANGE);
        return 0;
    }
    for (size_t i = 0; i < 8 * bits.size; i++) {
        flags |= (uint32_t)(bits.data[i / 8] >> (7 - i % 8) & 1) << i;
    }
    return flags;
}

/* True when the next value is the field `number`, in primitive form. Then it is marked as present. */
static bool is_field(const der_reader *r, uint32_t number, tps_dice_tcb_info *out)
{
    if (der_peek(r) != DER_CONTEXT(number)) {
        return false;
    }
    out->present |= 1u << number;
    return true;
}

static const char *read_names(der_reader *r, tps_dice_tcb_info *out)
{
    if (is_field(r, TPS_DICE_VENDOR, out)) {
        out->vendor = der_get_text(r, DER_CONTEXT(TPS_DICE_VENDOR));
    }
    if (is_field(r, TPS_DICE_MODEL, out)) {
        out->model = der_get_text(r, DER_CONTEXT(TPS_DICE_MODEL));
    }
    if (is_field(r, TPS_DICE_VERSION, out)) {
        out->version = der_get_text(r, DER_CONTEXT(TPS_DICE_VERSION));
    }
    return "vendor, model or version";
}

static const char *read_numbers(der_reader *r, tps_dice_tcb_info *out)
{
    if (is_field(r, TPS_DICE_SVN, out)) {
        out->svn = der_get_uint(r, DER_CONTEXT(TPS_DICE_SVN));
    }
    if (is_field(r, TPS_DICE_LAYER, out)) {
        out->layer = der_get_uint(r, DER_CONTEXT(TPS_DICE_LAYER));
    }
    if (is_field(r, TPS_DICE_INDEX, out)) {
        out->index = der_get_uint(r, DER_CONTEXT(TPS_DICE_INDEX));
    }
    return "svn, layer or index";
}

static const char *read_measurements(der_reader *r, tps_dice_tcb_info *out)
{
    if (der_peek(r) == DER_CONTEXT_CONSTRUCTED(TPS_DICE_FWIDS)) {
        out->present |= 1u << TPS_DICE_FWIDS;
        out->fwids = read_fwids(r, DER_CONTEXT_CONSTRUCTED(TPS_DICE_FWIDS));
    }
    return "fwids";
}

static const char *read_rest(der_reader *r, tps_dice_tcb_info *out)
{
    uint8_t tag;

    if (is_field(r, TPS_DICE_FLAGS, out)) {
        out->flags = read_flags(r, DER_CONTEXT(TPS_DICE_FLAGS));
    }
    if (is_field(r, TPS_DICE_VENDOR_INFO, out)) {
        out->vendor_info = der_get(r, DER_CONTEXT(TPS_DICE_VENDOR_INFO));
    }
    if (is_field(r, TPS_DICE_TYPE, out)) {
        out->type = der_get(r, DER_CONTEXT(TPS_DICE_TYPE));
    }
    if (is_field(r, TPS_DICE_FLAGS_MASK, out)) {
        out->flags_mask = read_flags(r, DER_CONTEXT(TPS_DICE_FLAGS_MASK));
    }
    /* [11] of Appendix A; [10], constructed where the mask is not, of the text. */
    tag = der_peek(r);
    if (tag == DER_CONTEXT_CONSTRUCTED(TPS_DICE_REGISTERS) ||
        tag == DER_CONTEXT_CONSTRUCTED(TPS_DICE_FLAGS_MASK)) {
        out->present |= 1u << TPS_DICE_REGISTERS;
        out->registers = read_registers(r, tag);
    }
    return "flags, vendorInfo, type, flagsMask or integrityRegisters";
}

const char *dice_tcb_info_read(der_reader *r, tps_dice_tcb_info *out)
{
    const uint8_t *outer = der_enter(r, DER_SEQUENCE);
    const char *part;

    *out = (tps_dice_tcb_info){.present = 0};
    if (der_peek(r) == DER_OID) {
        der_fail(r, TPS_UNSUPPORTED);
        return "RIoT's CompositeDeviceID";
    }
    part = read_names(r, out);
    if (r->status == TPS_OK) {
        part = read_numbers(r, out);
    }
    if (r->status == TPS_OK) {
        part = read_measurements(r, out);
    }
    if (r->status == TPS_OK) {
        part = read_rest(r, out);
    }
    if (r->status == TPS_OK) {
        part = "a field that is unknown, stands twice or out of order";
        der_leave(r, outer);
    }
    return part;
}

tps_status tps_dice_tcb_info_decode(tps_span encoded, tps_dice_tcb_info *out, tps_error *why)
{
    der_reader r = der_reader_init(encoded);
    const char *part;

    TPS_TRY(der_check(encoded, why));
    part = dice_tcb_info_read(&r, out);
    return der_reader_why(&r, why, part);
}

tps_status tps_dice_multi_tcb_info_decode(tps_span encoded, tps_span *list, uint32_t *count, tps_error *why)
{
    der_reader r = der_reader_init(encoded);
    tps_dice_tcb_info entry;
    const char *part = "the list";
    const uint8_t *outer;
    const uint8_t *start;
    uint32_t entries = 0;

    TPS_TRY(der_check(encoded, why));
    outer = der_enter(&r, DER_SEQUENCE);
    start = r.at;
    while (has_next(&r, &entries)) {
        part = dice_tcb_info_read(&r, &entry);
    }
    *list = tps_span_make(start, (size_t)(r.at - start));
    *count = entries;
    der_leave(&r, outer);
    return der_reader_why(&r, why, part);
}

/* A reader at the next entry of a list that was judged before; false at its end. */
static bool at_next(const tps_span *rest, der_reader *r)
{
    *r = der_reader_init(*rest);
    return rest->size > 0;
}

static bool behind(const der_reader *r, tps_span *rest)
{
    *rest = tps_span_make(r->at, (size_t)(r->end - r->at));
    return r->status == TPS_OK;
}

bool tps_dice_tcb_info_next(tps_span *rest, tps_dice_tcb_info *out)
{
    der_reader r;

    if (!at_next(rest, &r)) {
        return false;
    }
    (void)dice_tcb_info_read(&r, out);
    return behind(&r, rest);
}

bool tps_dice_fwid_next(tps_span *rest, tps_dice_fwid *out)
{
    der_reader r;

    if (!at_next(rest, &r)) {
        return false;
    }
    read_fwid(&r, out);
    return behind(&r, rest);
}

bool tps_dice_register_next(tps_span *rest, tps_dice_register *out)
{
    der_reader r;

    if (!at_next(rest, &r)) {
        return false;
    }
    read_register(&r, out);
    return behind(&r, rest);
}
