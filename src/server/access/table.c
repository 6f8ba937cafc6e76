/* SPDX-License-Identifier: Apache-2.0 */
/* A tenant's tokens and administrators, from the items of its store. */
#include "server/access/table.h"

#include <stdio.h>
#include <stdlib.h>

/* Notes that an item is left out; what fails at this moment is not the item's fault, and ends the building.
 */
static tps_status leave_out(tps_access_table *table, const char *kind, tps_span name, tps_status status,
                            const char *detail)
{
    if (status == TPS_OUT_OF_MEMORY || status == TPS_CRYPTO_FAILED || status == TPS_IO) {
        return TPS_OUT_OF_MEMORY;
    }
    if (table->fault_count++ == 0) {
        (void)snprintf(table->fault_name, sizeof table->fault_name, "%s %.*s", kind, (int)name.size,
                       (const char *)name.data);
        table->fault_status = status;
        table->fault_detail = detail;
    }
    return TPS_OK;
}

/* Twice as much room for elements of this size, when `count` of them fill it. */
static bool has_room(void **elements, size_t *capacity, size_t count, size_t size)
{
    size_t more = *capacity == 0 ? 8 : 2 * *capacity;
    void *larger;

    if (count < *capacity) {
        return true;
    }
    larger = realloc(*elements, more * size);
    if (larger == NULL) {
        return false;
    }
    *elements = larger;
    *capacity = more;
    return true;
}

static void copy_name(tps_access_name out, tps_span name)
{
    memcpy(out, name.data, name.size);
    out[name.size] = '\0';
}

/* ---- tokens ---- */

static tps_status add_token(void *context, const tps_store_item *item)
{
    tps_access_table *table = context;
    tps_error why = {TPS_OK, 0, NULL};
    tps_token_attributes attributes;
    tps_token_entry entry = {.name = table->tokens.count};
    tps_status status = tps_token_attributes_read(item->attributes, &attributes, &why);

    if (status == TPS_OK &&
        (item->body.size != sizeof entry.sha256 || item->name.size > TPS_STORE_ITEM_NAME_MAX)) {
        status = tps_fail(&why, TPS_SERVER_BAD_ACCESS, 0, "its body is no SHA-256");
    }
    if (status == TPS_OK && !table->may_operate && (attributes.scopes & TPS_SCOPE_OPERATOR) != 0) {
        status = tps_fail(&why, TPS_SERVER_BAD_ACCESS, 0, "operator is for the default tenant");
    }
    if (status != TPS_OK) {
        return leave_out(table, "token", item->name, status, why.detail);
    }
    if (!has_room((void **)&table->token_names, &table->name_capacity, entry.name,
                  sizeof table->token_names[0])) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(entry.sha256, item->body.data, sizeof entry.sha256);
    entry.expires = attributes.expires;
    entry.scopes = attributes.scopes;
    status = tps_token_table_add(&table->tokens, &entry);
    if (status != TPS_OK) {
        return leave_out(table, "token", item->name, status, NULL);
    }
    copy_name(table->token_names[entry.name], item->name);
    return TPS_OK;
}

/* ---- administrators ---- */

static bool has_source(const tps_access_table *table, const tps_key_source *source)
{
    for (size_t i = 0; i < table->administrator_count; i++) {
        if (table->administrators[i].source == source) {
            return true;
        }
    }
    return false;
}

/* Where the keys of its tokens come from. */
static tps_status open_keys(tps_access_table *table, tps_access_administrator *made, tps_error *why)
{
    const char *uri = made->attributes.oidc.jwks_uri;

    if (!made->attributes.is_oidc) {
        return TPS_OK;
    }
    if (made->attributes.oidc.jwks.size > 0) {
        return tps_jwks_read(made->attributes.oidc.jwks, &made->keys, why);
    }
    TPS_TRY(tps_key_source_open(made->attributes.oidc.issuer, uri[0] == '\0' ? NULL : uri, &made->source));
    if (has_source(table, made->source)) {
        return TPS_OK;
    }
    if (table->source_count == TPS_ACCESS_SOURCES_MAX) {
        tps_key_source_close(made->source);
        made->source = NULL;
        return tps_fail(why, TPS_TOO_LARGE, 0, "administrators need too many sources of keys");
    }
    table->source_count++;
    return TPS_OK;
}

static tps_status add_administrator(void *context, const tps_store_item *item)
{
    tps_access_table *table = context;
    tps_error why = {TPS_OK, 0, NULL};
    tps_access_administrator *made;
    tps_status status;

    if (table->administrator_count >= TPS_ACCESS_ADMINISTRATORS_MAX ||
        item->name.size > TPS_STORE_ITEM_NAME_MAX) {
        return leave_out(table, "administrator", item->name, TPS_TOO_LARGE, NULL);
    }
    if (!has_room((void **)&table->administrators, &table->administrator_capacity, table->administrator_count,
                  sizeof *made)) {
        return TPS_OUT_OF_MEMORY;
    }
    made = &table->administrators[table->administrator_count];
    *made = (tps_access_administrator){.keys = NULL};
    status = tps_administrator_read(item->attributes, &made->attributes, &why);
    if (status == TPS_OK && !table->may_operate && (made->attributes.scopes & TPS_SCOPE_OPERATOR) != 0) {
        status = tps_fail(&why, TPS_SERVER_BAD_ACCESS, 0, "operator is for the default tenant");
    }
    if (status == TPS_OK) {
        status = open_keys(table, made, &why);
    }
    if (status != TPS_OK) {
        return leave_out(table, "administrator", item->name, status, why.detail);
    }
    copy_name(made->name, item->name);
    made->attributes.oidc.jwks = TPS_SPAN_EMPTY;
    made->order = table->administrator_count;
    table->administrator_count++;
    return TPS_OK;
}

/* By source, then as they were. */
static int compare(const void *a, const void *b)
{
    const tps_access_administrator *x = a;
    const tps_access_administrator *y = b;

    if (x->source != y->source) {
        return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
    }
    return x->order < y->order ? -1 : 1;
}

/* ---- the table ---- */

tps_status tps_access_table_build(tps_store *store, int64_t tenant, const char *name,
                                  tps_access_table **table)
{
    tps_access_table *made = calloc(1, sizeof *made);
    tps_status status;

    *table = NULL;
    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->may_operate = strcmp(name, TPS_STORE_DEFAULT_TENANT) == 0;
    status = store->ops->each_item(store, tenant, TPS_STORE_TOKEN, 0, 0, true, add_token, made);
    if (status == TPS_OK) {
        status = store->ops->each_item(store, tenant, TPS_STORE_ADMINISTRATOR, 0, 0, true, add_administrator,
                                       made);
    }
    if (status != TPS_OK) {
        tps_access_table_free(made);
        return status;
    }
    if (made->administrator_count > 1) {
        qsort(made->administrators, made->administrator_count, sizeof made->administrators[0], compare);
    }
    *table = made;
    return TPS_OK;
}

void tps_access_table_free(tps_access_table *table)
{
    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < table->administrator_count; i++) {
        tps_jwks_release(table->administrators[i].keys);
        tps_key_source_close(table->administrators[i].source);
    }
    free(table->administrators);
    free(table->token_names);
    tps_token_table_free(&table->tokens);
    free(table);
}

size_t tps_access_table_fault(const tps_access_table *table, const char **name, tps_status *status,
                              const char **detail)
{
    *name = table->fault_name;
    *status = table->fault_status;
    *detail = table->fault_detail;
    return table->fault_count;
}
