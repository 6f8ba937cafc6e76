/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file platform.h
 * What the Root of Trust needs from the thing it runs on: one small table of operations. Whoever brings
 * opentps to a new chip writes this table and nothing else; docs/porting.md goes through it. posix/ has the
 * one for Linux processes.
 *
 * Two programs use it, one after the other: the first stage (component/boot/boot.h), which alone may ask for
 * the unique secret, and the component that it hands over to. On a chip both may be one image.
 *
 * Rules for every operation:
 * - They are called from one thread at a time, and never from within another operation.
 * - They may block, but only as long as the hardware needs; all clients wait meanwhile.
 * - They return TPS_OK or one of the statuses named; an output is untouched (secrets: wiped) unless TPS_OK is
 * returned.
 * - They fail closed: without a counter, a clock or entropy they say so, and never invent a value.
 */
#ifndef TPS_COMPONENT_PLATFORM_H
#define TPS_COMPONENT_PLATFORM_H

#include "tps/span.h"
#include "tps/status.h"

/** The version of this table, in `version`. A core refuses a table of another version. */
#define TPS_PLATFORM_VERSION 4u

/** Bytes of the unique device secret. */
#define TPS_UNIQUE_SECRET_SIZE 32u

/** The name of an image: 1 to this many characters of a-z, 0-9, '-' and '.', beginning with a letter or
 * digit, so that it is good as part of a file's name. */
#define TPS_IMAGE_NAME_MAX 48u

/** The name of the image that is the component itself, which runs first. */
#define TPS_IMAGE_COMPONENT "component"

/** Monotonic counters are numbered 0 to this - 1: */
#define TPS_COUNTERS_MAX 8u
enum {
    TPS_COUNTER_STORAGE = 0,        /**< of the vault, against storage that is put back: two steps a write */
    TPS_COUNTER_BOOT = 1,           /**< one step a start */
    TPS_COUNTER_PROVISIONED = 2,    /**< 0 assembly, 1 provisioning, 2 secured (component/boot/handover.h) */
    TPS_COUNTER_SECURITY = 3,       /**< the least security counter that may run, 0..255 */
    TPS_COUNTER_DEBUG = 4,          /**< not 0: debugging was allowed once, for good */
    TPS_COUNTER_DECOMMISSIONED = 5, /**< not 0: the device is at its end */
    TPS_COUNTER_RECOVERY = 6        /**< of the vault: two steps a start that finds a write unfinished */
};

/** Raw storage comes in these sizes, in bytes. */
#define TPS_STORAGE_UNIT_MAX   64u
#define TPS_STORAGE_SECTOR_MIN 512u
#define TPS_STORAGE_SECTOR_MAX 65536u

/** How urgent a log line is. */
enum { TPS_LOG_ERROR = 1, TPS_LOG_WARNING = 2, TPS_LOG_INFO = 3, TPS_LOG_DEBUG = 4 };

/** What the platform is honest about; bits of `properties`. */
enum {
    /** Secrets are protected by nothing but the operating system: a demonstration. Announced in log and
       evidence. */
    TPS_PLATFORM_INSECURE = 1u << 0,
    /** Counters cannot be turned back, even with the device opened. Never set together with INSECURE. */
    TPS_PLATFORM_COUNTERS_ARE_MONOTONIC = 1u << 1
};

/** What the maker, or an update, put onto the device: the parts that provided_read() knows. */
enum {
    TPS_PROVIDED_IDENTITY = 1,     /**< what the device is; see spec/device-folder.md */
    TPS_PROVIDED_CERTIFICATES = 2, /**< the chain of the device's attestation key */
    TPS_PROVIDED_IMAGE = 3,        /**< an image of firmware */
    TPS_PROVIDED_MANIFEST = 4,     /**< its maker's statement about that image */
    TPS_PROVIDED_DEVICE_ID = 5     /**< the chain of DeviceID (spec/keys.md), in the form of CERTIFICATES */
};

typedef struct tps_platform {
    uint32_t version;    /**< TPS_PLATFORM_VERSION */
    uint32_t properties; /**< bits of TPS_PLATFORM_* */
    void *context;       /**< given to every operation */

    /**
     * The unique device secret, the same at every start, known to nothing else. Only the first stage asks; it
     * derives from it and wipes its copy.
     * @retval TPS_COMPONENT_NO_SECRET  There is none, or it has the wrong size (the device was not made yet),
     * or lock_secret() was called since the last reset.
     */
    tps_status (*unique_secret)(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE]);

    /**
     * From now on until the next reset nothing on this device can read the unique secret. Called by the first
     * stage before anything else runs. Where hardware has no such lock, the platform forgets its own copy and
     * closes its own way, and its documentation says what that is worth.
     * @retval TPS_COMPONENT_NOT_LOCKED  It could not be locked: then nothing else is started.
     */
    tps_status (*lock_secret)(void *context);

    /**
     * Fill `out` with random bytes fit for keys.
     * @retval TPS_CRYPTO_NO_ENTROPY  None are to be had.
     */
    tps_status (*entropy)(void *context, tps_buf out);

    /**
     * Storage as it is: `storage_size` bytes in sectors of `sector_size`, of which any number of whole units
     * of `unit_size` bytes can be written once after their sector was erased. What flash is; a file is easily
     * made to look so. The vault (component/vault/vault.h) makes of it sealed values that survive a power
     * cut.
     */
    uint32_t storage_size; /**< an even number of sectors, at least two */
    uint32_t sector_size;  /**< a power of two, TPS_STORAGE_SECTOR_MIN..TPS_STORAGE_SECTOR_MAX */
    uint32_t unit_size;    /**< a power of two, 1..TPS_STORAGE_UNIT_MAX */

    /**
     * Read `out.size` bytes from `offset`. What was erased and not written since reads as 0xff.
     * @retval TPS_COMPONENT_STORAGE          It failed, and may not another time. Nothing is given up for it.
     * @retval TPS_COMPONENT_STORAGE_CORRUPT  The medium lost them for good (such as an error correction that
     * gave up): the vault goes on without what stood there.
     */
    tps_status (*storage_read)(void *context, uint32_t offset, tps_buf out);

    /**
     * Write whole units that are erased. DURABLE once TPS_OK is returned. After a power cut within, each bit
     * of these units may be old or new; all others are untouched.
     * @retval TPS_COMPONENT_STORAGE  It failed: the units may hold anything.
     */
    tps_status (*storage_write)(void *context, uint32_t offset, tps_span bytes);

    /**
     * Erase the sector that begins at `offset`. After a power cut within, its bits may be anything.
     * @retval TPS_COMPONENT_STORAGE  It failed: the sector may hold anything.
     */
    tps_status (*storage_erase)(void *context, uint32_t offset);

    /**
     * Read monotonic counter `counter`; a new device's are 0.
     * @retval TPS_UNSUPPORTED        There is no such counter.
     * @retval TPS_COMPONENT_STORAGE  It cannot be read.
     */
    tps_status (*counter_read)(void *context, uint32_t counter, uint64_t *value);

    /**
     * Add one to a counter and return the new value. ATOMIC and DURABLE: once any reader has seen a value, no
     * later read may return a lower one, whatever happens to the power. Errors as counter_read.
     */
    tps_status (*counter_increase)(void *context, uint32_t counter, uint64_t *value);

    /**
     * Read from what the maker, or an update, put onto the device; the component never writes it, and
     * believes only what it checks. Optional: NULL means that nothing was.
     * @param part       TPS_PROVIDED_*.
     * @param image      For IMAGE and MANIFEST the image's name, a valid one; else NULL.
     * @param offset     The first byte wanted.
     * @param[out] size  Bytes put into `out`: fewer than `out.size` only at the end, 0 behind it.
     * @retval TPS_NOT_FOUND          There is no such part.
     * @retval TPS_COMPONENT_STORAGE  It cannot be read.
     */
    tps_status (*provided_read)(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                                size_t *size);

    /**
     * Whether a debugger can reach what runs, as RFC 9711, 4.2.9 names it: TPS_EAT_DEBUG_*. Read at every
     * start and for every evidence. At a start, ENABLED, DISABLED (which does not say since when) and what is
     * no value of these are the state debug, with keys of its own.
     */
    uint32_t (*debug_status)(void *context);

    /**
     * Whether a client speaks for who owns the device: may change its lifecycle, make it forget its owner,
     * say what may be installed. Optional: NULL, and nobody does.
     * @param method       TPSC_LOGIN_* of the session. @param uid, gid  Of the client, as the method proves
     * them.
     * @param application  32 bytes: for the application logins the digest of the application, else zeros.
     */
    bool (*is_administrator)(void *context, uint32_t method, uint32_t uid, uint32_t gid,
                             const uint8_t *application);

    /**
     * Start the device anew, such as after an update was staged. Does not return where that is in the
     * platform's hand. Optional: NULL, and whoever runs the device must do it.
     */
    void (*reset)(void *context);

    /**
     * Seconds since 1970-01-01 UTC.
     * @retval TPS_UNSUPPORTED  The platform has no clock, or it was never set.
     */
    tps_status (*time)(void *context, uint64_t *seconds);

    /**
     * One line for the operator: what happened, and the status that goes with it (TPS_OK if none). Never a
     * secret, never bytes of a message. Cannot fail; may drop lines.
     */
    void (*log)(void *context, uint32_t level, const char *text, tps_status status);
} tps_platform;

/** True when `name` may name an image; see TPS_IMAGE_NAME_MAX. Platforms check with this before they use it.
 */
bool tps_image_name_is_valid(const char *name);

#endif
