/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file internal.h
 * What the vault's own files share. The layout, and why it is so, is in spec/vault.md.
 *
 * From below: medium.c (banks of raw storage), seal.c (keys, AEAD), record.c (one record on the medium),
 * index.c (what is in memory), log.c (a bank read from its start), bank.c (a bank made anew), recover.c
 * (start), vault.c.
 */
#ifndef TPS_COMPONENT_VAULT_INTERNAL_H
#define TPS_COMPONENT_VAULT_INTERNAL_H

#include "component/vault/vault.h"

/** A header: a clear part, then a sealed one with its tag. */
#define TPS_VAULT_CLEAR_SIZE  24u
#define TPS_VAULT_SEALED_SIZE 88u
#define TPS_VAULT_TAG_SIZE    16u
#define TPS_VAULT_HEADER_SIZE (TPS_VAULT_CLEAR_SIZE + TPS_VAULT_SEALED_SIZE + TPS_VAULT_TAG_SIZE)
#define TPS_VAULT_SALT_SIZE   16u

_Static_assert(TPS_VAULT_VALUE_MAX <= UINT16_MAX, "a record tells the size in two bytes");

/** A record without a value: the header, twice. */
#define TPS_VAULT_RECORD_MIN (2u * TPS_VAULT_HEADER_SIZE)

/** Kinds of record. Stored. */
enum {
    TPS_VAULT_KIND_VALUE = 1,  /**< a value was put */
    TPS_VAULT_KIND_DELETE = 2, /**< a value was deleted */
    TPS_VAULT_KIND_START = 3   /**< what stands before it in the bank is all that there was */
};

/** Flags of a record; the lowest is TPS_VAULT_BOUND. Stored. */
enum {
    TPS_VAULT_FLAG_BOUND = TPS_VAULT_BOUND,
    TPS_VAULT_FLAG_CONTEXT = 1u << 1, /**< sealed with a context */
    TPS_VAULT_FLAG_LOST = 1u << 2,    /**< the medium had lost the value when the bank was made anew */
    TPS_VAULT_FLAG_LOSING = 1u << 7   /**< in memory, while a bank is made: it will be lost */
};

/** What a header says. */
typedef struct {
    uint8_t kind;
    uint8_t flags;
    uint8_t value_v;   /**< the value is sealed under S(value_v) */
    uint16_t size;     /**< of the value */
    uint64_t sequence; /**< TPS_COUNTER_STORAGE when it was written: odd */
    uint32_t recovery; /**< TPS_COUNTER_RECOVERY then */
    uint32_t bound;    /**< of TPS_VAULT_FLAG_BOUND: a mark of CDI_A */
    uint8_t value_salt[TPS_VAULT_SALT_SIZE];
    tps_vault_id id;
} tps_vault_record;

/* ---- medium.c ---- */

/** @retval TPS_COMPONENT_STORAGE  The platform's sizes are not allowed. */
TPS_MUST_USE tps_status tps_vault_check_sizes(const tps_platform *platform);

/** Bytes of a bank, and where bank 0 or 1 begins. */
uint32_t tps_vault_bank_size(const tps_vault *vault);
uint32_t tps_vault_bank_begin(const tps_vault *vault, uint32_t bank);

/** Read, in a few tries. @retval TPS_COMPONENT_STORAGE_CORRUPT  The medium lost these bytes. @retval
 * TPS_COMPONENT_STORAGE  It failed, and may not another time. */
TPS_MUST_USE tps_status tps_vault_read(const tps_vault *vault, uint32_t offset, tps_buf out);

/** Write whole units, and see that they were written. */
TPS_MUST_USE tps_status tps_vault_write(const tps_vault *vault, uint32_t offset, tps_span bytes);

/** Erase all sectors of a bank. */
TPS_MUST_USE tps_status tps_vault_erase(const tps_vault *vault, uint32_t bank);

/** True when all bytes from `offset` to `end` can be read and are as erased. Uses vault->work. */
bool tps_vault_is_blank(tps_vault *vault, uint32_t offset, uint32_t end);

/** One step of a counter, which must come to `*value` + 1. */
TPS_MUST_USE tps_status tps_vault_step(const tps_vault *vault, uint32_t counter, uint64_t *value);

/* ---- seal.c ---- */

/**
 * Seal a header (clear part and what will be sealed are filled in) or open it, in place, as the one of the
 * record at `offset`. @retval TPS_COMPONENT_STORAGE_NEWER, TPS_COMPONENT_STORAGE_CORRUPT (opening), or as
 * crypto.h.
 */
TPS_MUST_USE tps_status tps_vault_seal_header(tps_vault *vault, uint32_t offset,
                                              uint8_t header[TPS_VAULT_HEADER_SIZE]);
TPS_MUST_USE tps_status tps_vault_open_header(tps_vault *vault, uint32_t offset,
                                              uint8_t header[TPS_VAULT_HEADER_SIZE]);

/** Seal a value as `record` says; `out` has TPS_VAULT_TAG_SIZE bytes more. */
TPS_MUST_USE tps_status tps_vault_seal_value(const tps_vault *vault, const tps_vault_record *record,
                                             const tps_vault_context *context, tps_span value, tps_buf out);

/** Open it. @retval TPS_CRYPTO_BAD_TAG  It was changed, or has another context. */
TPS_MUST_USE tps_status tps_vault_open_value(const tps_vault *vault, const tps_vault_record *record,
                                             const tps_vault_context *context, tps_span sealed, tps_buf out);

/** The mark of the CDI_A of this start. */
TPS_MUST_USE tps_status tps_vault_bound_mark(const tps_vault *vault, uint32_t *mark);

/* ---- record.c ---- */

/** Bytes that the sealed value takes in a record, and that a whole record takes. */
uint32_t tps_vault_value_room(const tps_vault *vault, uint8_t kind, uint8_t flags, uint32_t size);
uint32_t tps_vault_record_size(const tps_vault *vault, const tps_vault_record *record);

/**
 * Read the record at `offset`, by its header or the copy behind it.
 * @param end         Of the bank.
 * @param[out] salt   Of its bank.
 * @retval TPS_NOT_FOUND                  Nothing was written there.
 * @retval TPS_COMPONENT_STORAGE_NEWER    Under a key that this code does not have.
 * @retval TPS_COMPONENT_STORAGE_MODE     It says that it is of another mode.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT  There is something, and neither header can be opened.
 * @retval TPS_COMPONENT_STORAGE, or as crypto.h  The platform or cryptography failed, and may not another
 * time.
 */
TPS_MUST_USE tps_status tps_vault_read_record(tps_vault *vault, uint32_t offset, uint32_t end,
                                              tps_vault_record *record, uint8_t salt[TPS_VAULT_SALT_SIZE]);

/** True for what tps_vault_read_record() says of the medium; false for failures that may pass, by which
 * nothing is lost. */
bool tps_vault_is_damage(tps_status status);

/** True when the copy of the header, which is written last, stands behind the record. */
bool tps_vault_is_whole(tps_vault *vault, uint32_t offset, const tps_vault_record *record);

/** Fill the header into vault->work; the sealed value stands behind it, or will. */
TPS_MUST_USE tps_status tps_vault_make_header(tps_vault *vault, uint32_t offset,
                                              const uint8_t salt[TPS_VAULT_SALT_SIZE],
                                              const tps_vault_record *record);

/** Write the record in vault->work to `offset`: header and value, then the copy of the header. */
TPS_MUST_USE tps_status tps_vault_write_record(const tps_vault *vault, uint32_t offset,
                                               const tps_vault_record *record);

/* ---- index.c ---- */

/** Whether two ids are the same. */
bool tps_vault_is_same(const tps_vault_id *a, const tps_vault_id *b);

tps_vault_entry *tps_vault_find(tps_vault *vault, const tps_vault_id *id);

/** The records of all values lie one after the other from `offset`, in their order; which values were lost on
 * the way, TPS_VAULT_FLAG_LOSING says. */
void tps_vault_move(tps_vault *vault, uint32_t offset);

/** What a record at `offset` means for the values. @retval TPS_COMPONENT_STORAGE_FULL  No entry is left. */
TPS_MUST_USE tps_status tps_vault_apply(tps_vault *vault, uint32_t offset, const tps_vault_record *record);

/** No values. */
void tps_vault_forget(tps_vault *vault);

/* ---- log.c ---- */

/** What a bank holds. */
typedef struct {
    bool is_started;       /**< it has its record START */
    bool is_damaged;       /**< something stands where the log cannot be read on */
    bool is_newer;         /**< that is under a key of newer code */
    bool is_of_other_mode; /**< the first record says that it is of another mode */
    bool is_unread;        /**< the platform could not read it */
    bool is_full;          /**< more values than there are entries */
    bool is_blank;         /**< behind the log all is as erased */
    uint64_t sequence;     /**< of its newest record */
    uint64_t recovery;     /**< of its records, rounded up to even */
    uint32_t at;           /**< the end of the log */
    uint8_t salt[TPS_VAULT_SALT_SIZE];
} tps_vault_found;

/** Reads a bank; the values are what its log says. A record of a write that was not finished is not taken. */
void tps_vault_scan(tps_vault *vault, uint32_t bank, tps_vault_found *found);

/* ---- bank.c ---- */

/** Bytes that the records of values may take. */
uint32_t tps_vault_capacity(const tps_vault *vault);

/**
 * Make the other bank of all values, and go on there. The old one stands until the record START is written,
 * which says: sequence, recovery. A failure leaves the vault on the old one as it was, with all its values:
 * what the medium lost goes on as lost, but what only fails to be read now stops it.
 * @param given_up  A value that may be lost even so, because it is about to be deleted; NULL: none.
 */
TPS_MUST_USE tps_status tps_vault_renew(tps_vault *vault, uint64_t sequence, uint64_t recovery,
                                        const tps_vault_id *given_up);

#endif
