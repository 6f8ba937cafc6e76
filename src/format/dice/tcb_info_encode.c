/* SPDX-License-Identifier: Apache-2.0 */
/* DiceTcbInfo and its lists, written; by tps_dice_*_encode() each is read back before it is given away, so
 * that nothing is made that the reader refuses. Written from end to start: the last field comes first. */
#include "format/der/writer.h"
#include "format/dice/oids.h"
#include "format/dice/tcb_info.h"

/* What was written, or nothing if the reader refuses it. */
static tps_status read_back(tps_status status, tps_span *encoded)
{
    if (status != TPS_OK) {
        *encoded = TPS_SPAN_EMPTY;
    }
    return status;
}

/* A list as the caller gives it, judged. */
static tps_status judge_list(tps_span list, void (*read_entries)(der_reader *))
{
    der_reader r = der_reader_init(list);

    read_entries(&r);
    return r.status;
}

tps_status tps_dice_fwids_write(const tps_dice_fwid *fwids, size_t count, tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    if (count == 0 || count > TPS_DICE_ENTRIES_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    for (size_t i = count; i-- > 0;) {
        tps_span oid = fwids[i].oid.size > 0 ? fwids[i].oid : dice_oid_of_hash(fwids[i].alg);
        int32_t alg = dice_hash_of_oid(oid);
        size_t mark = w.size;

        if (oid.size == 0) {
            return TPS_BAD_ARGUMENT;
        }
        if (fwids[i].digest.size == 0 ||
            (alg != TPS_ALG_NONE && fwids[i].digest.size != dice_hash_size(alg))) {
            return TPS_DICE_BAD_VALUE;
        }
        der_put(&w, DER_OCTET_STRING, fwids[i].digest);
        der_put(&w, DER_OID, oid);
        der_close(&w, DER_SEQUENCE, mark);
    }
    return der_writer_finish(&w, encoded);
}

tps_status tps_dice_fwids_encode(const tps_dice_fwid *fwids, size_t count, tps_buf out, tps_span *encoded)
{
    TPS_TRY(tps_dice_fwids_write(fwids, count, out, encoded));
    return encoded->data == NULL ? TPS_OK : read_back(judge_list(*encoded, dice_fwids_read), encoded);
}

tps_status tps_dice_registers_encode(const tps_dice_register *registers, size_t count, tps_buf out,
                                     tps_span *encoded)
{
    der_writer w = der_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    if (count == 0 || count > TPS_DICE_ENTRIES_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    for (size_t i = count; i-- > 0;) {
        const tps_dice_register *entry = &registers[i];
        size_t mark = w.size;

        if (entry->name.data == NULL && !entry->has_number) {
            return TPS_DICE_BAD_VALUE;
        }
        TPS_TRY(judge_list(entry->digests, dice_fwids_read));
        der_put(&w, DER_CONTEXT_CONSTRUCTED(2), entry->digests);
        if (entry->has_number) {
            der_put_uint(&w, DER_CONTEXT(1), entry->number);
        }
        if (entry->name.data != NULL) {
            der_put(&w, DER_CONTEXT(0), entry->name);
        }
        der_close(&w, DER_SEQUENCE, mark);
    }
    TPS_TRY(der_writer_finish(&w, encoded));
    return encoded->data == NULL ? TPS_OK : read_back(judge_list(*encoded, dice_registers_read), encoded);
}

static void put_field(der_writer *w, const tps_dice_tcb_info *info, uint32_t number, uint8_t tag,
                      tps_span content)
{
    if (tps_dice_has(info->present, number)) {
        der_put(w, tag, content);
    }
}

static void put_number(der_writer *w, const tps_dice_tcb_info *info, uint32_t number, uint64_t value)
{
    if (tps_dice_has(info->present, number)) {
        der_put_uint(w, DER_CONTEXT(number), value);
    }
}

static void put_flags(der_writer *w, const tps_dice_tcb_info *info, uint32_t number, uint32_t flags)
{
    if (tps_dice_has(info->present, number)) {
        der_put_named_bits(w, DER_CONTEXT(number), flags);
    }
}

static void put_tcb_info(der_writer *w, const tps_dice_tcb_info *info)
{
    size_t mark = w->size;

    put_field(w, info, TPS_DICE_REGISTERS, DER_CONTEXT_CONSTRUCTED(TPS_DICE_REGISTERS), info->registers);
    put_flags(w, info, TPS_DICE_FLAGS_MASK, info->flags_mask);
    put_field(w, info, TPS_DICE_TYPE, DER_CONTEXT(TPS_DICE_TYPE), info->type);
    put_field(w, info, TPS_DICE_VENDOR_INFO, DER_CONTEXT(TPS_DICE_VENDOR_INFO), info->vendor_info);
    put_flags(w, info, TPS_DICE_FLAGS, info->flags);
    put_field(w, info, TPS_DICE_FWIDS, DER_CONTEXT_CONSTRUCTED(TPS_DICE_FWIDS), info->fwids);
    put_number(w, info, TPS_DICE_INDEX, info->index);
    put_number(w, info, TPS_DICE_LAYER, info->layer);
    put_number(w, info, TPS_DICE_SVN, info->svn);
    put_field(w, info, TPS_DICE_VERSION, DER_CONTEXT(TPS_DICE_VERSION), info->version);
    put_field(w, info, TPS_DICE_MODEL, DER_CONTEXT(TPS_DICE_MODEL), info->model);
    put_field(w, info, TPS_DICE_VENDOR, DER_CONTEXT(TPS_DICE_VENDOR), info->vendor);
    der_close(w, DER_SEQUENCE, mark);
}

tps_status tps_dice_tcb_info_write(const tps_dice_tcb_info *info, tps_buf out, tps_span *encoded)
{
    der_writer w = der_writer_init(out);

    put_tcb_info(&w, info);
    return der_writer_finish(&w, encoded);
}

tps_status tps_dice_tcb_info_encode(const tps_dice_tcb_info *info, tps_buf out, tps_span *encoded)
{
    tps_dice_tcb_info again;

    TPS_TRY(tps_dice_tcb_info_write(info, out, encoded));
    return encoded->data == NULL ? TPS_OK
                                 : read_back(tps_dice_tcb_info_decode(*encoded, &again, NULL), encoded);
}

tps_status tps_dice_multi_tcb_info_encode(const tps_dice_tcb_info *infos, size_t count, tps_buf out,
                                          tps_span *encoded)
{
    der_writer w = der_writer_init(out);
    tps_span list;
    uint32_t entries;

    *encoded = TPS_SPAN_EMPTY;
    if (count == 0 || count > TPS_DICE_ENTRIES_MAX) {
        return TPS_BAD_ARGUMENT;
    }
    for (size_t i = count; i-- > 0;) {
        put_tcb_info(&w, &infos[i]);
    }
    der_close(&w, DER_SEQUENCE, 0);
    TPS_TRY(der_writer_finish(&w, encoded));
    return encoded->data == NULL
               ? TPS_OK
               : read_back(tps_dice_multi_tcb_info_decode(*encoded, &list, &entries, NULL), encoded);
}
