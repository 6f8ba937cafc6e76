/* SPDX-License-Identifier: Apache-2.0 */
/* CoSWID: which files a piece of software has, for people. */
#include "inspect/corim_tags.h"

static void add_entities(inspect_node *into, const tps_coswid *coswid)
{
    static const char *const names[] = {NULL,          "tag creator", "software creator", "aggregator",
                                        "distributor", "licensor",    "maintainer"};
    tps_corim_cursor cursor = TPS_CORIM_WALK(coswid->entities);
    tps_coswid_entity entity;
    inspect_node *list = inspect_list(into, "entities");

    while (tps_coswid_next_entity(&cursor, &entity)) {
        tps_corim_cursor roles = TPS_CORIM_WALK(entity.roles);
        tps_corim_label role;
        inspect_node *node = inspect_object(list, NULL);
        inspect_node *role_list;
        corim_add_text(node, "name", entity.name);
        corim_add_text(node, "uri", entity.reg_id);
        role_list = inspect_list(node, "roles");
        while (tps_corim_next_label(&roles, &role)) {
            if (role.text.size > 0) {
                inspect_text(role_list, NULL, role.text);
            } else {
                bool is_known = role.number > 0 && role.number < 7;
                inspect_means(inspect_int(role_list, NULL, role.number),
                              is_known ? names[role.number] : NULL);
            }
        }
        if (entity.thumbprint.value.size > 0) {
            inspect_bytes(node, "thumbprint", entity.thumbprint.value);
        }
        corim_add_extensions(node, &entity.extensions);
    }
}

static void add_file(inspect_node *into, const tps_coswid_files *walk, const tps_coswid_file *file)
{
    inspect_node *node = inspect_object(into, NULL);
    tps_corim_digests hash = {&file->hash, 1, {NULL, 0}};

    corim_add_text(node, "name", file->name);
    if (walk->directory_depth > 0) {
        inspect_node *path = inspect_list(node, "directories");
        for (uint32_t i = 0; i < walk->directory_depth; i++) {
            inspect_text(path, NULL, walk->directories[i].name);
        }
    }
    corim_add_text(node, "root", file->root);
    corim_add_text(node, "location", file->location);
    corim_add_text(node, "version", file->version);
    if (file->has_size) {
        inspect_uint(node, "size", file->size);
    }
    if (file->has_key) {
        inspect_bool(node, "is_key", file->is_key);
    }
    if (file->hash.value.size > 0) {
        corim_add_digests(node, "hash", &hash);
    }
    corim_add_extensions(node, &file->extensions);
}

static void add_content(inspect_node *into, const tps_coswid_content *content)
{
    tps_coswid_files files = tps_coswid_walk_files(content);
    tps_coswid_file file;
    inspect_node *node;
    inspect_node *list;

    if (!content->is_present) {
        return;
    }
    node = inspect_object(into, content->is_evidence ? "evidence" : "payload");
    if (content->has_date) {
        inspect_time(node, "date", content->date);
    }
    corim_add_text(node, "device_id", content->device_id);
    corim_add_text(node, "location", content->location);
    list = inspect_list(node, "files");
    while (tps_coswid_next_file(&files, &file)) {
        add_file(list, &files, &file);
    }
    if (content->skipped_count > 0) {
        inspect_uint(node, "further_members", content->skipped_count);
    }
}

void coswid_explain(inspect_node *into, tps_span content)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_coswid coswid;
    tps_status status = tps_coswid_decode(content, &coswid, &why);

    if (status != TPS_OK) {
        inspect_warn(into->document, "a CoSWID cannot be read: %s (%s)", tps_status_cause(status),
                     why.detail == NULL ? "CBOR" : why.detail);
        return;
    }
    corim_add_value(into, "id", &coswid.id);
    inspect_int(into, "tag_version", coswid.tag_version);
    corim_add_text(into, "software_name", coswid.software_name);
    corim_add_text(into, "software_version", coswid.software_version);
    if (coswid.has_corpus) {
        inspect_bool(into, "corpus", coswid.is_corpus);
    }
    if (coswid.has_patch) {
        inspect_bool(into, "patch", coswid.is_patch);
    }
    if (coswid.has_supplemental) {
        inspect_bool(into, "supplemental", coswid.is_supplemental);
    }
    add_entities(into, &coswid);
    add_content(into, &coswid.content);
    corim_add_extensions(into, &coswid.extensions);
}
