/* SPDX-License-Identifier: Apache-2.0 */
/* The flash of a chip as a file: made from a device's folder, updated, read. */
#include "factory/chip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "component/boot/identity.h"
#include "factory/files.h"
#include "factory/release.h"
#include "tps/crypto.h"
#include "tps/secret.h"

/** The whole memory of an emulator fits. */
#define FLASH_FILE_MAX ((size_t)64 << 20)
#define PART_FILE_MAX  ((size_t)16 << 20)

/** A flash in memory, with what its parts are made of. */
typedef struct {
    tps_chip_layout layout;
    tps_buf bytes;
    int lock; /* the file that is being replaced; -1: none */

    uint32_t count;
    tps_chip_part parts[TPS_CHIP_PARTS_MAX];
    uint8_t *owned[TPS_CHIP_PARTS_MAX]; /* heap memory of their contents; NULL: inside `bytes` */
    tps_factory_problem *problem;
} flash_file;

static void forget(flash_file *f)
{
    for (uint32_t i = 0; i < TPS_CHIP_PARTS_MAX; i++) {
        free(f->owned[i]);
    }
    if (f->bytes.data != NULL) {
        tps_wipe(f->bytes.data, f->layout.counters); /* the secret's sector */
        free(f->bytes.data);
    }
    if (f->lock >= 0) {
        close(f->lock);
    }
}

/** Whoever runs a board holds a lock of its flash (firmware/an505/emulate.sh). A file put in its place would
 * have the counters as they were, and with them random bytes that were used already. */
static tps_status hold(flash_file *f, const char *path)
{
    f->lock = open(path, O_RDONLY | O_CLOEXEC);
    if (f->lock >= 0 && flock(f->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return factory_fail(f->problem, TPS_COMPONENT_IN_USE, "switch the board off first",
                            "a board with the flash %s is switched on", path);
    }
    return TPS_OK; /* what cannot be opened is told by who reads it */
}

static tps_status begin(flash_file *f, tps_factory_chip_sizes sizes, tps_factory_problem *problem)
{
    tps_status status;

    memset(f, 0, sizeof(*f));
    f->lock = -1;
    f->problem = problem;
    status = tps_chip_layout_make(sizes.flash, sizes.sector, sizes.unit, &f->layout);
    if (status == TPS_OK) {
        return TPS_OK;
    }
    return factory_fail(
        problem, status,
        "sectors are a power of two from 512 to 65536 bytes, units one from 1 to 64, and flash is "
        "whole sectors",
        "no flash of a chip has %u bytes in sectors of %u and units of %u", (unsigned)sizes.flash,
        (unsigned)sizes.sector, (unsigned)sizes.unit);
}

/* ---- parts ---- */

/** Adds a part, or replaces the content of the one that is there. */
static tps_status set_part(flash_file *f, uint32_t part, const char *image, tps_buf content)
{
    uint32_t at = 0;

    while (at < f->count && (f->parts[at].part != part || strcmp(f->parts[at].image, image) != 0)) {
        at++;
    }
    if (at == TPS_CHIP_PARTS_MAX || strlen(image) > TPS_IMAGE_NAME_MAX) {
        free(content.data);
        return factory_fail(f->problem, TPS_TOO_LARGE, "use the names of images that there are",
                            "a chip has no room for a part more");
    }
    free(f->owned[at]);
    f->owned[at] = content.data;
    f->parts[at] = (tps_chip_part){.part = part, .content = factory_span(content)};
    memcpy(f->parts[at].image, image, strlen(image));
    f->count += at == f->count ? 1 : 0;
    return TPS_OK;
}

static tps_status add_file(flash_file *f, uint32_t part, const char *image, const char *path)
{
    tps_buf content;

    TPS_TRY(factory_read(path, PART_FILE_MAX, &content, f->problem));
    return set_part(f, part, image, content);
}

static tps_status add_if_there(flash_file *f, uint32_t part, const char *device, const char *name)
{
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(path, f->problem, "%s/%s", device, name));
    return factory_exists(path) ? add_file(f, part, "", path) : TPS_OK;
}

static tps_status add_image(flash_file *f, const char *device, tps_span name)
{
    char path[TPS_FACTORY_PATH_MAX];
    char image[TPS_IMAGE_NAME_MAX + 1] = {0};

    memcpy(image, name.data, name.size);
    TPS_TRY(factory_path(path, f->problem, "%s/firmware/%s.manifest", device, image));
    TPS_TRY(add_file(f, TPS_PROVIDED_MANIFEST, image, path));
    if (strcmp(image, TPS_IMAGE_COMPONENT) == 0) {
        return TPS_OK;
    }
    TPS_TRY(factory_path(path, f->problem, "%s/firmware/%s.bin", device, image));
    return add_file(f, TPS_PROVIDED_IMAGE, image, path);
}

static tps_status add_folder(flash_file *f, const char *device)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_device_identity identity;
    tps_error why = {TPS_OK, 0, NULL};

    TPS_TRY(factory_path(path, f->problem, "%s/identity.cbor", device));
    if (!factory_exists(path)) {
        return factory_fail_status(f->problem, TPS_DEVICE_BAD_FOLDER, device);
    }
    TPS_TRY(add_file(f, TPS_PROVIDED_IDENTITY, "", path));
    if (tps_identity_decode(f->parts[0].content, &identity, &why) != TPS_OK) {
        return factory_fail_status(f->problem, TPS_COMPONENT_BAD_IDENTITY, path);
    }
    TPS_TRY(add_if_there(f, TPS_PROVIDED_CERTIFICATES, device, "certificates.cbor"));
    TPS_TRY(add_if_there(f, TPS_PROVIDED_DEVICE_ID, device, "device-id.cbor"));
    for (size_t i = 0; i < identity.image_count; i++) {
        TPS_TRY(add_image(f, device, identity.images[i]));
    }
    return TPS_OK;
}

/** Writes all parts into a slot. Their contents may lie in the other one. */
static tps_status write_slot(flash_file *f, uint32_t slot, uint32_t generation)
{
    uint8_t head[TPS_CHIP_TABLE_MAX];
    uint32_t offsets[TPS_CHIP_PARTS_MAX];
    uint8_t *at = f->bytes.data + f->layout.slots[slot];
    tps_span encoded;
    tps_status status = tps_chip_parts_encode(f->parts, f->count, generation, f->layout.slot_size,
                                              TPS_BUF_OF(head), &encoded, offsets);

    if (status == TPS_TOO_LARGE) {
        return factory_fail(f->problem, status, "make the images smaller, or give a larger flash",
                            "the images do not fit: a slot has %u bytes", (unsigned)f->layout.slot_size);
    }
    if (status != TPS_OK) {
        return factory_fail_status(f->problem, status, "the parts of the flash");
    }
    memset(at, 0xff, f->layout.slot_size);
    for (uint32_t i = 0; i < f->count; i++) {
        memcpy(at + offsets[i], f->parts[i].content.data, f->parts[i].content.size);
    }
    memcpy(at, encoded.data, encoded.size);
    return TPS_OK;
}

/* ---- secret and counters ---- */

static tps_status write_secret(flash_file *f, const char *device)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_chip_insecure_secret secret;
    tps_buf content;
    tps_status status;

    TPS_TRY(factory_path(path, f->problem, "%s/boot/unique-secret", device));
    if (!factory_exists(path)) {
        return TPS_OK; /* it is in the chip's hardware */
    }
    TPS_TRY(factory_read(path, 4096, &content, f->problem));
    status = content.size == sizeof(secret.secret) ? tps_crypto_random(TPS_BUF_OF(secret.seed))
                                                   : TPS_COMPONENT_NO_SECRET;
    if (status == TPS_OK) {
        memcpy(secret.secret, content.data, sizeof(secret.secret));
        tps_chip_insecure_secret_encode(&secret, f->bytes.data + f->layout.secret);
    }
    tps_wipe(&secret, sizeof(secret));
    tps_wipe(content.data, content.size);
    free(content.data);
    return status == TPS_OK ? TPS_OK : factory_fail_status(f->problem, status, path);
}

/** A counter's file: 8 bytes, little-endian; without one it is 0. */
static tps_status read_counter(const flash_file *f, const char *device, unsigned counter, uint64_t *value)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_buf content;
    tps_status status;

    *value = 0;
    TPS_TRY(factory_path(path, f->problem, "%s/secure/counter-%u", device, counter));
    if (!factory_exists(path)) {
        return TPS_OK;
    }
    TPS_TRY(factory_read(path, 64, &content, f->problem));
    for (size_t i = 0; i < 8 && content.size == 8; i++) {
        *value |= (uint64_t)content.data[i] << (8 * i);
    }
    status = content.size == 8 && *value <= TPS_CHIP_RECORD_VALUE_MAX
                 ? TPS_OK
                 : factory_fail_status(f->problem, TPS_COMPONENT_STORAGE, path);
    free(content.data);
    return status;
}

static tps_status write_counters(flash_file *f, const char *device)
{
    uint64_t values[TPS_COUNTERS_MAX];

    for (unsigned i = 0; i < TPS_COUNTERS_MAX; i++) {
        TPS_TRY(read_counter(f, device, i, &values[i]));
    }
    if (values[TPS_COUNTER_BOOT] != 0) {
        return factory_fail(f->problem, TPS_STORE_EXISTS,
                            "make a device of its own for the chip: tps factory make",
                            "the device in %s was started already: it would be there twice", device);
    }
    for (uint32_t i = 0; i < TPS_CHIP_BEGINNING; i++) {
        tps_chip_beginning_put(i, 1, values, f->bytes.data + tps_chip_record_offset(&f->layout, 0, i));
    }
    return TPS_OK;
}

/* ---- what is told ---- */

static void tell_parts(const flash_file *f, tps_factory_chip *chip)
{
    tps_chip_parts parts;

    if (tps_chip_parts_newest(f->bytes.data, &f->layout, &parts, &chip->slot) != TPS_OK) {
        return;
    }
    chip->generation = parts.generation;
    chip->count = parts.count;
    for (uint32_t i = 0; i < parts.count; i++) {
        tps_chip_part part = tps_chip_parts_get(&parts, i);

        chip->parts[i] = (tps_factory_chip_part){.part = part.part,
                                                 .offset = (uint32_t)(part.content.data - f->bytes.data),
                                                 .size = (uint32_t)part.content.size};
        memcpy(chip->parts[i].image, part.image, sizeof(part.image));
    }
}

static void tell(const flash_file *f, tps_factory_chip *chip)
{
    tps_chip_insecure_secret secret;
    tps_chip_counters counters;
    uint32_t sector;

    *chip = (tps_factory_chip){.layout = f->layout};
    chip->has_secret = tps_chip_insecure_secret_decode(f->bytes.data + f->layout.secret, &secret) == TPS_OK;
    tps_wipe(&secret, sizeof(secret));
    chip->has_counters = tps_chip_counters_newest(f->bytes.data, &f->layout, &sector, &counters);
    if (chip->has_counters) {
        chip->starts = counters.number - 1;
        memcpy(chip->counters, counters.values, sizeof(chip->counters));
    }
    tell_parts(f, chip);
}

/* ---- making, updating, reading ---- */

static tps_status erase_all(flash_file *f)
{
    f->bytes = (tps_buf){malloc(f->layout.flash_size), f->layout.flash_size};
    if (f->bytes.data == NULL) {
        return factory_fail_status(f->problem, TPS_OUT_OF_MEMORY, "flash");
    }
    memset(f->bytes.data, 0xff, f->bytes.size);
    return TPS_OK;
}

static tps_status fill(flash_file *f, const char *device)
{
    TPS_TRY(add_folder(f, device));
    TPS_TRY(erase_all(f));
    TPS_TRY(write_secret(f, device));
    TPS_TRY(write_counters(f, device));
    return write_slot(f, 0, 1);
}

tps_status tps_factory_chip_make(const char *device, const char *path, bool may_replace,
                                 tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                 tps_factory_problem *problem)
{
    flash_file f;
    tps_status status;

    TPS_TRY(begin(&f, sizes, problem));
    if (!may_replace && factory_exists(path)) {
        return factory_fail(problem, TPS_STORE_EXISTS,
                            "choose another name; or add --force: its counters and storage are gone then",
                            "%s is there already", path);
    }
    status = may_replace ? hold(&f, path) : TPS_OK;
    if (status == TPS_OK) {
        status = fill(&f, device);
    }
    if (status == TPS_OK) {
        status = may_replace ? factory_replace(path, 0600, factory_span(f.bytes), problem)
                             : factory_write(path, 0600, factory_span(f.bytes), problem);
    }
    if (status == TPS_OK) {
        tell(&f, chip);
    }
    forget(&f);
    return status;
}

static tps_status read_flash(flash_file *f, const char *path)
{
    TPS_TRY(factory_read(path, FLASH_FILE_MAX, &f->bytes, f->problem));
    return f->bytes.size >= f->layout.flash_size
               ? TPS_OK
               : factory_fail(f->problem, TPS_UNKNOWN_FORMAT, "give a file that tps factory chip made",
                              "%s has %zu bytes; a flash has %u", path, f->bytes.size,
                              (unsigned)f->layout.flash_size);
}

/** Reads a flash, and its parts. */
static tps_status read_parts(flash_file *f, const char *path, tps_chip_parts *parts, uint32_t *slot)
{
    tps_status status;

    TPS_TRY(read_flash(f, path));
    status = tps_chip_parts_newest(f->bytes.data, &f->layout, parts, slot);
    return status == TPS_OK
               ? TPS_OK
               : factory_fail(f->problem, status, "make it anew: tps factory chip DEVICE --out FLASH --force",
                              "%s holds no device", path);
}

static tps_status update(flash_file *f, const char *path, const tps_factory_chip_image *image)
{
    tps_chip_parts parts;
    uint32_t slot;

    TPS_TRY(hold(f, path));
    TPS_TRY(read_parts(f, path, &parts, &slot));
    for (f->count = 0; f->count < parts.count; f->count++) {
        f->parts[f->count] = tps_chip_parts_get(&parts, f->count);
    }
    if (!tps_image_name_is_valid(image->name)) {
        return factory_fail_status(f->problem, TPS_BAD_ARGUMENT, "the name of the image");
    }
    TPS_TRY(add_file(f, TPS_PROVIDED_MANIFEST, image->name, image->manifest));
    if (image->image != NULL) {
        TPS_TRY(add_file(f, TPS_PROVIDED_IMAGE, image->name, image->image));
    }
    TPS_TRY(write_slot(f, 1 - slot, parts.generation + 1));
    return factory_replace(path, 0600, factory_span(f->bytes), f->problem);
}

static tps_status renew(flash_file *f, const char *device, const char *path)
{
    tps_chip_parts parts;
    tps_span identity;
    uint32_t slot;

    TPS_TRY(add_folder(f, device));
    TPS_TRY(hold(f, path));
    TPS_TRY(read_parts(f, path, &parts, &slot));
    if (tps_chip_parts_find(&parts, TPS_PROVIDED_IDENTITY, NULL, &identity) != TPS_OK ||
        !tps_span_equal(identity, f->parts[0].content)) {
        return factory_fail(f->problem, TPS_BAD_ARGUMENT, "give the folder and the flash of one device",
                            "%s holds another device than %s", path, device);
    }
    TPS_TRY(write_slot(f, 1 - slot, parts.generation + 1));
    return factory_replace(path, 0600, factory_span(f->bytes), f->problem);
}

tps_status tps_factory_chip_renew(const char *device, const char *path, tps_factory_chip_sizes sizes,
                                  tps_factory_chip *chip, tps_factory_problem *problem)
{
    flash_file f;
    tps_status status;

    TPS_TRY(begin(&f, sizes, problem));
    status = renew(&f, device, path);
    if (status == TPS_OK) {
        tell(&f, chip);
    }
    forget(&f);
    return status;
}

tps_status tps_factory_chip_update(const char *path, const tps_factory_chip_image *image,
                                   tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                   tps_factory_problem *problem)
{
    flash_file f;
    tps_status status;

    TPS_TRY(begin(&f, sizes, problem));
    status = update(&f, path, image);
    if (status == TPS_OK) {
        tell(&f, chip);
    }
    forget(&f);
    return status;
}

tps_status tps_factory_chip_read(const char *path, tps_factory_chip_sizes sizes, tps_factory_chip *chip,
                                 tps_factory_problem *problem)
{
    flash_file f;
    tps_status status;

    TPS_TRY(begin(&f, sizes, problem));
    status = read_flash(&f, path);
    if (status == TPS_OK) {
        tell(&f, chip);
    }
    forget(&f);
    return status;
}
