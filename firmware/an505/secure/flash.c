/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated board's flash and its journal, as flash.h tells. Every access to both is volatile and a
 * barrier stands between journal and flash: what the host finds after a SIGKILL is what was done until then,
 * in order.
 */
#include "secure/flash.h"

enum { MAGIC_FIRST = 0x46737074, MAGIC_SECOND = 0x6873616c, LAYOUT = 1 }; /* "tpsFlash" */
enum { OPERATION_PROGRAM = 1, OPERATION_ERASE = 2, OPERATION_START = 3 };
enum { STATE_RUNS = 0, STATE_STOPPED = 1, STATE_FULL = 2 };
enum { HEADER_SIZE = 64, ENTRY_HEADER_SIZE = 16 };
enum { HALF = 0x5a }; /* of the byte in which the power goes these bits stay, or are erased first */

typedef struct {
    uint32_t magic[2];
    uint32_t layout;
    uint32_t begun;
    uint32_t finished;
    uint32_t used;
    uint32_t stop_at;
    uint32_t stop_after;
    uint32_t state;
    uint32_t zero[7];
} journal_header;

_Static_assert(sizeof(journal_header) == HEADER_SIZE, "the journal's header has 64 bytes");

static volatile journal_header *const journal = (volatile journal_header *)EMULATED_FLASH_JOURNAL_ADDRESS;
static volatile uint8_t *const flash = (volatile uint8_t *)AN505_FLASH;

/** Whether this start has its entry. */
static bool start_is_written;

static void barrier(void)
{
    __asm volatile("dmb" ::: "memory");
}

static bool journal_is_kept(void)
{
    return journal->magic[0] == MAGIC_FIRST && journal->magic[1] == MAGIC_SECOND &&
           journal->layout == LAYOUT && journal->state != STATE_FULL;
}

/** Appends an entry. It counts once `used` covers it, which is written last. */
static void journal_append(uint32_t number, uint32_t operation, uint32_t offset, tps_span data)
{
    const uint32_t heads[4] = {number, operation, offset,
                               operation == OPERATION_ERASE ? EMULATED_FLASH_SECTOR_SIZE
                                                            : (uint32_t)data.size};
    const uint32_t used = journal->used;
    const uint32_t room = EMULATED_FLASH_JOURNAL_SIZE - HEADER_SIZE;
    const uint32_t size = ENTRY_HEADER_SIZE + (((uint32_t)data.size + 3u) & ~3u);
    volatile uint8_t *entry = (volatile uint8_t *)EMULATED_FLASH_JOURNAL_ADDRESS + HEADER_SIZE + used;

    if (used > room || size > room - used) {
        journal->state = STATE_FULL;
        return;
    }
    for (uint32_t i = 0; i < 4; i++) {
        ((volatile uint32_t *)entry)[i] = heads[i];
    }
    for (uint32_t i = 0; i < size - ENTRY_HEADER_SIZE; i++) {
        entry[ENTRY_HEADER_SIZE + i] = i < data.size ? data.data[i] : 0;
    }
    barrier();
    journal->used = used + size;
    barrier();
}

/** Writes down what is about to be done. @return the bytes of it after which to stop, or UINT32_MAX. */
static uint32_t journal_begin(uint32_t operation, uint32_t offset, tps_span data)
{
    uint32_t number;

    if (!journal_is_kept()) {
        return UINT32_MAX;
    }
    if (!start_is_written) {
        start_is_written = true;
        journal_append(journal->begun, OPERATION_START, journal->finished, TPS_SPAN_EMPTY);
        journal->finished = journal->begun;
    }
    number = journal->begun + 1;
    journal_append(number, operation, offset, data);
    if (journal->state == STATE_FULL) {
        return UINT32_MAX;
    }
    journal->begun = number;
    barrier();
    return journal->stop_at == number ? journal->stop_after : UINT32_MAX;
}

/** The operation is done, as far as it was to be: it ends here, or the power is as good as gone. */
static void journal_end(uint32_t stop_after)
{
    barrier();
    if (stop_after != UINT32_MAX) {
        journal->state = STATE_STOPPED;
        __asm volatile("cpsid i" ::: "memory");
        for (;;) {
            __asm volatile("wfi");
        }
    }
    if (journal_is_kept()) {
        journal->finished = journal->begun;
    }
}

static tps_status flash_program(void *context, uint32_t offset, tps_span bytes)
{
    uint32_t stop_after;

    (void)context;
    if (offset % EMULATED_FLASH_UNIT_SIZE != 0 || bytes.size % EMULATED_FLASH_UNIT_SIZE != 0 ||
        offset > AN505_FLASH_SIZE || bytes.size > AN505_FLASH_SIZE - offset) {
        return TPS_COMPONENT_STORAGE;
    }
    stop_after = journal_begin(OPERATION_PROGRAM, offset, bytes);
    for (uint32_t i = 0; i < bytes.size && i < stop_after; i++) {
        flash[offset + i] = (uint8_t)(flash[offset + i] & bytes.data[i]);
    }
    if (stop_after < bytes.size) {
        flash[offset + stop_after] = (uint8_t)(flash[offset + stop_after] & (bytes.data[stop_after] | HALF));
    }
    journal_end(stop_after);
    return TPS_OK;
}

static tps_status flash_erase(void *context, uint32_t offset)
{
    uint32_t stop_after;

    (void)context;
    if (offset % EMULATED_FLASH_SECTOR_SIZE != 0 || offset >= AN505_FLASH_SIZE) {
        return TPS_COMPONENT_STORAGE;
    }
    stop_after = journal_begin(OPERATION_ERASE, offset, TPS_SPAN_EMPTY);
    for (uint32_t i = 0; i < EMULATED_FLASH_SECTOR_SIZE && i < stop_after; i++) {
        flash[offset + i] = 0xff;
    }
    if (stop_after < EMULATED_FLASH_SECTOR_SIZE) {
        flash[offset + stop_after] = (uint8_t)(flash[offset + stop_after] | HALF);
    }
    journal_end(stop_after);
    return TPS_OK;
}

void emulated_flash_describe(tps_chip *chip)
{
    chip->flash = (const uint8_t *)AN505_FLASH;
    chip->flash_size = AN505_FLASH_SIZE;
    chip->sector_size = EMULATED_FLASH_SECTOR_SIZE;
    chip->unit_size = EMULATED_FLASH_UNIT_SIZE;
    chip->flash_program = flash_program;
    chip->flash_erase = flash_erase;
}
