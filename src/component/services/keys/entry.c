/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the key store as they are kept: encoded in the vault, plain in the service's memory. */
#include "component/services/keys/entry.h"

#include "tps/secret.h"

enum { MEMBERS = 11, FORMAT = 1 };
enum { PART_MEMORY = 0, PART_OWN = 1, PART_GROUP = 2, PARTS = 3 };

/* ---- who asks ---- */

/** Whose the keys are that the asker's group shares: of the owner that a login of the group would be, but
 * none of that login's own. */
static tps_status group_owner(const tps_session *session, uint8_t owner[TPS_LOGIN_OWNER_SIZE])
{
    static const char label[] = "opentps shared keys";
    uint8_t named[sizeof(label) + TPS_LOGIN_OWNER_SIZE];
    tps_session group = *session;
    tps_digest digest = {.size = 0};
    tps_status status;

    group.login.method = TPSC_LOGIN_GROUP;
    memcpy(named, label, sizeof(label));
    status = tps_session_owner(&group, named + sizeof(label));
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(named), &digest);
    }
    memcpy(owner, digest.bytes, TPS_LOGIN_OWNER_SIZE);
    tps_wipe(&group, sizeof(group));
    return status;
}

/** Keys in memory are of one sealing, too: a new owner of the device finds none of the old one's. */
static tps_status name_sealing(tps_key_asker *asker)
{
    tps_digest digest;
    tps_status status;

    if (asker->sealing == NULL) {
        return TPS_OK;
    }
    status = tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(asker->room.owner), &digest);
    if (status == TPS_OK) {
        memcpy(asker->context, digest.bytes, sizeof(asker->context));
    }
    tps_wipe(&digest, sizeof(digest));
    return status;
}

tps_status tps_key_asker_begin(tps_key_asker *asker, const tps_component *component,
                               const tps_session *session, tps_key_store_state *state)
{
    uint32_t method = session->login.method;

    memset(asker, 0, sizeof(*asker));
    asker->state = state;
    asker->component = component;
    asker->from = session;
    asker->session = session->id;
    asker->has_group = method == TPSC_LOGIN_USER || method == TPSC_LOGIN_GROUP;
    TPS_TRY(tps_component_vault(component, &asker->vault));
    TPS_TRY(tps_session_owner(session, asker->owner));
    if (asker->has_group) {
        TPS_TRY(group_owner(session, asker->group));
    }
    TPS_TRY(tps_session_sealing(component, session, &asker->room, &asker->sealing));
    return name_sealing(asker);
}

void tps_key_asker_end(tps_key_asker *asker)
{
    tps_wipe(asker, sizeof(*asker));
}

/* ---- encoding ---- */

tps_status tps_key_entry_encode(const tps_key_entry *entry, tps_buf room, tps_span *encoded)
{
    tps_cbor_writer w = tps_cbor_writer_init(room);

    tps_cbor_put_array(&w, MEMBERS);
    tps_cbor_put_uint(&w, FORMAT);
    tps_cbor_put_uint(&w, entry->kind);
    tps_cbor_put_uint(&w, entry->usages);
    tps_cbor_put_uint(&w, entry->origin);
    tps_cbor_put_bool(&w, entry->is_bound);
    tps_cbor_put_bool(&w, entry->is_shared);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(entry->maker));
    tps_cbor_put_uint(&w, entry->limit);
    tps_cbor_put_uint(&w, entry->uses);
    tps_cbor_put_bytes(&w, tps_span_make(entry->public_key, entry->public_size));
    tps_cbor_put_bytes(&w, tps_key_entry_secret(entry));
    return tps_cbor_writer_finish(&w, encoded);
}

/** A byte string of `least` to `most` bytes; the number of them. */
static uint8_t read_bytes(tps_cbor_reader *r, uint8_t *to, size_t least, size_t most)
{
    tps_span bytes = tps_cbor_get_bytes(r);

    if (bytes.size < least || bytes.size > most) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
        return 0;
    }
    if (bytes.size > 0) {
        memcpy(to, bytes.data, bytes.size);
    }
    return (uint8_t)bytes.size;
}

static uint32_t read_number(tps_cbor_reader *r)
{
    uint64_t number = tps_cbor_get_uint(r);

    if (number > UINT32_MAX) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (uint32_t)number;
}

static void read_members(tps_cbor_reader *r, tps_key_entry *entry)
{
    entry->kind = read_number(r);
    entry->usages = read_number(r);
    entry->origin = read_number(r);
    entry->is_bound = tps_cbor_get_bool(r);
    entry->is_shared = tps_cbor_get_bool(r);
    (void)read_bytes(r, entry->maker, TPS_LOGIN_OWNER_SIZE, TPS_LOGIN_OWNER_SIZE);
    entry->limit = read_number(r);
    entry->uses = tps_cbor_get_uint(r);
    entry->public_size = read_bytes(r, entry->public_key, 0, TPS_KEY_PUBLIC_MAX);
    entry->secret_size = read_bytes(r, entry->secret, 1, TPS_KEY_SECRET_MAX);
}

/** What was decoded is a key of its kind. */
static bool is_sound(const tps_key_entry *entry)
{
    const tps_key_kind *kind = tps_key_kind_find(entry->kind);

    return kind != NULL && (entry->usages & ~kind->usages) == 0 && entry->origin >= TPS_KEY_GENERATED &&
           entry->origin <= TPS_KEY_DERIVED && entry->public_size == tps_key_kind_public_size(kind) &&
           entry->secret_size >= kind->secret_min && entry->secret_size <= kind->secret_max;
}

tps_status tps_key_entry_decode(tps_span encoded, tps_key_entry *entry)
{
    tps_cbor_reader r;
    tps_cbor_list list;

    if (tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    r = tps_cbor_reader_init(encoded);
    list = tps_cbor_enter_array(&r);
    if (list.left != MEMBERS || tps_cbor_get_uint(&r) != FORMAT) {
        return TPS_COMPONENT_STORAGE_CORRUPT;
    }
    entry->lifetime = TPS_KEY_PERSISTENT;
    read_members(&r, entry);
    return tps_cbor_reader_finish(&r) == TPS_OK && is_sound(entry) ? TPS_OK : TPS_COMPONENT_STORAGE_CORRUPT;
}

/* ---- in memory ---- */

static bool is_named(const tps_key_entry *entry, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name)
{
    return entry->name_size != 0 && memcmp(entry->owner, owner, TPS_LOGIN_OWNER_SIZE) == 0 &&
           tps_span_equal(tps_key_entry_name(entry), name);
}

/** The key lives under this sealing, and in this session if in one. */
static bool is_alive(const tps_key_asker *asker, const tps_key_entry *entry)
{
    return memcmp(entry->context, asker->context, sizeof(entry->context)) == 0 &&
           (entry->lifetime != TPS_KEY_SESSION || entry->session == asker->session);
}

static tps_key_entry *find_in_memory(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                                     tps_span name)
{
    for (size_t i = 0; asker->state != NULL && i < TPS_KEYS_VOLATILE_MAX; i++) {
        tps_key_entry *entry = &asker->state->volatile_keys[i];

        if (is_named(entry, owner, name) && is_alive(asker, entry)) {
            return entry;
        }
    }
    return NULL;
}

/** How many keys of an owner are in memory (NULL: of all). */
static size_t count_in_memory(const tps_key_asker *asker, const uint8_t *owner)
{
    size_t count = 0;

    for (size_t i = 0; asker->state != NULL && i < TPS_KEYS_VOLATILE_MAX; i++) {
        const tps_key_entry *entry = &asker->state->volatile_keys[i];
        bool is_of = owner == NULL || memcmp(entry->owner, owner, TPS_LOGIN_OWNER_SIZE) == 0;

        count += entry->name_size != 0 && is_of ? 1u : 0u;
    }
    return count;
}

/** A free place in memory, or NULL. */
static tps_key_entry *find_place(const tps_key_asker *asker)
{
    tps_key_entry *found = NULL;

    for (size_t i = 0; asker->state != NULL && i < TPS_KEYS_VOLATILE_MAX; i++) {
        tps_key_entry *entry = &asker->state->volatile_keys[i];

        found = entry->name_size == 0 ? entry : found;
    }
    return found;
}

static tps_status put_in_memory(const tps_key_asker *asker, const tps_key_entry *entry)
{
    tps_key_entry *place = find_in_memory(asker, entry->owner, tps_key_entry_name(entry));

    place = place != NULL ? place : find_place(asker);
    if (place == NULL) {
        return TPS_COMPONENT_FULL;
    }
    *place = *entry;
    memcpy(place->context, asker->context, sizeof(place->context));
    return TPS_OK;
}

/* ---- in the vault ---- */

static size_t count_stored(const tps_key_asker *asker, const uint8_t *owner)
{
    tps_share share = {0, 0};

    tps_owner_share(asker->vault, TPS_VAULT_KEY_STORE, owner, &share);
    return share.values;
}

static tps_status get_stored(const tps_key_asker *asker, const tps_vault_id *id, tps_key_entry *entry)
{
    uint8_t encoded[TPS_KEY_ENCODED_MAX];
    size_t size = 0;
    tps_status status = tps_vault_get(asker->vault, id, asker->sealing, TPS_BUF_OF(encoded), &size);

    if (status == TPS_OK) {
        memcpy(entry->owner, id->owner, sizeof(entry->owner));
        memcpy(entry->name, id->name, sizeof(entry->name));
        entry->name_size = id->name_size;
        status = tps_key_entry_decode(tps_span_make(encoded, size), entry);
    }
    tps_wipe(encoded, sizeof(encoded));
    return status == TPS_BUFFER_TOO_SMALL ? TPS_COMPONENT_STORAGE_CORRUPT : status;
}

static tps_status put_stored(const tps_key_asker *asker, const tps_key_entry *entry)
{
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_KEY_STORE, entry->owner, tps_key_entry_name(entry));
    uint8_t room[TPS_KEY_ENCODED_MAX];
    tps_span encoded;
    tps_status status = tps_key_entry_encode(entry, TPS_BUF_OF(room), &encoded);

    if (status == TPS_OK) {
        status = tps_vault_put(asker->vault, &id, asker->sealing, encoded,
                               entry->is_bound ? (uint32_t)TPS_VAULT_BOUND : 0);
    }
    tps_wipe(room, sizeof(room));
    return status;
}

/* ---- either ---- */

static bool has_stored(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name)
{
    tps_vault_id id;
    size_t place = 0;

    while (tps_vault_next(asker->vault, TPS_VAULT_KEY_STORE, owner, &place, &id)) {
        if (tps_span_equal(tps_span_make(id.name, id.name_size), name)) {
            return true;
        }
    }
    return false;
}

bool tps_key_exists(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name)
{
    return find_in_memory(asker, owner, name) != NULL || has_stored(asker, owner, name);
}

/** How many keys the asker's login has in the names of all providers, or its group where they are shared. */
static tps_status count_of_login(const tps_key_asker *asker, const tps_key_entry *entry, size_t *count)
{
    bool is_stored = entry->lifetime == TPS_KEY_PERSISTENT;
    tps_owner_of owner_of = entry->is_shared ? group_owner : tps_session_owner;
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    size_t place = 0;
    tps_status status;

    *count = 0;
    while ((status = tps_login_next_owner(asker->component, asker->from, owner_of, &place, owner)) ==
           TPS_OK) {
        *count += is_stored ? count_stored(asker, owner) : count_in_memory(asker, owner);
    }
    return status == TPS_NOT_FOUND ? TPS_OK : status;
}

tps_status tps_key_find_room(const tps_key_asker *asker, const tps_key_entry *entry)
{
    bool is_stored = entry->lifetime == TPS_KEY_PERSISTENT;
    size_t all = is_stored ? count_stored(asker, NULL) : count_in_memory(asker, NULL);
    size_t own = is_stored ? count_stored(asker, entry->owner) : count_in_memory(asker, entry->owner);
    size_t login;
    bool may;

    if (all >= (is_stored ? TPS_KEYS_MAX : TPS_KEYS_VOLATILE_MAX) ||
        own >= (is_stored ? TPS_KEYS_PER_OWNER : TPS_KEYS_VOLATILE_PER_OWNER)) {
        return TPS_COMPONENT_FULL;
    }
    if (tps_session_is_administrator(asker->component, asker->from)) {
        return TPS_OK;
    }
    TPS_TRY(count_of_login(asker, entry, &login));
    TPS_TRY(tps_login_may_store(asker->component, asker->from, &may));
    return (may || !is_stored) && login < (is_stored ? TPS_KEYS_PER_LOGIN : TPS_KEYS_VOLATILE_PER_LOGIN)
               ? TPS_OK
               : TPS_COMPONENT_FULL;
}

tps_status tps_key_put(const tps_key_asker *asker, const tps_key_entry *entry)
{
    return entry->lifetime == TPS_KEY_PERSISTENT ? put_stored(asker, entry) : put_in_memory(asker, entry);
}

tps_status tps_key_read(const tps_key_asker *asker, const tps_vault_id *id, tps_key_entry *entry)
{
    const tps_key_entry *found = find_in_memory(asker, id->owner, tps_span_make(id->name, id->name_size));
    tps_status status = TPS_OK;

    memset(entry, 0, sizeof(*entry));
    if (found != NULL) {
        *entry = *found;
    } else {
        status = get_stored(asker, id, entry);
    }
    if (status != TPS_OK) {
        tps_wipe(entry, sizeof(*entry));
    }
    return status;
}

tps_status tps_key_find(const tps_key_asker *asker, tps_span name, tps_key_entry *entry)
{
    tps_vault_id own = tps_vault_id_make(TPS_VAULT_KEY_STORE, asker->owner, name);
    tps_vault_id shared = tps_vault_id_make(TPS_VAULT_KEY_STORE, asker->group, name);
    tps_status status = tps_key_read(asker, &own, entry);

    return status == TPS_NOT_FOUND && asker->has_group ? tps_key_read(asker, &shared, entry) : status;
}

tps_status tps_key_remove(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                          tps_span name)
{
    tps_key_entry *found = find_in_memory(asker, owner, name);
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_KEY_STORE, owner, name);

    if (found != NULL) {
        tps_wipe(found, sizeof(*found));
        return TPS_OK;
    }
    return tps_vault_delete(asker->vault, &id);
}

/** The next key in memory that is the asker's. */
static bool next_in_memory(const tps_key_asker *asker, size_t *at, tps_vault_id *id)
{
    while (asker->state != NULL && *at < TPS_KEYS_VOLATILE_MAX) {
        const tps_key_entry *entry = &asker->state->volatile_keys[(*at)++];
        bool is_own = memcmp(entry->owner, asker->owner, TPS_LOGIN_OWNER_SIZE) == 0;
        bool is_shared = asker->has_group && memcmp(entry->owner, asker->group, TPS_LOGIN_OWNER_SIZE) == 0;

        if (entry->name_size != 0 && (is_own || is_shared) && is_alive(asker, entry)) {
            *id = tps_vault_id_make(TPS_VAULT_KEY_STORE, entry->owner, tps_key_entry_name(entry));
            return true;
        }
    }
    return false;
}

bool tps_key_next(const tps_key_asker *asker, tps_key_place *place, tps_vault_id *id)
{
    for (; place->part < PARTS; place->part++, place->at = 0) {
        const uint8_t *owner = place->part == PART_OWN ? asker->owner : asker->group;

        if (place->part == PART_MEMORY && next_in_memory(asker, &place->at, id)) {
            return true;
        }
        if (place->part == PART_MEMORY || (place->part == PART_GROUP && !asker->has_group)) {
            continue;
        }
        if (tps_vault_next(asker->vault, TPS_VAULT_KEY_STORE, owner, &place->at, id)) {
            return true;
        }
    }
    return false;
}

/* ---- its parts ---- */

tps_status tps_key_entry_public(const tps_key_entry *entry, tps_crypto_key **key)
{
    const tps_key_kind *kind = tps_key_kind_find(entry->kind);
    tps_crypto_point point = {.curve = kind->curve, .size = tps_crypto_curve_size(kind->curve)};

    memcpy(point.x, entry->public_key, point.size);
    memcpy(point.y, entry->public_key + point.size, entry->public_size - point.size);
    return tps_crypto_key_from_point(&point, key);
}

tps_status tps_key_entry_private(const tps_key_entry *entry, tps_crypto_key **key)
{
    return tps_crypto_key_from_scalar(tps_key_kind_find(entry->kind)->curve, tps_key_entry_secret(entry),
                                      key);
}
