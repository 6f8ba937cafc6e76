/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the audit log: written in the form of RFC 8785, whose order of members is kept here, so that who
 * has parsed one can write its bytes again. */
#include "server/audit/audit.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "format/json/writer.h"
#include "server/operation/metrics.h"
#include "tps/crypto.h"

#define SETTINGS_SHOWN_MAX 2048u /* longer ones are named by their digest */
#define DIGEST_TEXT_SIZE   (7u + 64u)

const char *tps_audit_event_name(uint32_t event)
{
    static const char *const names[] = {
#define AS_TEXT(name, text) text,
        TPS_AUDIT_EVENTS(AS_TEXT)
#undef AS_TEXT
    };

    return event < TPS_AUDIT_EVENT_COUNT ? names[event] : NULL;
}

/* ---- who ---- */

/* Bytes of a text that fit, without half a character at the end. */
static size_t whole_characters(const char *text, size_t size, size_t most)
{
    if (size <= most) {
        return size;
    }
    while (most > 0 && ((uint8_t)text[most] & 0xc0u) == 0x80u) {
        most--;
    }
    return most;
}

static void copy_text(char *out, size_t capacity, const char *text)
{
    size_t size = text == NULL ? 0 : whole_characters(text, strlen(text), capacity - 1);

    if (size > 0) {
        memcpy(out, text, size);
    }
    out[size] = '\0';
}

tps_audit_origin tps_audit_origin_make(const char *kind, const char *name, const char *from,
                                       const char *request)
{
    tps_audit_origin origin;

    memset(&origin, 0, sizeof(origin));
    copy_text(origin.kind, sizeof(origin.kind), kind);
    copy_text(origin.name, sizeof(origin.name), name);
    copy_text(origin.from, sizeof(origin.from), from);
    copy_text(origin.request, sizeof(origin.request), request);
    return origin;
}

tps_audit_origin tps_audit_origin_local(void)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char room[4096];
    char number[32];

    (void)snprintf(number, sizeof(number), "user %lu", (unsigned long)getuid());
    if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) != 0) {
        found = NULL;
    }
    return tps_audit_origin_make("command line", found != NULL ? entry.pw_name : number, NULL, NULL);
}

/* ---- an entry ---- */

/* A member of what an entry tells of the change. */
typedef struct {
    const char *name;
    tps_span text; /* data NULL: it is the number */
    int64_t number;
} member;

#define MEMBERS_MAX (TPS_AUDIT_DETAILS_MAX + 6u)

typedef struct {
    member all[MEMBERS_MAX];
    size_t count;
} members;

static void put_text_member(members *m, const char *name, tps_span text)
{
    m->all[m->count++] = (member){.name = name, .text = text.data == NULL ? TPS_SPAN_LITERAL("") : text};
}

static void put_number_member(members *m, const char *name, int64_t number)
{
    m->all[m->count++] = (member){.name = name, .number = number};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const member *)a)->name, ((const member *)b)->name);
}

static bool is_name(const char *name)
{
    return name != NULL && name[0] != '\0' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

static bool add_details(members *m, const tps_audit_note *note)
{
    if (note->detail_count > TPS_AUDIT_DETAILS_MAX) {
        return false;
    }
    for (size_t i = 0; i < note->detail_count; i++) {
        const tps_audit_detail *detail = &note->details[i];

        if (!is_name(detail->name)) {
            return false;
        }
        put_text_member(
            m, detail->name,
            tps_span_make(detail->text.data, whole_characters((const char *)detail->text.data,
                                                              detail->text.size, TPS_AUDIT_TEXT_MAX)));
    }
    qsort(m->all, m->count, sizeof(m->all[0]), by_name);
    for (size_t i = 1; i < m->count; i++) {
        if (strcmp(m->all[i - 1].name, m->all[i].name) == 0) {
            return false;
        }
    }
    return true;
}

/* Characters that writers escape in different ways become blanks; all others have one form (RFC 8785). */
static void put_text(json_writer *w, tps_span text)
{
    uint8_t plain[SETTINGS_SHOWN_MAX];
    size_t size = text.size < sizeof(plain) ? text.size : sizeof(plain);

    for (size_t i = 0; i < size; i++) {
        plain[i] = text.data[i] < 0x20 || text.data[i] == 0x7f ? ' ' : text.data[i];
    }
    json_text_span(w, tps_span_make(plain, size));
}

static void put_text_if_any(json_writer *w, const char *name, const char *text)
{
    if (text[0] != '\0') {
        json_key(w, name);
        put_text(w, tps_span_of_text(text));
    }
}

/* Members stand sorted by name, here as in all objects of an entry. */
static tps_status write_entry(uint32_t event, const tps_audit_origin *origin, const members *m, tps_buf out,
                              size_t *size)
{
    json_writer w = json_writer_init(out);

    json_begin_object(&w);
    json_key(&w, "by");
    json_begin_object(&w);
    json_key(&w, "kind");
    put_text(&w, tps_span_of_text(origin->kind));
    put_text_if_any(&w, "name", origin->name);
    json_end_object(&w);
    json_member_text(&w, "event", tps_audit_event_name(event));
    put_text_if_any(&w, "from", origin->from);
    put_text_if_any(&w, "request", origin->request);
    json_key(&w, "what");
    json_begin_object(&w);
    for (size_t i = 0; i < m->count; i++) {
        json_key(&w, m->all[i].name);
        if (m->all[i].text.data == NULL) {
            json_int(&w, m->all[i].number);
        } else {
            put_text(&w, m->all[i].text);
        }
    }
    json_end_object(&w);
    json_end_object(&w);
    return json_writer_finish(&w, size);
}

/* In a transaction that has changed something, an entry that cannot be kept is a failure, never an answer. */
static tps_status append(tps_store *store, int64_t tenant, uint32_t event, const tps_audit_note *note,
                         members *m)
{
    char *room;
    size_t size = 0;
    tps_status status;

    if (tps_audit_event_name(event) == NULL || note->origin == NULL || !add_details(m, note)) {
        return TPS_STORE_FAILED;
    }
    room = malloc(TPS_STORE_AUDIT_ENTRY_MAX);
    if (room == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status =
        write_entry(event, note->origin, m, (tps_buf){(uint8_t *)room, TPS_STORE_AUDIT_ENTRY_MAX}, &size);
    if (status == TPS_OK) {
        status = store->ops->append_audit(store, tenant, note->now, tps_span_make(room, size), NULL);
    }
    free(room);
    if (status == TPS_OK) {
        tps_metrics_add(TPS_METRIC_AUDIT_ENTRIES, 0, 1);
    }
    return status == TPS_OK || status == TPS_STORE_AWAY || status == TPS_OUT_OF_MEMORY ? status
                                                                                       : TPS_STORE_FAILED;
}

tps_status tps_audit_append(tps_store *store, int64_t tenant, uint32_t event, const tps_audit_note *note)
{
    members m = {.count = 0};

    return append(store, tenant, event, note, &m);
}

/* ---- items ---- */

/* What happens to items of a kind. */
static const struct {
    uint32_t kind, added, changed, removed;
    bool is_secret; /* the body: not even its digest is told */
} kinds[] = {
    {TPS_STORE_ANCHOR, TPS_AUDIT_ANCHOR_ADDED, TPS_AUDIT_ANCHOR_CHANGED, TPS_AUDIT_ANCHOR_REMOVED, false},
    {TPS_STORE_ENDORSEMENT, TPS_AUDIT_ENDORSEMENT_ADDED, TPS_AUDIT_ENDORSEMENT_CHANGED,
     TPS_AUDIT_ENDORSEMENT_REMOVED, false},
    {TPS_STORE_POLICY, TPS_AUDIT_POLICY_ADDED, TPS_AUDIT_POLICY_CHANGED, TPS_AUDIT_POLICY_REMOVED, false},
    {TPS_STORE_REVOCATION, TPS_AUDIT_REVOCATION_ADDED, TPS_AUDIT_REVOCATION_CHANGED,
     TPS_AUDIT_REVOCATION_REMOVED, false},
    {TPS_STORE_CRL, TPS_AUDIT_CRL_ADDED, TPS_AUDIT_CRL_CHANGED, TPS_AUDIT_CRL_REMOVED, false},
    {TPS_STORE_RESULT_KEY, TPS_AUDIT_KEY_ADDED, TPS_AUDIT_KEY_CHANGED, TPS_AUDIT_KEY_REMOVED, true},
    {TPS_STORE_TOKEN, TPS_AUDIT_TOKEN_ADDED, TPS_AUDIT_TOKEN_CHANGED, TPS_AUDIT_TOKEN_REMOVED, true},
    {TPS_STORE_ADMINISTRATOR, TPS_AUDIT_ADMINISTRATOR_ADDED, TPS_AUDIT_ADMINISTRATOR_CHANGED,
     TPS_AUDIT_ADMINISTRATOR_REMOVED, false},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_place(uint32_t kind)
{
    size_t i = 0;

    while (i < KIND_COUNT && kinds[i].kind != kind) {
        i++;
    }
    return i;
}

static tps_status note_sequence(void *context, const tps_store_item *item)
{
    *(int64_t *)context = item->sequence;
    return TPS_OK;
}

static void hex_of(const uint8_t digest[32], char out[65])
{
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", (unsigned)digest[i]);
    }
}

static tps_status digest_of(tps_span bytes, char out[65])
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, bytes, &digest));
    hex_of(digest.bytes, out);
    return TPS_OK;
}

/* Whether put_item replaces something: only where anything may be there has one to look. */
static tps_status find_before(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                              bool *is_there)
{
    int64_t sequence = 0;
    tps_status status;

    *is_there = expected != TPS_STORE_NONE;
    if (expected != TPS_STORE_ANY) {
        return TPS_OK;
    }
    status = store->ops->find_item(store, tenant, item->kind, item->name, note_sequence, &sequence);
    *is_there = status == TPS_OK;
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

tps_status tps_audit_put_item(tps_store *store, int64_t tenant, const tps_store_item *item, int64_t expected,
                              const tps_audit_note *note, int64_t *sequence)
{
    size_t place = kind_place(item->kind);
    members m = {.count = 0};
    char digest[65] = "";
    int64_t changed = 0;
    bool was_there;

    if (place == KIND_COUNT) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(digest_of(item->body, digest));
    TPS_TRY(find_before(store, tenant, item, expected, &was_there));
    TPS_TRY(store->ops->put_item(store, tenant, item, expected, note->now, &changed));
    put_text_member(&m, "name", item->name);
    put_number_member(&m, "sequence", changed);
    if (!kinds[place].is_secret) {
        put_number_member(&m, "body_size", (int64_t)item->body.size);
        put_text_member(&m, "body_sha256", tps_span_of_text(digest));
    }
    TPS_TRY(append(store, tenant, was_there ? kinds[place].changed : kinds[place].added, note, &m));
    if (sequence != NULL) {
        *sequence = changed;
    }
    return TPS_OK;
}

tps_status tps_audit_remove_item(tps_store *store, int64_t tenant, uint32_t kind, tps_span name,
                                 int64_t expected, const tps_audit_note *note)
{
    size_t place = kind_place(kind);
    members m = {.count = 0};
    int64_t sequence = 0;

    if (place == KIND_COUNT) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(store->ops->find_item(store, tenant, kind, name, note_sequence, &sequence));
    TPS_TRY(store->ops->remove_item(store, tenant, kind, name, expected));
    put_text_member(&m, "name", name);
    put_number_member(&m, "sequence", sequence);
    return append(store, tenant, kinds[place].removed, note, &m);
}

/* ---- tenants ---- */

/* What is needed of a tenant, copied in its visit. */
typedef struct {
    int64_t id;
    char settings[SETTINGS_SHOWN_MAX + 1]; /* as they are told */
} seen_tenant;

/* Settings as they are told: themselves, or their digest where they are long. */
static tps_status tell_settings(tps_span settings, char out[SETTINGS_SHOWN_MAX + 1])
{
    if (settings.size > SETTINGS_SHOWN_MAX) {
        memcpy(out, "sha256:", 7);
        return digest_of(settings, out + 7);
    }
    if (settings.size > 0) {
        memcpy(out, settings.data, settings.size);
    }
    out[settings.size] = '\0';
    return TPS_OK;
}

static tps_status see_tenant(void *context, const tps_store_tenant *tenant)
{
    seen_tenant *seen = context;

    seen->id = tenant->id;
    return tell_settings(tenant->settings, seen->settings);
}

tps_status tps_audit_set_settings(tps_store *store, const char *tenant, tps_span settings, int64_t expected,
                                  const tps_audit_note *note)
{
    char after[SETTINGS_SHOWN_MAX + 1];
    members m = {.count = 0};
    seen_tenant seen;

    TPS_TRY(tell_settings(settings, after));
    TPS_TRY(store->ops->find_tenant(store, tenant, see_tenant, &seen));
    TPS_TRY(store->ops->set_settings(store, seen.id, settings, expected));
    put_text_member(&m, "before", tps_span_of_text(seen.settings));
    put_text_member(&m, "after", tps_span_of_text(after));
    return append(store, seen.id, TPS_AUDIT_SETTINGS_CHANGED, note, &m);
}

tps_status tps_audit_create_tenant(tps_store *store, const tps_store_tenant *tenant,
                                   const tps_audit_note *note, int64_t *id)
{
    members m = {.count = 0};
    seen_tenant seen;

    TPS_TRY(store->ops->create_tenant(store, tenant, note->now));
    if (store->ops->find_tenant(store, tenant->name, see_tenant, &seen) != TPS_OK) {
        return TPS_STORE_FAILED;
    }
    put_text_member(&m, "name", tps_span_of_text(tenant->name));
    put_text_member(&m, "settings", tps_span_of_text(seen.settings));
    TPS_TRY(append(store, seen.id, TPS_AUDIT_TENANT_CREATED, note, &m));
    if (id != NULL) {
        *id = seen.id;
    }
    return TPS_OK;
}

/* The end of a chain. */
typedef struct {
    int64_t sequence;
    char hash[65];
} chain_end;

static tps_status see_end(void *context, const tps_store_audit_entry *entry)
{
    chain_end *end = context;

    end->sequence = entry->sequence;
    hex_of(entry->hash, end->hash);
    return TPS_OK;
}

tps_status tps_audit_remove_tenant(tps_store *store, const char *tenant, const tps_audit_note *note)
{
    chain_end end = {0, ""};
    members m = {.count = 0};
    seen_tenant seen, standing;
    tps_status found, status;

    if (strcmp(tenant, TPS_STORE_DEFAULT_TENANT) == 0) {
        return TPS_BAD_ARGUMENT;
    }
    TPS_TRY(store->ops->find_tenant(store, tenant, see_tenant, &seen));
    found = store->ops->find_tenant(store, TPS_STORE_DEFAULT_TENANT, see_tenant, &standing);
    if (found != TPS_OK && found != TPS_NOT_FOUND) {
        return found;
    }
    status = tps_audit_last(store, seen.id, see_end, &end);
    if (status != TPS_OK && status != TPS_NOT_FOUND) {
        return status;
    }
    TPS_TRY(store->ops->remove_tenant(store, seen.id));
    put_text_member(&m, "name", tps_span_of_text(tenant));
    put_number_member(&m, "last_sequence", end.sequence);
    put_text_member(&m, "last_hash", tps_span_of_text(end.hash));
    return found == TPS_OK ? append(store, standing.id, TPS_AUDIT_TENANT_REMOVED, note, &m) : TPS_OK;
}

/* ---- the end of a chain ---- */

static tps_status note_presence(void *context, const tps_store_audit_entry *entry)
{
    (void)entry;
    *(bool *)context = true;
    return TPS_OK;
}

static tps_status is_at(tps_store *store, int64_t tenant, int64_t sequence, bool *is_there)
{
    *is_there = false;
    return store->ops->each_audit(store, tenant, sequence, 1, note_presence, is_there);
}

tps_status tps_audit_last(tps_store *store, int64_t tenant, tps_store_visit_audit visit, void *context)
{
    int64_t low = 0;  /* is there; 0: before the first */
    int64_t high = 1; /* is not there, once the first loop has ended */
    bool is_there;

    for (;;) {
        TPS_TRY(is_at(store, tenant, high, &is_there));
        if (!is_there) {
            break;
        }
        low = high;
        if (high > INT64_MAX / 2) {
            return TPS_STORE_FAILED;
        }
        high *= 2;
    }
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        TPS_TRY(is_at(store, tenant, middle, &is_there));
        *(is_there ? &low : &high) = middle;
    }
    return low == 0 ? TPS_NOT_FOUND : store->ops->each_audit(store, tenant, low, 1, visit, context);
}
