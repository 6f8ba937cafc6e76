/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a manifest. What is taken lies inside the input; it is written, taken again, and then written
 * alike, and a manifest that was deterministic is written as it was (but for extensions' values and CoSWIDs,
 * which stand as they are anyway). What a visitor is not told of does not exist: with no functions but
 * `unsupported` every tag is told.
 */
#include <stdlib.h>
#include <string.h>

#include "tps/coswid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static tps_status count(void *context, const char *name)
{
    require(name[0] != '\0');
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_status take_value(void *context, const tps_corim_environment *environment,
                             const tps_corim_measurement *measurement)
{
    tps_corim_component component;

    (void)environment;
    for (uint32_t profile = TPS_CORIM_PROFILE_UNKNOWN; profile <= TPS_CORIM_PROFILE_OPENTPS; profile++) {
        if (tps_corim_component_of(measurement, profile, &component, NULL) == TPS_OK) {
            require(component.digest.size >= 32);
        }
    }
    ++*(size_t *)context;
    return TPS_OK;
}

static tps_span write_anew(const tps_corim *corim, tps_buf *room)
{
    tps_span encoded;
    tps_status status = tps_corim_write(corim, TPS_BUF_MEASURE, &encoded, NULL);

    require(status == TPS_OK && encoded.data == NULL);
    *room = (tps_buf){malloc(encoded.size), encoded.size};
    require(room->data != NULL);
    require(tps_corim_write(corim, *room, &encoded, NULL) == TPS_OK && encoded.size == room->size);
    return encoded;
}

/* The manifest, and what its tags hold in byte strings. */
static bool is_deterministic(const tps_corim *corim)
{
    tps_cbor_limits strict = tps_cbor_limits_file;
    tps_corim_cursor cursor = TPS_CORIM_WALK(corim->tags);
    tps_corim_tag tag;

    strict.form = &tps_cbor_deterministic;
    if (tps_cbor_check(corim->body, &strict, NULL, NULL) != TPS_OK) {
        return false;
    }
    while (tps_corim_next_tag(&cursor, &tag)) {
        if (tps_cbor_check(tag.content, &strict, NULL, NULL) != TPS_OK) {
            return false;
        }
    }
    return true;
}

/* The manifest as it is written; then read and written once more, it stays the same. */
static void write_and_read(const tps_corim *corim)
{
    tps_corim again;
    tps_buf rooms[2];
    tps_span once = write_anew(corim, &rooms[0]);
    tps_span twice;

    require(tps_corim_decode(once, &again, NULL) == TPS_OK);
    require(again.tags.count == corim->tags.count && again.extensions.count == corim->extensions.count);
    twice = write_anew(&again, &rooms[1]);
    require(tps_span_equal(once, twice));
    if (is_deterministic(corim)) {
        require(tps_span_equal(once, corim->body));
    }
    free(rooms[0].data);
    free(rooms[1].data);
}

static void read_manifest(tps_span input)
{
    size_t told = 0;
    tps_corim_visitor named = {.context = &told, .unsupported = count};
    tps_corim_visitor values = {
        .context = &told, .reference_value = take_value, .endorsed_value = take_value};
    tps_error why = {0};
    tps_corim corim;
    tps_status status = tps_corim_decode(input, &corim, &why);

    if (status != TPS_OK) {
        require(why.status == status && why.offset <= input.size);
        return;
    }
    require_inside(corim.body, input);
    require_inside(corim.id.bytes, input);
    require_inside(corim.tags.encoded, corim.body);
    status = tps_corim_visit(&corim, &named, &why);
    if (status != TPS_OK) {
        require(why.status == status);
        return;
    }
    require(told >= corim.tags.count);
    require(tps_corim_visit(&corim, &values, &why) == TPS_OK);
    write_and_read(&corim);
}

/* A CoSWID alone: its files are as many as were counted, and it is written as it is read. */
static void read_coswid(tps_span input)
{
    tps_coswid coswid;
    tps_coswid_files files;
    tps_coswid_file file;
    tps_span encoded;
    uint8_t *room;
    size_t found = 0;

    if (tps_coswid_decode(input, &coswid, NULL) != TPS_OK) {
        return;
    }
    files = tps_coswid_walk_files(&coswid.content);
    while (tps_coswid_next_file(&files, &file)) {
        require_inside(file.name, input);
        found++;
    }
    require(found == coswid.content.file_count && files.reader.status == TPS_OK);
    require(tps_coswid_write(&coswid, TPS_BUF_MEASURE, &encoded, NULL) == TPS_OK);
    room = malloc(encoded.size);
    require(room != NULL);
    require(tps_coswid_write(&coswid, (tps_buf){room, encoded.size}, &encoded, NULL) == TPS_OK);
    require(tps_coswid_decode(encoded, &coswid, NULL) == TPS_OK && coswid.content.file_count == found);
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span input = tps_span_make(data, size);

    read_manifest(input);
    read_coswid(input);
    return 0;
}
