/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed storage service: messages, flags, versions and shares. The vault keeps the values. */
#include "component/services/storage.h"

#include "component/core/shares.h"
#include "tps/secret.h"

enum {
    TAG_PUT = 10,
    TAG_GET = 11,
    TAG_DELETE = 12,
    TAG_LIST = 13,
    TAG_DESCRIBE = 14,
    TAG_SEAL = 15,
    TAG_UNSEAL = 16
};

/** The members of requests, and their places in tps_member[ASKS]. */
enum { NAME, VALUE, FLAGS, VERSION, OWNER, AAD, AFTER, ASKS };
#define ANY UINT32_MAX /* the size is judged later, with an error of its own */
static const tps_member_rule rules[ASKS] = {
    [NAME] = {1, TPS_MEMBER_TEXT, true, 0, ANY},
    [VALUE] = {2, TPS_MEMBER_BYTES, true, 0, ANY},
    [FLAGS] = {3, TPS_MEMBER_UINT, true, 0, TPS_SEALED_FLAGS},
    [VERSION] = {4, TPS_MEMBER_BYTES, true, 0, TPS_SEALED_VERSION_SIZE},
    [OWNER] = {5, TPS_MEMBER_BYTES, true, TPS_VAULT_OWNER_SIZE, TPS_VAULT_OWNER_SIZE},
    [AAD] = {6, TPS_MEMBER_BYTES, true, 0, ANY},
    [AFTER] = {7, TPS_MEMBER_TEXT, true, 0, ANY},
};

enum {
    TELL_RESULT = 1,
    TELL_ERROR = 2,
    TELL_FLAGS = 3,
    TELL_VERSION = 4,
    TELL_OWNER = 5,
    TELL_SIZE = 8,
    TELL_MORE = 9
};

#define BIT(member) (1u << (member))

/** How a value lies in the vault: format, flags, version, content. */
enum { FORMAT = 1, AT_FORMAT = 0, AT_FLAGS = 1, AT_VERSION = 2, AT_CONTENT = TPS_SEALED_HEAD_SIZE };

/** Bytes of the answer to a put, at most: {4: 8 bytes}. */
#define PUT_RESPONSE_MAX 16u

/** What is needed while a message is handled: a value as it lies in the vault, or what is sealed or opened.
 */
typedef struct {
    uint8_t bytes[TPS_VAULT_VALUE_MAX + TPS_SEAL_OVERHEAD];
} storage_work;
TPS_WORK_FITS(storage_work);

_Static_assert(TPS_SEAL_MAX <= TPS_VAULT_VALUE_MAX, "what is sealed fits into the work area");

/** A value that was looked for. */
typedef struct {
    tps_vault_id id;
    tps_status status; /**< TPS_OK: it is there; TPS_NOT_FOUND; or why it cannot be read */
    uint8_t flags;
    uint8_t version[TPS_SEALED_VERSION_SIZE];
    tps_span content; /**< in the work area */
} stored;

/* ---- the vault ---- */

static void read_stored(const tps_request *request, const tps_kept_place *at, stored *value)
{
    storage_work *work = tps_component_work(request->component);
    size_t size;

    value->status = tps_vault_get(at->vault, &value->id, at->context, TPS_BUF_OF(work->bytes), &size);
    if (value->status != TPS_OK) {
        return;
    }
    if (size < TPS_SEALED_HEAD_SIZE || work->bytes[AT_FORMAT] != FORMAT) {
        value->status = TPS_COMPONENT_STORAGE_CORRUPT;
        return;
    }
    value->flags = work->bytes[AT_FLAGS];
    memcpy(value->version, work->bytes + AT_VERSION, TPS_SEALED_VERSION_SIZE);
    value->content = tps_span_make(work->bytes + AT_CONTENT, size - AT_CONTENT);
}

/** Looks for a name where values that are written once lie, then where the others do. */
static void find(const tps_request *request, const tps_kept_place *at, const uint8_t *owner, tps_span name,
                 stored *value)
{
    *value = (stored){.id = tps_vault_id_make(TPS_VAULT_STORAGE_ONCE, owner, name)};
    read_stored(request, at, value);
    if (value->status == TPS_NOT_FOUND) {
        value->id = tps_vault_id_make(TPS_VAULT_STORAGE, owner, name);
        read_stored(request, at, value);
    }
}

static tps_share measure_share(const tps_kept_place *at, const uint8_t *owner)
{
    tps_share found = {0, 0};

    tps_owner_share(at->vault, TPS_VAULT_STORAGE, owner, &found);
    tps_owner_share(at->vault, TPS_VAULT_STORAGE_ONCE, owner, &found);
    return found;
}

/** What the session's login has, in its own name and in those of all providers. */
static tps_status measure_login(const tps_request *request, tps_share *found)
{
    const tps_session *session = request->session;

    *found = (tps_share){0, 0};
    TPS_TRY(tps_login_share(request->component, session, TPS_VAULT_STORAGE, tps_session_owner, found));
    return tps_login_share(request->component, session, TPS_VAULT_STORAGE_ONCE, tps_session_owner, found);
}

/* ---- put ---- */

/** What a put or a delete must not do to the value that is there: 0, or the error. */
static uint32_t judge_change(const tps_member asked[ASKS], const stored *value)
{
    bool is_there = value->status == TPS_OK;

    if (value->id.space == TPS_VAULT_STORAGE_ONCE) {
        return TPS_SEALED_ERROR_ONCE;
    }
    if (!asked[VERSION].is_there) {
        return 0;
    }
    if (!is_there) {
        return asked[VERSION].bytes.size == 0 ? 0 : TPS_SEALED_ERROR_CHANGED;
    }
    return tps_span_equal(asked[VERSION].bytes, TPS_SPAN_OF(value->version)) ? 0 : TPS_SEALED_ERROR_CHANGED;
}

/** Whether the login may have `size` more bytes in the place of `freed`. */
static tps_status judge_login(const tps_request *request, const tps_kept_place *at, bool is_new, size_t freed,
                              size_t size, uint32_t *error)
{
    tps_share all;
    size_t most;
    bool may;

    if (tps_session_is_administrator(request->component, request->session)) {
        return TPS_OK;
    }
    TPS_TRY(measure_login(request, &all));
    TPS_TRY(tps_login_may_store(request->component, request->session, &may));
    most = TPS_SHARE_OF_LOGIN(tps_vault_tell(at->vault).capacity) / 2;
    most = most < TPS_SEALED_BYTES_PER_OWNER ? TPS_SEALED_BYTES_PER_OWNER : most;
    if (all.bytes - freed + size > most || (is_new && (!may || all.values >= TPS_SEALED_PER_LOGIN))) {
        *error = TPS_SEALED_ERROR_QUOTA;
    }
    return TPS_OK;
}

/** Whether the owner may have `size` more bytes in the place of `old`: `*error` 0, or why not. */
static tps_status judge_share(const tps_request *request, const tps_kept_place *at, const stored *old,
                              size_t size, uint32_t *error)
{
    tps_share own = measure_share(at, at->owner);
    bool is_new = old->status == TPS_NOT_FOUND;
    size_t freed = is_new ? 0 : AT_CONTENT + old->content.size;

    size += AT_CONTENT;
    if (own.bytes - freed + size > TPS_SEALED_BYTES_PER_OWNER ||
        (is_new && own.values >= TPS_SEALED_PER_OWNER)) {
        *error = TPS_SEALED_ERROR_QUOTA;
        return TPS_OK;
    }
    if (is_new && measure_share(at, NULL).values >= TPS_SEALED_MAX) {
        *error = TPS_KEPT_FULL;
        return TPS_OK;
    }
    return judge_login(request, at, is_new, freed, size, error);
}

static tps_status store(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at,
                        stored *value)
{
    storage_work *work = tps_component_work(request->component);
    const tps_platform *p = request->platform;
    bool is_bound = (asked[FLAGS].number & TPS_SEALED_BOUND) != 0;
    bool is_once = (asked[FLAGS].number & TPS_SEALED_ONCE) != 0;

    TPS_TRY(p->entropy(p->context, TPS_BUF_OF(value->version)));
    work->bytes[AT_FORMAT] = FORMAT;
    work->bytes[AT_FLAGS] = (uint8_t)asked[FLAGS].number;
    memcpy(work->bytes + AT_VERSION, value->version, TPS_SEALED_VERSION_SIZE);
    if (asked[VALUE].bytes.size > 0) {
        memcpy(work->bytes + AT_CONTENT, asked[VALUE].bytes.data, asked[VALUE].bytes.size);
    }
    value->id.space = is_once ? TPS_VAULT_STORAGE_ONCE : TPS_VAULT_STORAGE;
    return tps_vault_put(at->vault, &value->id, at->context,
                         tps_span_make(work->bytes, AT_CONTENT + asked[VALUE].bytes.size),
                         is_bound ? TPS_VAULT_BOUND : 0);
}

static tps_status put(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at)
{
    bool is_bound = (asked[FLAGS].number & TPS_SEALED_BOUND) != 0;
    bool is_once = (asked[FLAGS].number & TPS_SEALED_ONCE) != 0;
    stored value;
    uint32_t error;
    tps_status status;
    tps_cbor_writer w;

    TPS_TRY(tps_answer_needs(request, PUT_RESPONSE_MAX));
    if (is_bound && !tps_component_handover(request->component)->is_made) {
        return tps_answer_error(request, TPS_KEPT_BOUND); /* there is no boot state to bind it to */
    }
    find(request, at, at->owner, asked[NAME].bytes, &value);
    error = judge_change(asked, &value);
    if (error == 0 && value.status != TPS_OK && value.status != TPS_NOT_FOUND) {
        return tps_kept_failure(request, value.status); /* to be deleted first: it may be of use later */
    }
    if (error == 0 && is_once && value.status == TPS_OK) {
        error = TPS_SEALED_ERROR_ONCE;
    }
    if (error == 0) {
        TPS_TRY(judge_share(request, at, &value, asked[VALUE].bytes.size, &error));
    }
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    status = store(request, asked, at, &value);
    if (status != TPS_OK) {
        return tps_kept_failure(request, status);
    }
    w = tps_response_map(request, 1);
    tps_cbor_pair_bytes(&w, TELL_VERSION, TPS_SPAN_OF(value.version));
    return tps_response_end(request, &w);
}

/* ---- get, delete, describe ---- */

/** Whether the session may read what it found: its own, or a value that is readable by all. */
static bool is_for_reader(const tps_kept_place *at, const stored *value)
{
    return memcmp(value->id.owner, at->owner, sizeof(at->owner)) == 0 ||
           (value->status == TPS_OK && (value->flags & TPS_SEALED_READABLE) != 0);
}

/** For get and describe. */
static tps_status tell(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at)
{
    bool is_content = request->tag == TAG_GET;
    const uint8_t *owner = asked[OWNER].is_there ? asked[OWNER].bytes.data : at->owner;
    tps_cbor_writer w;
    stored value;

    find(request, at, owner, asked[NAME].bytes, &value);
    if (value.status == TPS_NOT_FOUND || !is_for_reader(at, &value)) {
        return tps_answer_error(request, TPS_SEALED_ERROR_UNKNOWN);
    }
    if (value.status != TPS_OK) {
        return tps_kept_failure(request, value.status);
    }
    w = tps_response_map(request, is_content ? 3 : 4);
    if (is_content) {
        tps_cbor_pair_bytes(&w, TELL_RESULT, value.content);
    }
    tps_cbor_pair_uint(&w, TELL_FLAGS, value.flags);
    tps_cbor_pair_bytes(&w, TELL_VERSION, TPS_SPAN_OF(value.version));
    if (!is_content) {
        tps_cbor_pair_bytes(&w, TELL_OWNER, TPS_SPAN_OF(value.id.owner));
        tps_cbor_pair_uint(&w, TELL_SIZE, value.content.size);
    }
    return tps_response_end(request, &w);
}

static tps_status remove_value(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at)
{
    stored value;
    uint32_t error;
    tps_status status;

    TPS_TRY(tps_answer_needs(request, TPS_ANSWER_SMALL));
    find(request, at, at->owner, asked[NAME].bytes, &value);
    error = value.status == TPS_NOT_FOUND ? TPS_SEALED_ERROR_UNKNOWN : judge_change(asked, &value);
    if (error != 0) {
        return tps_answer_error(request, error);
    }
    status = tps_vault_delete(at->vault, &value.id);
    if (status != TPS_OK) {
        return tps_kept_failure(request, status);
    }
    return tps_answer_empty(request);
}

/* ---- list ---- */

/** Bytewise, and the shorter first. */
static int compare_names(const tps_vault_id *a, const tps_vault_id *b)
{
    int order = memcmp(a->name, b->name, TPS_VAULT_NAME_MAX);

    return order != 0 ? order : (int)a->name_size - (int)b->name_size;
}

/** The least name behind `last` (all zeros, without a name: the first). */
static bool find_next(const tps_kept_place *at, tps_vault_id *last)
{
    static const uint8_t spaces[] = {TPS_VAULT_STORAGE, TPS_VAULT_STORAGE_ONCE};
    tps_vault_id least = {.space = 0};

    for (size_t i = 0; i < sizeof(spaces); i++) {
        size_t cursor = 0;
        tps_vault_id id;

        while (tps_vault_next(at->vault, spaces[i], at->owner, &cursor, &id)) {
            if (compare_names(&id, last) > 0 && (least.space == 0 || compare_names(&id, &least) < 0)) {
                least = id;
            }
        }
    }
    *last = least;
    return least.space != 0;
}

static void put_listed(tps_cbor_writer *w, const tps_kept_place *at, const tps_vault_id *id)
{
    size_t size = 0;
    tps_status status = tps_vault_get(at->vault, id, at->context, TPS_BUF_MEASURE, &size);
    bool is_good = status == TPS_BUFFER_TOO_SMALL && size >= AT_CONTENT;
    uint32_t error = is_good ? 0 : tps_kept_number(status);

    tps_cbor_put_map(w, 2);
    tps_cbor_pair_text_span(w, TELL_RESULT, tps_span_make(id->name, id->name_size));
    tps_cbor_put_uint(w, is_good ? TELL_SIZE : TELL_ERROR);
    tps_cbor_put_uint(w, is_good ? size - AT_CONTENT : error != 0 ? error : TPS_KEPT_CORRUPT);
}

static tps_status list(tps_request *request, const tps_member asked[ASKS], const tps_kept_place *at)
{
    tps_vault_id first = tps_vault_id_make(0, at->owner, asked[AFTER].bytes);
    tps_vault_id id = first;
    tps_cbor_writer w;
    uint32_t count = 0;
    bool has_more = false;

    while (!has_more && find_next(at, &id)) {
        has_more = count == TPS_SEALED_PAGE;
        count += has_more ? 0 : 1;
    }
    w = tps_response_map(request, has_more ? 3 : 2);
    tps_cbor_pair_array(&w, TELL_RESULT, count);
    for (id = first; count > 0; count--) {
        (void)find_next(at, &id); /* it was counted */
        put_listed(&w, at, &id);
    }
    tps_cbor_pair_bytes(&w, TELL_OWNER, TPS_SPAN_OF(at->owner));
    if (has_more) {
        tps_cbor_pair_bool(&w, TELL_MORE, true);
    }
    return tps_response_end(request, &w);
}

/* ---- sealing ---- */

static tps_status answer_bytes(tps_request *request, tps_span bytes)
{
    tps_cbor_writer w = tps_response_map(request, 1);

    tps_cbor_pair_bytes(&w, TELL_RESULT, bytes);
    return tps_response_end(request, &w);
}

static tps_status seal(tps_request *request, const tps_member asked[ASKS])
{
    storage_work *work = tps_component_work(request->component);
    bool is_bound = (asked[FLAGS].number & TPS_SEALED_BOUND) != 0;
    tps_span sealed;
    tps_status status;

    if (asked[VALUE].bytes.size > TPS_SEAL_MAX || asked[AAD].bytes.size > TPS_SEAL_AAD_MAX) {
        return tps_answer_error(request, TPS_SEALED_ERROR_SIZE);
    }
    status = tps_sealing_seal(request, asked[VALUE].bytes, asked[AAD].bytes, is_bound,
                              TPS_BUF_OF(work->bytes), &sealed);
    return status == TPS_OK ? answer_bytes(request, sealed) : tps_kept_failure(request, status);
}

static tps_status unseal(tps_request *request, const tps_member asked[ASKS])
{
    storage_work *work = tps_component_work(request->component);
    tps_span plain;
    tps_status status;

    if (asked[VALUE].bytes.size > TPS_SEAL_MAX + TPS_SEAL_OVERHEAD ||
        asked[AAD].bytes.size > TPS_SEAL_AAD_MAX) {
        return tps_answer_error(request, TPS_SEALED_ERROR_SIZE);
    }
    status = tps_sealing_open(request, asked[VALUE].bytes, asked[AAD].bytes, TPS_BUF_OF(work->bytes), &plain);
    if (status == TPS_OK) {
        return answer_bytes(request, plain);
    }
    if ((status >> 16) == TPS_LAYER_COSE || (status >> 16) == TPS_LAYER_CBOR) {
        return tps_answer_error(request, TPS_SEALED_ERROR_MESSAGE);
    }
    return tps_kept_failure(request, status);
}

/* ---- requests ---- */

/** What each message must and may have, from tag 10 on. */
static const struct {
    uint32_t required;
    uint32_t optional;
} members[] = {
    {BIT(NAME) | BIT(VALUE), BIT(FLAGS) | BIT(VERSION)}, /* put */
    {BIT(NAME), BIT(OWNER)},                             /* get */
    {BIT(NAME), BIT(VERSION)},                           /* delete */
    {0, BIT(AFTER)},                                     /* list */
    {BIT(NAME), BIT(OWNER)},                             /* describe */
    {BIT(VALUE), BIT(FLAGS) | BIT(AAD)},                 /* seal */
    {BIT(VALUE), BIT(AAD)},                              /* unseal */
};

/** Flags and version have a form. A sealed message cannot be written once, or be read by all. */
static bool is_in_form(uint64_t tag, const tps_member asked[ASKS])
{
    size_t version = asked[VERSION].bytes.size;
    bool is_version = version == TPS_SEALED_VERSION_SIZE ||
                      (version == 0 && tag == TAG_PUT); /* none: it must not be there yet */

    return (tag != TAG_SEAL || (asked[FLAGS].number & ~(uint64_t)TPS_SEALED_BOUND) == 0) &&
           (!asked[VERSION].is_there || is_version);
}

static tps_status read_request(const tps_request *request, tps_member asked[ASKS], tps_error *why)
{
    uint32_t required = members[request->tag - TAG_PUT].required;
    uint32_t allowed = required | members[request->tag - TAG_PUT].optional;
    uint32_t present;

    TPS_TRY(tps_members_read(request->body, rules, ASKS, asked, why));
    present = tps_members_present(asked, ASKS);
    return (present & required) == required && (present & ~allowed) == 0 && is_in_form(request->tag, asked)
               ? TPS_OK
               : tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a member of the request");
}

static tps_status handle_stored(tps_request *request, const tps_member asked[ASKS])
{
    tps_kept_place at = {.vault = NULL};
    tps_status status;

    if ((asked[NAME].is_there && asked[NAME].bytes.size == 0) ||
        asked[NAME].bytes.size > TPS_SEALED_NAME_MAX || asked[AFTER].bytes.size > TPS_SEALED_NAME_MAX) {
        return tps_answer_error(request, TPS_SEALED_ERROR_NAME);
    }
    if (asked[VALUE].bytes.size > TPS_SEALED_VALUE_MAX) {
        return tps_answer_error(request, TPS_SEALED_ERROR_SIZE);
    }
    status = tps_kept_place_open(request, &at);
    if (status != TPS_OK) {
        status = tps_kept_failure(request, status);
    } else if (request->tag == TAG_PUT) {
        status = put(request, asked, &at);
    } else if (request->tag == TAG_DELETE) {
        status = remove_value(request, asked, &at);
    } else {
        status = request->tag == TAG_LIST ? list(request, asked, &at) : tell(request, asked, &at);
    }
    tps_kept_place_close(&at);
    return status;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    tps_member asked[ASKS];

    if (request->tag < TAG_PUT || request->tag > TAG_UNSEAL) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(read_request(request, asked, why));
    switch (request->tag) {
    case TAG_SEAL: return seal(request, asked);
    case TAG_UNSEAL: return unseal(request, asked);
    default: return handle_stored(request, asked);
    }
}

#define UINT16(n) 0x19, (uint8_t)((n) >> 8), (uint8_t)(n)

_Static_assert(TPS_SEALED_VALUE_MAX >= 256 && TPS_SEALED_VALUE_MAX < 65536 && TPS_SEALED_PER_OWNER < 24 &&
                   TPS_SEALED_BYTES_PER_OWNER >= 256 && TPS_SEALED_BYTES_PER_OWNER < 65536 &&
                   TPS_SEAL_MAX >= 256 && TPS_SEAL_MAX < 65536,
               "the heads of the numbers in `features`");

/* {1: tags, 2: bytes of a value, 3: of a name, 4: values of an owner, 5: bytes of these, 6: bytes sealed, 7:
 * the algorithm} */
static const uint8_t features[] = {0xa7,
                                   1,
                                   0x87,
                                   10,
                                   11,
                                   12,
                                   13,
                                   14,
                                   15,
                                   16,
                                   2,
                                   UINT16(TPS_SEALED_VALUE_MAX),
                                   3,
                                   0x18,
                                   TPS_SEALED_NAME_MAX,
                                   4,
                                   TPS_SEALED_PER_OWNER,
                                   5,
                                   UINT16(TPS_SEALED_BYTES_PER_OWNER),
                                   6,
                                   UINT16(TPS_SEAL_MAX),
                                   7,
                                   TPS_ALG_A256GCM};

const tps_service tps_storage_service = {
    .id = TPSC_UUID_INIT(0x34, 0x21, 0x3b, 0xc2, 0x15, 0xa1, 0x5a, 0xf6, 0xac, 0xc3, 0x3d, 0x63, 0x53, 0x63,
                         0x33, 0x8d),
    .name = "opentps sealed storage",
    .version = {0, 1, 0},
    .logins = tps_logins_named,
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .work_size = sizeof(storage_work),
    .takes_bindings = true,
    .handle = handle,
};
