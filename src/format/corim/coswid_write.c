/* SPDX-License-Identifier: Apache-2.0 */
/* CoSWID (RFC 9393): writing a tag. */
#include "tps/coswid.h"

#include "format/corim/coswid.h"
#include "format/corim/put.h"

static void put_text(corim_put_map *map, uint32_t key, tps_span text)
{
    if (text.size != 0) {
        corim_put_member(map, key);
        tps_cbor_put_text_span(map->writer, text);
    }
}

static void put_bool(corim_put_map *map, uint32_t key, bool has, bool value)
{
    if (has) {
        corim_put_member(map, key);
        tps_cbor_put_bool(map->writer, value);
    }
}

static void put_hash(corim_put_map *map, uint32_t key, const tps_corim_digest *hash)
{
    tps_corim_digests one = {hash, 1, {NULL, 0}};

    if (hash->value.size != 0) {
        corim_put_member(map, key);
        corim_put_digests(map->writer, &one, false);
    }
}

/* An array for what is not one. */
static void put_count(tps_cbor_writer *writer, size_t count)
{
    if (count != 1) {
        tps_cbor_put_array(writer, count);
    }
}

static void put_entity(tps_cbor_writer *writer, const tps_coswid_entity *entity)
{
    tps_corim_label room;
    tps_corim_cursor cursor;
    corim_put_map map = corim_put_map_begin(
        writer, 2u + (entity->reg_id.size != 0) + (entity->thumbprint.value.size != 0), &entity->extensions);

    corim_put_member(&map, COSWID_ENTITY_NAME);
    tps_cbor_put_text_span(writer, entity->name);
    if (entity->reg_id.size != 0) {
        corim_put_member(&map, COSWID_ENTITY_REG_ID);
        corim_put_uri(writer, entity->reg_id);
    }
    corim_put_member(&map, COSWID_ENTITY_ROLE);
    put_count(writer, entity->roles.count);
    cursor = TPS_CORIM_WALK(entity->roles);
    while (tps_corim_next_label(&cursor, &room)) {
        corim_put_label(writer, &room);
    }
    corim_put_end(writer, &cursor);
    put_hash(&map, COSWID_ENTITY_THUMBPRINT, &entity->thumbprint);
    corim_put_map_end(&map);
}

static void put_file(tps_cbor_writer *writer, const tps_coswid_file *file)
{
    corim_put_map map =
        corim_put_map_begin(writer,
                            1u + (file->hash.value.size != 0) + file->has_size + (file->version.size != 0) +
                                file->has_key + (file->location.size != 0) + (file->root.size != 0),
                            &file->extensions);

    put_hash(&map, COSWID_HASH, &file->hash);
    if (file->has_size) {
        corim_put_member(&map, COSWID_FILE_SIZE);
        tps_cbor_put_uint(writer, file->size);
    }
    put_text(&map, COSWID_FILE_VERSION, file->version);
    put_bool(&map, COSWID_IS_KEY, file->has_key, file->is_key);
    put_text(&map, COSWID_LOCATION, file->location);
    corim_put_member(&map, COSWID_FILE_NAME);
    tps_cbor_put_text_span(writer, file->name);
    put_text(&map, COSWID_ROOT, file->root);
    corim_put_map_end(&map);
}

/* What was read stands as it is; what the caller made is written from its files. */
static void put_content(corim_put_map *outer, const tps_coswid_content *content)
{
    corim_put_map map;

    if (content->files == NULL) {
        tps_cbor_put_raw(outer->writer, content->encoded);
        return;
    }
    map = corim_put_map_begin(
        outer->writer,
        1u + (content->location.size != 0) + content->has_date + (content->device_id.size != 0), NULL);
    corim_put_member(&map, COSWID_FILE_ENTRY);
    put_count(map.writer, content->file_count);
    for (size_t i = 0; i < content->file_count; i++) {
        put_file(map.writer, &content->files[i]);
    }
    put_text(&map, COSWID_LOCATION, content->location);
    if (content->has_date) {
        corim_put_member(&map, COSWID_DATE);
        tps_cbor_put_tag(map.writer, TPS_CORIM_TAG_TIME);
        tps_cbor_put_int(map.writer, content->date);
    }
    put_text(&map, COSWID_DEVICE_ID, content->device_id);
}

static void put_entities(corim_put_map *map, const tps_coswid_entities *entities)
{
    tps_coswid_entity room;
    tps_corim_cursor cursor;

    corim_put_member(map, COSWID_ENTITY);
    put_count(map->writer, entities->count);
    cursor = TPS_CORIM_WALK(*entities);
    while (tps_coswid_next_entity(&cursor, &room)) {
        put_entity(map->writer, &room);
    }
    corim_put_end(map->writer, &cursor);
}

static size_t members_of(const tps_coswid *c)
{
    return 4u + (c->software_version.size != 0) + c->content.is_present + c->has_corpus + c->has_patch +
           c->has_supplemental + c->has_version_scheme;
}

static void put_coswid(tps_cbor_writer *writer, const tps_coswid *c)
{
    corim_put_map map = corim_put_map_begin(writer, members_of(c), &c->extensions);

    corim_put_member(&map, COSWID_TAG_ID);
    corim_put_value(writer, &c->id);
    corim_put_member(&map, COSWID_SOFTWARE_NAME);
    tps_cbor_put_text_span(writer, c->software_name);
    put_entities(&map, &c->entities);
    if (c->content.is_present) {
        corim_put_member(&map, c->content.is_evidence ? COSWID_EVIDENCE : COSWID_PAYLOAD);
        put_content(&map, &c->content);
    }
    put_bool(&map, COSWID_CORPUS, c->has_corpus, c->is_corpus);
    put_bool(&map, COSWID_PATCH, c->has_patch, c->is_patch);
    put_bool(&map, COSWID_SUPPLEMENTAL, c->has_supplemental, c->is_supplemental);
    corim_put_member(&map, COSWID_TAG_VERSION);
    tps_cbor_put_int(writer, c->tag_version);
    put_text(&map, COSWID_SOFTWARE_VERSION, c->software_version);
    if (c->has_version_scheme) {
        corim_put_member(&map, COSWID_VERSION_SCHEME);
        corim_put_label(writer, &c->version_scheme);
    }
    corim_put_map_end(&map);
}

tps_status tps_coswid_write(const tps_coswid *coswid, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer writer = tps_cbor_writer_init(out);
    tps_coswid again;
    tps_span written;
    tps_status status;

    put_coswid(&writer, coswid);
    status = tps_cbor_writer_finish(&writer, &written);
    if (status == TPS_OK && out.data != NULL) {
        status = tps_coswid_decode(written, &again, why);
    }
    *encoded = status == TPS_OK || status == TPS_BUFFER_TOO_SMALL ? written : TPS_SPAN_EMPTY;
    return status;
}
