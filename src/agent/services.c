/* SPDX-License-Identifier: Apache-2.0 */
/* Storage and random bytes for small applications. */
#include "agent/services.h"

#include "component/services/storage.h"
#include "tps/secret.h"

enum { TAG_PUT = 10, TAG_GET = 11, TAG_RANDOM = 10 };

/* A name, a value, and what CBOR takes for them; an answer has flags and a version, too. */
enum { REQUEST_MAX = TPS_AGENT_VALUE_MAX + TPS_SEALED_NAME_MAX + 16, ANSWER_MAX = TPS_AGENT_VALUE_MAX + 32 };

static const TPSC_UUID storage_service = TPS_AGENT_UUID_STORAGE;
static const TPSC_UUID random_service = TPS_AGENT_UUID_RANDOM;

static tps_status refuse_size(tps_agent_refusal *why)
{
    why->result = TPSC_SUCCESS;
    return tps_agent_refuse(why, TPS_TOO_LARGE, "more is asked for than one message carries", "ask for less");
}

static tps_status refuse_room(tps_agent_refusal *why)
{
    return tps_agent_refuse(why, TPS_BUFFER_TOO_SMALL, "what is kept is larger than the room",
                            "give more room");
}

/** What the storage says when it does not: errors of storage.h and kept.h. */
static tps_status refuse_stored(tps_agent_refusal *why, uint64_t error)
{
    switch (error) {
    case TPS_SEALED_ERROR_UNKNOWN:
        return tps_agent_refuse(why, TPS_NOT_FOUND, "nothing is kept under this name", "keep it first");
    case TPS_SEALED_ERROR_NAME:
        return tps_agent_refuse(why, TPS_BAD_ARGUMENT, "the name is empty", "give 1 to 32 bytes");
    case TPS_SEALED_ERROR_ONCE:
    case TPS_KEPT_BOUND:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "the value was kept by other rules",
                                "take another name");
    case TPS_SEALED_ERROR_QUOTA:
    case TPS_KEPT_FULL:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "the storage is full", "delete something");
    case TPS_KEPT_CORRUPT:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "what is stored was changed or cannot be read",
                                "format the storage");
    case TPS_KEPT_ROLLED_BACK:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "the storage is older than its counter",
                                "put the newer one back, or format it");
    case TPS_KEPT_NEWER:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "newer firmware wrote it", "install that again");
    case TPS_KEPT_FAILED:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "the flash failed", "try again");
    case TPS_KEPT_MODE:
        return tps_agent_refuse(why, TPS_COMPONENT_STORAGE, "the storage belongs to another lifecycle",
                                "format it");
    default: return tps_agent_refuse_answer(why);
    }
}

/** A request in, an answer's map out. */
static tps_status ask(const TPSC_UUID *service, uint32_t login, const tps_cbor_writer *request, tps_buf room,
                      uint64_t tag, tps_cbor_reader *r, tps_cbor_list *map, tps_agent_refusal *why)
{
    tps_span message;

    TPS_TRY(tps_cbor_writer_finish(request, &message)); /* never: there is room */
    return tps_agent_ask(service, login, message, room, tag, r, map, why);
}

tps_status tps_agent_put(uint32_t login, tps_span name, tps_span value, tps_agent_refusal *why)
{
    uint8_t bytes[REQUEST_MAX];
    uint8_t room[ANSWER_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    bool is_kept = false;
    uint64_t error = 0;
    tps_cbor_reader r;
    tps_cbor_list map;

    if (name.size > TPS_SEALED_NAME_MAX || value.size > TPS_AGENT_VALUE_MAX) {
        return refuse_size(why);
    }
    tps_cbor_put_tag(&w, TAG_PUT);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text_span(&w, name);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, value);
    TPS_TRY(ask(&storage_service, login, &w, TPS_BUF_OF(room), TAG_PUT, &r, &map, why));
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case 2: error = tps_cbor_get_uint(&r); break;
        case 4: is_kept = tps_cbor_get_bytes(&r).size == TPS_SEALED_VERSION_SIZE; break;
        default: (void)tps_cbor_skip(&r); break;
        }
    }
    if (r.status != TPS_OK || error != 0 || !is_kept) {
        return refuse_stored(why, r.status == TPS_OK ? error : 0);
    }
    return TPS_OK;
}

tps_status tps_agent_get(uint32_t login, tps_span name, tps_buf room, tps_span *value, tps_agent_refusal *why)
{
    uint8_t bytes[REQUEST_MAX];
    uint8_t answer[ANSWER_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span kept = TPS_SPAN_EMPTY;
    bool is_there = false;
    uint64_t error = 0;
    tps_cbor_reader r;
    tps_cbor_list map;
    tps_status status;

    if (name.size > TPS_SEALED_NAME_MAX) {
        return refuse_size(why);
    }
    tps_cbor_put_tag(&w, TAG_GET);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text_span(&w, name);
    status = ask(&storage_service, login, &w, TPS_BUF_OF(answer), TAG_GET, &r, &map, why);
    if (why->result == TPSC_ERROR_SHORT_BUFFER) {
        return refuse_room(why);
    }
    TPS_TRY(status);
    while (tps_cbor_next(&r, &map)) {
        switch (tps_cbor_get_uint(&r)) {
        case 1:
            kept = tps_cbor_get_bytes(&r);
            is_there = true;
            break;
        case 2: error = tps_cbor_get_uint(&r); break;
        default: (void)tps_cbor_skip(&r); break;
        }
    }
    if (r.status != TPS_OK || error != 0 || !is_there) {
        return refuse_stored(why, r.status == TPS_OK ? error : 0);
    }
    if (kept.size > room.size) {
        return refuse_room(why);
    }
    if (kept.size > 0) {
        memcpy(room.data, kept.data, kept.size);
    }
    *value = tps_span_make(room.data, kept.size);
    return TPS_OK;
}

tps_status tps_agent_random(tps_buf out, tps_agent_refusal *why)
{
    uint8_t bytes[16];
    uint8_t answer[TPS_AGENT_RANDOM_MAX + 8];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(bytes));
    tps_span drawn = TPS_SPAN_EMPTY;
    tps_cbor_reader r;
    tps_cbor_list map;
    tps_status status;

    tps_cbor_put_tag(&w, TAG_RANDOM);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, out.size);
    memset(out.data, 0, out.size);
    if (out.size > TPS_AGENT_RANDOM_MAX) {
        return refuse_size(why);
    }
    status = ask(&random_service, TPSC_LOGIN_PUBLIC, &w, TPS_BUF_OF(answer), TAG_RANDOM, &r, &map, why);
    if (status != TPS_OK) {
        return status;
    }
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == 1) {
            drawn = tps_cbor_get_bytes(&r);
        } else {
            (void)tps_cbor_skip(&r);
        }
    }
    if (r.status != TPS_OK || drawn.size == 0 || drawn.size != out.size) {
        status = tps_agent_refuse_answer(why);
    } else {
        memcpy(out.data, drawn.data, drawn.size);
    }
    tps_wipe(answer, sizeof(answer));
    return status;
}
