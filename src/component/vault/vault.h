/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vault.h
 * Sealed storage for the component's services, over the platform's raw storage: values under names, each put
 * whole or not at all, whenever the power goes; readable by nobody but this device with this or newer code;
 * and never older than the last one that was acknowledged. spec/vault.md has the layout.
 *
 * Sealing (spec/keys.md): a value is encrypted and authenticated under a key of S(v), v being the security
 * counter of the code that wrote it. Newer code derives S(v) and reads; older code cannot. A value may be
 * bound to the exact boot state, CDI_A, too.
 *
 * Rollback: each write takes two steps of TPS_COUNTER_STORAGE, and the newest record carries the counter's
 * value. Storage that was put back is older than the counter, and refused as a whole. A start that finds a
 * write unfinished takes two steps of TPS_COUNTER_RECOVERY, so that nobody can choose later which of the two
 * states it was.
 *
 * Wear: a log that goes round over all sectors, so that all are erased equally often.
 *
 * One thread. The vault belongs to the component; services use it through tps_component_vault().
 */
#ifndef TPS_COMPONENT_VAULT_VAULT_H
#define TPS_COMPONENT_VAULT_VAULT_H

#include "component/boot/handover.h"
#include "component/platform.h"

/** Values at one time. Each takes about 60 bytes of memory while the component runs. */
#ifndef TPS_VAULT_VALUES_MAX
#define TPS_VAULT_VALUES_MAX 160u
#endif

/** Bytes of a value, at most. */
#ifndef TPS_VAULT_VALUE_MAX
#define TPS_VAULT_VALUE_MAX 4096u
#endif

/** Bytes of an owner (tps_login_owner()) and of a name. */
#define TPS_VAULT_OWNER_SIZE 16u
#define TPS_VAULT_NAME_MAX   32u

/** Whose name it is: each service has a space of its own. Stored; never change a number. */
enum {
    TPS_VAULT_KEY_STORE = 1,
    TPS_VAULT_STORAGE = 2,
    TPS_VAULT_COUNTERS = 3,
    TPS_VAULT_ATTESTATION = 4,
    TPS_VAULT_UPDATE = 5,
    TPS_VAULT_OWNERSHIP = 6,
    TPS_VAULT_MEASUREMENT = 7,
    TPS_VAULT_STORAGE_ONCE = 9, /**< of the storage service: values that are written once */
    TPS_VAULT_VERIFICATION = 8,
    TPS_VAULT_TEST = 255
};

/** What a value is called. All of it is compared. */
typedef struct {
    uint8_t space;                       /**< TPS_VAULT_* */
    uint8_t name_size;                   /**< 0..TPS_VAULT_NAME_MAX */
    uint8_t owner[TPS_VAULT_OWNER_SIZE]; /**< zeros where the service has no owners */
    uint8_t name[TPS_VAULT_NAME_MAX];    /**< any bytes; zeros behind name_size */
} tps_vault_id;

/** The id of these parts. `owner` may be NULL; `name` has at most TPS_VAULT_NAME_MAX bytes. */
tps_vault_id tps_vault_id_make(uint8_t space, const uint8_t *owner, tps_span name);

/** How a value is sealed; bits. */
enum {
    TPS_VAULT_BOUND = 1u << 0 /**< readable only while the same images run as when it was written (CDI_A) */
};

/**
 * What a value is sealed with beside S(v): it can be opened for this provider under this owner alone.
 * spec/keys.md: the context key is HKDF(S(v), "ctx" P E), v being that of the value.
 */
typedef struct {
    uint8_t provider[32]; /**< P */
    uint8_t owner[32];    /**< secret: E */
} tps_vault_context;

typedef struct tps_vault tps_vault;

/**
 * @brief Read what one value holds.
 *
 * @param context    As it was put; NULL for none.
 * @param out        Room, which must not be given away before TPS_OK; wiped on failure.
 * @param[out] size  Bytes of the value: read, or needed if TPS_BUFFER_TOO_SMALL.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND                  There is no such value.
 * @retval TPS_BUFFER_TOO_SMALL           `*size` is needed. (TPS_BUF_MEASURE asks for it.)
 * @retval TPS_COMPONENT_STORAGE_CORRUPT  Its bytes were changed or the medium lost them, or it has another
 * context. Other values stand.
 * @retval TPS_COMPONENT_STORAGE          It cannot be read now; it stands.
 * @retval TPS_COMPONENT_STORAGE_BOUND    It is bound to other images than run now.
 * @retval others                         Of crypto.h; it stands. (What newer code wrote is never met here:
 * tps_vault_open() refuses the whole log.)
 */
TPS_MUST_USE tps_status tps_vault_get(tps_vault *vault, const tps_vault_id *id,
                                      const tps_vault_context *context, tps_buf out, size_t *size);

/**
 * @brief Replace a value, or make it. Atomic and durable.
 *
 * @param context  NULL for none.
 * @param value    0..TPS_VAULT_VALUE_MAX bytes.
 * @param flags  TPS_VAULT_BOUND or 0.
 *
 * @retval TPS_OK                        After a power cut at any later moment it is this value.
 * @retval TPS_TOO_LARGE                 More than TPS_VAULT_VALUE_MAX bytes.
 * @retval TPS_BAD_ARGUMENT              Another flag, or a name longer than TPS_VAULT_NAME_MAX.
 * @retval TPS_COMPONENT_STORAGE_FULL    No room, even after what is outdated was given up: delete something.
 * A record takes 272 bytes and the value's, up to whole units; all that count and the new one must fit into
 * tps_vault_facts.capacity, also where it replaces one. Deleting always works.
 * @retval TPS_COMPONENT_STORAGE         The platform failed. The old value stands until the next start, which
 * finds the old or the new one; until then the vault may take no write. Where what counts had to be copied,
 * and one of it cannot be read now, nothing is written and nothing is given up: try again, or delete that
 * value.
 * @retval TPS_CRYPTO_NO_ENTROPY and others of crypto.h; the old value stands.
 */
TPS_MUST_USE tps_status tps_vault_put(tps_vault *vault, const tps_vault_id *id,
                                      const tps_vault_context *context, tps_span value, uint32_t flags);

/** Remove a value. Atomic and durable. @retval TPS_NOT_FOUND; others as tps_vault_put(). A value that is
 * corrupt or bound can be removed. */
TPS_MUST_USE tps_status tps_vault_delete(tps_vault *vault, const tps_vault_id *id);

/**
 * Rewrite what counts and erase all else, so that the sealed bytes of what was deleted or replaced are on the
 * medium no more. Atomic and durable. Errors as tps_vault_put().
 */
TPS_MUST_USE tps_status tps_vault_scrub(tps_vault *vault);

/**
 * Goes over the values of a space, in no particular order.
 * @param owner          Whose values; NULL: all.
 * @param[in,out] place  0 to begin.
 * @param[out] id        The next one's.
 * @return false when there are no more. Do not put or delete between two calls.
 */
bool tps_vault_next(const tps_vault *vault, uint8_t space, const uint8_t *owner, size_t *place,
                    tps_vault_id *id);

/**
 * Remove every value that was put with a context, readable or not: the owner is forgotten. Each removal is a
 * write; a power cut leaves some of them, and the caller calls again. Errors as tps_vault_put().
 */
TPS_MUST_USE tps_status tps_vault_delete_contexts(tps_vault *vault);

/** What the vault found at its start and has done since. */
typedef struct {
    uint32_t values;   /**< there are */
    uint32_t capacity; /**< bytes that records may take */
    uint32_t used;     /**< bytes of those that count */
    uint32_t overhead; /**< bytes of a value's record beyond the value, at most */
    uint32_t corrupt;  /**< values that cannot be read */
    uint64_t writes;   /**< since the storage was first used */
} tps_vault_facts;

tps_vault_facts tps_vault_tell(const tps_vault *vault);

/* ---- for the component's core ---- */

/** What the vault remembers of one value. Private. */
typedef struct {
    tps_vault_id id;
    uint32_t offset; /**< of its record */
    uint16_t size;   /**< of the value, in bytes */
    uint8_t flags;   /**< TPS_VAULT_FLAG_* (internal.h) */
} tps_vault_entry;

/** The key of headers of one bank, kept because each header needs it. Private. */
typedef struct {
    bool is_there;
    uint8_t v;
    uint8_t salt[16];
    uint8_t key[32]; /**< secret */
} tps_vault_header_key;

/** A vault. Its members are private. */
struct tps_vault {
    const tps_platform *platform;
    const tps_handover *handover;
    uint64_t counter;    /**< TPS_COUNTER_STORAGE; even at rest */
    uint64_t recoveries; /**< TPS_COUNTER_RECOVERY; even at rest */
    uint32_t bank;       /**< which half the log is in, 0 or 1 */
    uint32_t at;         /**< where the next record goes */
    uint32_t live;       /**< bytes of the records that count */
    uint32_t count;
    bool is_other_blank; /**< the other half was erased since this start */
    bool is_broken;      /**< a write failed: none more until the next start */
    uint8_t salt[16];    /**< of the half in use */
    tps_vault_header_key header_key;
    tps_vault_entry entries[TPS_VAULT_VALUES_MAX];
    uint8_t work[TPS_VAULT_VALUE_MAX + 256u]; /**< one record */
};

/**
 * @brief Open the vault: read its log, finish or undo what a power cut left half done.
 *
 * @param[out] vault  The caller's; zeroed. `platform` and `handover` must live as long.
 * @param[out] why    What it was, in `detail`, and where in raw storage, if that is known; may be NULL.
 *
 * @retval TPS_OK                             Storage that was never used is an empty vault.
 * @retval TPS_COMPONENT_STORAGE_ROLLED_BACK  It is older than the counter says: it was put back.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT      So much of it was changed that nothing can be believed.
 * @retval TPS_COMPONENT_STORAGE_NEWER        Code with a higher security counter wrote the log.
 * @retval TPS_COMPONENT_STORAGE_MODE         It was written in another mode of the lifecycle (secured, debug,
 * all else), whose keys are others. Nothing was changed: in that mode it is still good.
 * @retval TPS_COMPONENT_STORAGE              The platform failed, or its sizes are not allowed.
 * @retval TPS_COMPONENT_STORAGE_FULL         It holds more values than this build has memory for.
 * @retval TPS_UNSUPPORTED                    The platform has no counters to bind it to.
 *
 * A vault that cannot be opened is not erased: tps_vault_format() does that, when somebody entitled asks.
 */
TPS_MUST_USE tps_status tps_vault_open(tps_vault *vault, const tps_platform *platform,
                                       const tps_handover *handover, tps_error *why);

/** Give up all values and begin anew. Atomic as a write. Errors as tps_vault_put(). */
TPS_MUST_USE tps_status tps_vault_format(tps_vault *vault, const tps_platform *platform,
                                         const tps_handover *handover);

/** Wipes what it held in memory. */
void tps_vault_close(tps_vault *vault);

#endif
