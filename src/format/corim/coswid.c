/* SPDX-License-Identifier: Apache-2.0 */
/* CoSWID (RFC 9393): reading a tag, and walking through its files without recursion. */
#include "tps/coswid.h"

#include "format/corim/coswid.h"

static bool is_array(const corim_walk *walk)
{
    return tps_cbor_peek(&walk->reader) == TPS_CBOR_ARRAY;
}

/* One, or an array of two and more. */
static corim_list enter_one_or_more(corim_walk *walk, const char *where)
{
    corim_walk_at(walk, where);
    return corim_list_enter_if(walk, is_array(walk));
}

/* [algorithm's number, bytes] */
static tps_corim_digest read_hash(corim_walk *walk)
{
    tps_corim_digest digest;

    corim_read_digest(walk, &digest);
    corim_walk_require(walk, digest.name.text.size == 0, "hash");
    return digest;
}

/* ---- entities ---- */

void coswid_read_entity(corim_walk *walk, tps_coswid_entity *entity)
{
    corim_map map = corim_map_enter(walk,
                                    COSWID_BIT(COSWID_ENTITY_NAME) | COSWID_BIT(COSWID_ENTITY_REG_ID) |
                                        COSWID_BIT(COSWID_ENTITY_ROLE) | COSWID_BIT(COSWID_ENTITY_THUMBPRINT),
                                    "entity");
    tps_corim_label room;
    corim_list roles;

    *entity = (tps_coswid_entity){0};
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case COSWID_ENTITY_NAME: entity->name = corim_walk_text(walk, "entity name"); break;
        case COSWID_ENTITY_REG_ID: entity->reg_id = corim_walk_uri(walk, "entity URI"); break;
        case COSWID_ENTITY_THUMBPRINT: entity->thumbprint = read_hash(walk); break;
        default:
            roles = enter_one_or_more(walk, "entity roles");
            while (corim_list_next(walk, &roles)) {
                corim_read_label(walk, &room);
            }
            corim_list_leave(walk, &roles, roles.is_single ? 1 : 2);
            entity->roles = CORIM_LIST(tps_corim_labels, roles);
            break;
        }
    }
    corim_map_require(walk, &map, COSWID_BIT(COSWID_ENTITY_NAME) | COSWID_BIT(COSWID_ENTITY_ROLE));
    corim_map_extensions(walk, &map, &entity->extensions);
}

bool tps_coswid_next_entity(tps_corim_cursor *cursor, tps_coswid_entity *out)
{
    corim_walk walk;

    if (corim_cursor_item(cursor, out, sizeof *out)) {
        return true;
    }
    if (!corim_cursor_begin(cursor, &walk)) {
        return false;
    }
    coswid_read_entity(&walk, out);
    return corim_cursor_end(cursor, &walk);
}

/* ---- files ---- */

/* What is being walked through at a level. */
enum { IN_COLLECTION, IN_FILES, IN_DIRECTORIES, IN_DIRECTORY };

/* What a file and a directory have, each by its members `known`. */
static void read_item(corim_walk *walk, uint64_t known, tps_coswid_file *file)
{
    corim_map map = corim_map_enter(walk, known, "file or directory");

    *file = (tps_coswid_file){0};
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case COSWID_HASH: file->hash = read_hash(walk); break;
        case COSWID_FILE_SIZE:
            file->size = tps_cbor_get_uint(&walk->reader);
            file->has_size = true;
            break;
        case COSWID_FILE_VERSION: file->version = corim_walk_text(walk, "version of a file"); break;
        case COSWID_IS_KEY:
            file->is_key = tps_cbor_get_bool(&walk->reader);
            file->has_key = true;
            break;
        case COSWID_LOCATION: file->location = corim_walk_text(walk, "location of a file"); break;
        case COSWID_FILE_NAME: file->name = corim_walk_text(walk, "name of a file"); break;
        case COSWID_ROOT: file->root = corim_walk_text(walk, "root of a file"); break;
        default: tps_cbor_skip(&walk->reader); break; /* path elements: walked through later */
        }
    }
    corim_map_require(walk, &map, COSWID_BIT(COSWID_FILE_NAME));
    corim_map_extensions(walk, &map, &file->extensions);
}

#define ITEM                                                                                  \
    (COSWID_BIT(COSWID_IS_KEY) | COSWID_BIT(COSWID_LOCATION) | COSWID_BIT(COSWID_FILE_NAME) | \
     COSWID_BIT(COSWID_ROOT))

static void read_file(corim_walk *walk, tps_coswid_file *out)
{
    read_item(walk,
              ITEM | COSWID_BIT(COSWID_HASH) | COSWID_BIT(COSWID_FILE_SIZE) | COSWID_BIT(COSWID_FILE_VERSION),
              out);
}

static void read_directory(corim_walk *walk, tps_coswid_file *out)
{
    read_item(walk, ITEM | COSWID_BIT(COSWID_PATH_ELEMENTS), out);
}

static void push(tps_coswid_files *files, uint32_t kind, tps_cbor_list list)
{
    files->levels[files->depth++] = (tps_coswid_level){list, kind};
}

/* A directory's own members lie around the files in it: they are read first, from a copy of the reader. */
static void enter_directory(tps_coswid_files *files, corim_walk *walk)
{
    corim_walk ahead = *walk;

    if (files->directory_depth == TPS_COSWID_DIRECTORIES_MAX) {
        corim_walk_fail(walk, TPS_CORIM_UNSUPPORTED, "more than 6 directories in each other");
        return;
    }
    read_directory(&ahead, &files->directories[files->directory_depth]);
    corim_walk_fail(walk, ahead.reader.status, ahead.where);
    files->directory_depth++;
    files->directory_count++;
    push(files, IN_DIRECTORY, tps_cbor_enter_map(&walk->reader));
}

/* A list has two elements and more (RFC 9393, 2.3). */
static void enter_list(tps_coswid_files *files, corim_walk *walk, uint32_t kind)
{
    tps_cbor_reader ahead = walk->reader;
    tps_cbor_list list = tps_cbor_enter_array(&ahead);
    bool is_more = tps_cbor_next(&ahead, &list) && (tps_cbor_skip(&ahead), tps_cbor_next(&ahead, &list));

    corim_walk_require(walk, is_more, kind == IN_FILES ? "files" : "directories");
    push(files, kind, tps_cbor_enter_array(&walk->reader));
}

/* A member of a collection; true when it is a file, which is then read. */
static bool take_member(tps_coswid_files *files, corim_walk *walk, tps_coswid_file *out)
{
    tps_cbor_item key = corim_walk_key(walk);
    uint64_t member = key.type == TPS_CBOR_UINT ? key.value : UINT64_MAX;

    if (member == COSWID_FILE_ENTRY && is_array(walk)) {
        enter_list(files, walk, IN_FILES);
    } else if (member == COSWID_FILE_ENTRY) {
        read_file(walk, out);
        return true;
    } else if (member == COSWID_DIRECTORY && is_array(walk)) {
        enter_list(files, walk, IN_DIRECTORIES);
    } else if (member == COSWID_DIRECTORY) {
        enter_directory(files, walk);
    } else {
        tps_cbor_skip(&walk->reader);
        files->skipped_count +=
            member != COSWID_LOCATION && member != COSWID_DATE && member != COSWID_DEVICE_ID;
    }
    return false;
}

/* A directory's path elements are a collection; its other members were read when it was entered. */
static void take_directory_member(tps_coswid_files *files, corim_walk *walk)
{
    tps_cbor_item key = corim_walk_key(walk);

    if (key.type == TPS_CBOR_UINT && key.value == COSWID_PATH_ELEMENTS) {
        push(files, IN_COLLECTION, tps_cbor_enter_map(&walk->reader));
    } else {
        tps_cbor_skip(&walk->reader);
    }
}

static bool step(tps_coswid_files *files, corim_walk *walk, tps_coswid_file *out)
{
    tps_coswid_level *level = &files->levels[files->depth - 1];

    if (!tps_cbor_next(&walk->reader, &level->list)) {
        files->directory_depth -= level->kind == IN_DIRECTORY;
        files->depth--;
        return false;
    }
    switch (level->kind) {
    case IN_COLLECTION: return take_member(files, walk, out);
    case IN_FILES: read_file(walk, out); return true;
    case IN_DIRECTORIES: enter_directory(files, walk); return false;
    default: take_directory_member(files, walk); return false;
    }
}

tps_coswid_files tps_coswid_walk_files(const tps_coswid_content *content)
{
    tps_coswid_files files = {.files = content->files, .where = "files"};

    files.reader = tps_cbor_reader_init(content->encoded);
    if (content->files != NULL) {
        files.left = content->file_count;
    } else if (content->encoded.size != 0) {
        push(&files, IN_COLLECTION, tps_cbor_enter_map(&files.reader));
    }
    return files;
}

bool tps_coswid_next_file(tps_coswid_files *files, tps_coswid_file *out)
{
    corim_walk walk = {files->reader, "files", false};
    bool is_file = false;

    if (files->left > 0) {
        *out = *files->files++;
        files->left--;
        return true;
    }
    while (!is_file && files->depth > 0 && walk.reader.status == TPS_OK) {
        is_file = step(files, &walk, out);
    }
    files->reader = walk.reader;
    files->where = walk.where;
    return is_file && walk.reader.status == TPS_OK;
}

/* ---- the tag ---- */

/* Everything in a payload or an evidence is read once, and the files counted. */
static void read_content(corim_walk *walk, tps_coswid_content *out, bool is_evidence)
{
    tps_coswid_files files;
    tps_coswid_file file;
    size_t start = tps_cbor_offset(&walk->reader);
    corim_map map;

    corim_walk_require(walk, !out->is_present, "payload and evidence exclude each other");
    *out = (tps_coswid_content){.is_present = true, .is_evidence = is_evidence};
    map = corim_map_enter(walk,
                          is_evidence ? COSWID_BIT(COSWID_DATE) | COSWID_BIT(COSWID_DEVICE_ID) |
                                            COSWID_BIT(COSWID_LOCATION)
                                      : 0,
                          is_evidence ? "evidence" : "payload");
    while (corim_map_next(walk, &map)) {
        switch (map.key) {
        case COSWID_LOCATION: out->location = corim_walk_text(walk, "location of evidence"); break;
        case COSWID_DEVICE_ID: out->device_id = corim_walk_text(walk, "device id of evidence"); break;
        default:
            corim_walk_require(walk, tps_cbor_take_tag(&walk->reader, TPS_CORIM_TAG_TIME),
                               "date of evidence");
            out->date = tps_cbor_get_int(&walk->reader);
            out->has_date = true;
            break;
        }
    }
    if (walk->reader.status != TPS_OK) {
        return;
    }
    out->encoded = tps_span_make(walk->reader.start + start, tps_cbor_offset(&walk->reader) - start);
    files = tps_coswid_walk_files(out);
    while (tps_coswid_next_file(&files, &file)) {
        out->file_count++;
    }
    corim_walk_fail(walk, files.reader.status, files.where);
    out->directory_count = files.directory_count;
    out->skipped_count = files.skipped_count;
}

static bool read_bool(corim_walk *walk, bool *has, const char *where)
{
    corim_walk_at(walk, where);
    *has = true;
    return tps_cbor_get_bool(&walk->reader);
}

static void read_member(corim_walk *walk, uint32_t key, tps_coswid *out)
{
    tps_coswid_entity room;
    corim_list list;

    switch (key) {
    case COSWID_TAG_ID: out->id = corim_walk_id(walk, "tag id"); break;
    case COSWID_SOFTWARE_NAME: out->software_name = corim_walk_text(walk, "software name"); break;
    case COSWID_ENTITY:
        list = enter_one_or_more(walk, "entities");
        while (corim_list_next(walk, &list)) {
            coswid_read_entity(walk, &room);
        }
        corim_list_leave(walk, &list, list.is_single ? 1 : 2);
        out->entities = CORIM_LIST(tps_coswid_entities, list);
        break;
    case COSWID_EVIDENCE:
    case COSWID_PAYLOAD: read_content(walk, &out->content, key == COSWID_EVIDENCE); break;
    case COSWID_CORPUS: out->is_corpus = read_bool(walk, &out->has_corpus, "corpus"); break;
    case COSWID_PATCH: out->is_patch = read_bool(walk, &out->has_patch, "patch"); break;
    case COSWID_SUPPLEMENTAL:
        out->is_supplemental = read_bool(walk, &out->has_supplemental, "supplemental");
        break;
    case COSWID_TAG_VERSION:
        corim_walk_at(walk, "tag version");
        out->tag_version = tps_cbor_get_int(&walk->reader);
        break;
    case COSWID_SOFTWARE_VERSION: out->software_version = corim_walk_text(walk, "software version"); break;
    default:
        out->version_scheme = corim_walk_label(walk, "version scheme");
        out->has_version_scheme = true;
        break;
    }
}

tps_status tps_coswid_decode(tps_span content, tps_coswid *out, tps_error *why)
{
    corim_walk walk;
    corim_map map;

    *out = (tps_coswid){0};
    TPS_TRY(tps_cbor_check(content, &tps_cbor_limits_file, NULL, why));
    walk = corim_walk_init(content, "CoSWID");
    map = corim_map_enter(
        &walk,
        COSWID_BIT(COSWID_TAG_ID) | COSWID_BIT(COSWID_SOFTWARE_NAME) | COSWID_BIT(COSWID_ENTITY) |
            COSWID_BIT(COSWID_EVIDENCE) | COSWID_BIT(COSWID_PAYLOAD) | COSWID_BIT(COSWID_CORPUS) |
            COSWID_BIT(COSWID_PATCH) | COSWID_BIT(COSWID_SUPPLEMENTAL) | COSWID_BIT(COSWID_TAG_VERSION) |
            COSWID_BIT(COSWID_SOFTWARE_VERSION) | COSWID_BIT(COSWID_VERSION_SCHEME),
        "CoSWID");
    while (corim_map_next(&walk, &map)) {
        read_member(&walk, map.key, out);
    }
    corim_walk_require(&walk,
                       (map.seen & (COSWID_BIT(COSWID_TAG_ID) | COSWID_BIT(COSWID_SOFTWARE_NAME) |
                                    COSWID_BIT(COSWID_ENTITY) | COSWID_BIT(COSWID_TAG_VERSION))) ==
                           (COSWID_BIT(COSWID_TAG_ID) | COSWID_BIT(COSWID_SOFTWARE_NAME) |
                            COSWID_BIT(COSWID_ENTITY) | COSWID_BIT(COSWID_TAG_VERSION)),
                       "CoSWID: tag id, tag version, name or entity are missing");
    corim_map_extensions(&walk, &map, &out->extensions);
    return corim_walk_finish(&walk, why);
}
