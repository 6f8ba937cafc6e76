/* SPDX-License-Identifier: Apache-2.0 */
/* Values of registers: as they stand in evidence, and as tpm2-tools write them. */
#include "format/tpm/pcrs.h"

#include "format/tpm/reader.h"

/* ---- in evidence: [ + [bank, { + number => value }] ] ---- */

tps_tpm_pcr_walk tps_tpm_pcrs(tps_span encoded)
{
    tps_tpm_pcr_walk walk = {.reader = tps_cbor_reader_init(encoded)};

    walk.banks = tps_cbor_enter_array(&walk.reader);
    return walk;
}

static bool enter_bank(tps_tpm_pcr_walk *walk)
{
    tps_cbor_list pair;

    if (!tps_cbor_next(&walk->reader, &walk->banks)) {
        return false;
    }
    pair = tps_cbor_enter_array(&walk->reader);
    (void)tps_cbor_next(&walk->reader, &pair);
    walk->alg = (uint32_t)tps_cbor_get_uint(&walk->reader);
    walk->pcrs = tps_cbor_enter_map(&walk->reader);
    return walk->reader.status == TPS_OK;
}

bool tps_tpm_next_pcr(tps_tpm_pcr_walk *walk, tps_tpm_pcr *out)
{
    while (walk->alg == 0 || !tps_cbor_next(&walk->reader, &walk->pcrs)) {
        if (!enter_bank(walk)) {
            return false;
        }
    }
    out->alg = walk->alg;
    out->pcr = (uint32_t)tps_cbor_get_uint(&walk->reader);
    out->digest = tps_cbor_get_bytes(&walk->reader);
    return walk->reader.status == TPS_OK;
}

static tps_status check_bank(tps_cbor_reader *r, uint32_t *seen)
{
    tps_cbor_list pair = tps_cbor_enter_array(r);
    tps_cbor_list pcrs;
    uint64_t alg = tps_cbor_next(r, &pair) ? tps_cbor_get_uint(r) : 0;
    size_t size = alg > UINT16_MAX ? 0 : tps_tpm_digest_size((uint32_t)alg);
    uint64_t least = 0;

    /* all hashes have numbers below 32 */
    if (pair.left != 1 || size == 0 || (*seen & 1u << alg) != 0) {
        return TPS_TPM_BAD_EVIDENCE;
    }
    *seen |= 1u << alg;
    (void)tps_cbor_next(r, &pair);
    pcrs = tps_cbor_enter_map(r);
    if (pcrs.left == 0) {
        return TPS_TPM_BAD_EVIDENCE;
    }
    while (tps_cbor_next(r, &pcrs)) {
        uint64_t pcr = tps_cbor_get_uint(r);
        if (tps_cbor_get_bytes(r).size != size || pcr < least || pcr >= TPS_TPM_PCR_MAX) {
            return TPS_TPM_BAD_EVIDENCE;
        }
        least = pcr + 1;
    }
    return tps_cbor_next(r, &pair) || r->status != TPS_OK ? TPS_TPM_BAD_EVIDENCE : TPS_OK;
}

tps_status tpm_pcrs_are_good(tps_span encoded)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list banks = tps_cbor_enter_array(&r);
    uint32_t seen = 0;

    if (r.status != TPS_OK || banks.left == 0 || banks.left > TPS_TPM_BANKS_MAX) {
        return TPS_TPM_BAD_EVIDENCE;
    }
    while (tps_cbor_next(&r, &banks)) {
        TPS_TRY(check_bank(&r, &seen));
    }
    return tps_cbor_reader_finish(&r) == TPS_OK ? TPS_OK : TPS_TPM_BAD_EVIDENCE;
}

tps_span tps_tpm_pcr_of(tps_span encoded, uint32_t bank, uint32_t pcr)
{
    tps_tpm_pcr_walk walk;
    tps_tpm_pcr found;

    if (encoded.size == 0) {
        return TPS_SPAN_EMPTY;
    }
    walk = tps_tpm_pcrs(encoded);
    while (tps_tpm_next_pcr(&walk, &found)) {
        if (found.alg == bank && found.pcr == pcr) {
            return found.digest;
        }
    }
    return TPS_SPAN_EMPTY;
}

static tps_status hash_selection(tps_crypto_hash *hash, const tps_tpm_selection *selection, tps_span pcrs)
{
    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
        tps_span value;
        if ((selection->pcrs & 1u << pcr) == 0) {
            continue;
        }
        value = tps_tpm_pcr_of(pcrs, selection->alg, pcr);
        if (value.size == 0) {
            return TPS_TPM_PCR_MISSING;
        }
        tps_crypto_hash_update(hash, value);
    }
    return TPS_OK;
}

static bool is_selected(const tps_tpm_quote *quote, const tps_tpm_pcr *value)
{
    for (size_t i = 0; i < quote->selection_count; i++) {
        const tps_tpm_selection *selection = &quote->selections[i];
        if (selection->alg == value->alg && (selection->pcrs & 1u << value->pcr) != 0) {
            return true;
        }
    }
    return false;
}

/* The digest says nothing of other values, so nobody may come to look at one. */
static bool are_all_selected(const tps_tpm_quote *quote, tps_span pcrs)
{
    tps_tpm_pcr_walk walk = tps_tpm_pcrs(pcrs);
    tps_tpm_pcr value;

    while (tps_tpm_next_pcr(&walk, &value)) {
        if (!is_selected(quote, &value)) {
            return false;
        }
    }
    return true;
}

tps_status tps_tpm_pcrs_check(const tps_tpm_quote *quote, tps_span pcrs, uint32_t hash, tps_error *why)
{
    int32_t alg = tps_tpm_hash_alg(hash);
    tps_status status = TPS_OK;
    tps_crypto_hash state;
    tps_digest digest;

    if (alg == TPS_ALG_NONE) {
        return tps_fail(why, tps_tpm_hash_check(hash), 0, "the hash of the quote");
    }
    if (!are_all_selected(quote, pcrs)) {
        return tps_fail(why, TPS_TPM_BAD_VALUE, 0, "a value of a register that is not quoted");
    }
    TPS_TRY(tps_crypto_hash_begin(&state, alg));
    for (size_t i = 0; i < quote->selection_count && status == TPS_OK; i++) {
        status = hash_selection(&state, &quote->selections[i], pcrs);
    }
    if (status != TPS_OK) {
        tps_crypto_hash_abort(&state);
        return tps_fail(why, status, 0, "a quoted register has no value");
    }
    TPS_TRY(tps_crypto_hash_finish(&state, &digest));
    return tps_span_equal(tps_span_make(digest.bytes, digest.size), quote->pcr_digest)
               ? TPS_OK
               : tps_fail(why, TPS_TPM_PCR_DIGEST, 0, NULL);
}

/* ---- as tpm2-tools write them ---- */

static tps_span next_bare(tpm_reader *r, size_t size)
{
    return tpm_take(r, size, "a value");
}

/*
 * The structures of the TPM's software stack as they lie in memory, little-endian (tpm2_quote -F serialized):
 * TPML_PCR_SELECTION, the number of lists, and as many TPML_DIGEST with room for eight digests of 64 bytes.
 */
enum { SELECTIONS = 16, SELECTION_BITS = 4, LIST_DIGESTS = 8, DIGEST_ROOM = 64 };

/* Checks that the stored selection is the quote's. */
static void read_stored_selection(tpm_reader *r, const tps_tpm_quote *quote)
{
    uint32_t count = tpm_le32(r, "number of selections");

    if (r->status == TPS_OK && count != quote->selection_count) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "the values are of another selection");
    }
    for (uint32_t i = 0; i < SELECTIONS && r->status == TPS_OK; i++) {
        uint32_t alg = tpm_le16(r, "selection");
        uint8_t size = tpm_u8(r, "selection");
        tps_span bits = tpm_take(r, SELECTION_BITS, "selection");
        uint32_t pcrs = 0;
        (void)tpm_u8(r, "selection"); /* what a compiler puts between structures */
        if (i >= count || r->status != TPS_OK) {
            continue;
        }
        for (size_t j = 0; j < bits.size && j < size; j++) {
            pcrs |= (uint32_t)bits.data[j] << 8 * j;
        }
        if (alg != quote->selections[i].alg || pcrs != quote->selections[i].pcrs) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "the values are of another selection");
        }
    }
}

/* Where the next digest of the lists is, in a reader that stands behind the number of lists. */
typedef struct {
    uint32_t lists;
    uint32_t in_list;
    uint32_t at;
} list_place;

static void skip_room(tpm_reader *r, uint32_t digests)
{
    (void)tpm_take(r, (size_t)digests * (2 + DIGEST_ROOM), "list of digests");
}

static tps_span next_stored(tpm_reader *r, list_place *place, size_t size)
{
    tps_span room;
    uint16_t stored;

    while (place->at == place->in_list && r->status == TPS_OK) {
        if (place->lists == 0) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "fewer values than selected");
            return TPS_SPAN_EMPTY;
        }
        place->lists--;
        place->in_list = tpm_le32(r, "number of digests");
        place->at = 0;
        if (place->in_list == 0 || place->in_list > LIST_DIGESTS) {
            tpm_fail(r, TPS_TPM_BAD_VALUE, "number of digests");
        }
    }
    stored = tpm_le16(r, "size of a digest");
    room = tpm_take(r, DIGEST_ROOM, "digest");
    if (r->status == TPS_OK && stored != size) {
        tpm_fail(r, TPS_TPM_BAD_VALUE, "size of a digest");
    }
    place->at++;
    if (place->at == place->in_list) {
        skip_room(r, LIST_DIGESTS - place->in_list);
    }
    return r->status == TPS_OK ? tps_span_make(room.data, size) : TPS_SPAN_EMPTY;
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static size_t bare_size(const tps_tpm_quote *quote)
{
    size_t size = 0;

    for (size_t i = 0; i < quote->selection_count; i++) {
        size += count_bits(quote->selections[i].pcrs) * tps_tpm_digest_size(quote->selections[i].alg);
    }
    return size;
}

/* Banks without a register are left out. */
static size_t count_banks(const tps_tpm_quote *quote)
{
    size_t count = 0;

    for (size_t i = 0; i < quote->selection_count; i++) {
        count += quote->selections[i].pcrs != 0 ? 1 : 0;
    }
    return count;
}

static void put_bank(tps_cbor_writer *w, const tps_tpm_selection *selection, tpm_reader *r, list_place *place)
{
    tps_cbor_put_array(w, 2);
    tps_cbor_put_uint(w, selection->alg);
    tps_cbor_put_map(w, count_bits(selection->pcrs));
    for (uint32_t pcr = 0; pcr < TPS_TPM_PCR_MAX; pcr++) {
        size_t size = tps_tpm_digest_size(selection->alg);
        if ((selection->pcrs & 1u << pcr) != 0) {
            tps_cbor_put_uint(w, pcr);
            tps_cbor_put_bytes(w, place == NULL ? next_bare(r, size) : next_stored(r, place, size));
        }
    }
}

tps_status tps_tpm_pcrs_encode(const tps_tpm_quote *quote, tps_span values, tps_buf out, tps_span *encoded)
{
    tpm_reader r = tpm_reader_init(values);
    tps_cbor_writer w = tps_cbor_writer_init(out);
    list_place place = {0};
    bool is_bare = values.size == bare_size(quote);

    if (count_banks(quote) == 0) {
        return TPS_TPM_BAD_VALUE;
    }
    if (!is_bare) {
        read_stored_selection(&r, quote);
        place.lists = tpm_le32(&r, "number of lists");
    }
    tps_cbor_put_array(&w, count_banks(quote));
    for (size_t i = 0; i < quote->selection_count; i++) {
        if (quote->selections[i].pcrs != 0) {
            put_bank(&w, &quote->selections[i], &r, is_bare ? NULL : &place);
        }
    }
    if (place.lists != 0 || place.at != place.in_list) {
        return TPS_TPM_BAD_VALUE;
    }
    TPS_TRY(tpm_finish(&r, NULL));
    return tps_cbor_writer_finish(&w, encoded);
}
