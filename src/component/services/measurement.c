/* SPDX-License-Identifier: Apache-2.0 */
/* The measurement service: tells what the first stage measured, and keeps the registers. */
#include "component/services/measurement.h"

#include "component/core/core.h"
#include "component/services/members.h"

enum { TAG_LIST = 10, TAG_EXTEND = 11, TAG_REGISTERS = 12, TAG_LOG = 13 };
enum { LIST_IMAGES = 1, LIST_BOOT_COUNT = 2, LIST_BOOT_DIGEST = 3 };
enum { REGISTER, DIGEST, CONTENT, ASKS }; /* places in tps_member[ASKS] */
enum {
    TELL_RESULT = 1,
    TELL_HEAD = 3,
    TELL_NUMBER = 4,
    TELL_COUNT = 5,
    TELL_APPLICATION = 6,
    TELL_DIGEST = 7,
    TELL_CONTENT = 8
};

/** Bytes of the response to an extension, at most: {3: 32 bytes, 4: number, 5: count, 6: 32 bytes}. */
#define EXTEND_RESPONSE_MAX 96u

/* ---- what the first stage measured ---- */

static tps_status list(tps_request *request)
{
    const tps_handover *m = tps_component_handover(request->component);
    tps_cbor_writer w = tps_response_map(request, m->has_boot_count ? 3 : 2);

    tps_cbor_put_uint(&w, LIST_IMAGES);
    tps_handover_put_images(&w, m, false);
    if (m->has_boot_count) {
        tps_cbor_pair_uint(&w, LIST_BOOT_COUNT, m->boot_count);
    }
    tps_cbor_pair_bytes(&w, LIST_BOOT_DIGEST, TPS_SPAN_OF(m->boot_digest));
    return tps_response_end(request, &w);
}

/* ---- registers ---- */

/** The pairs that say what a register is: three, four of an application's. */
static void put_facts(tps_cbor_writer *w, const tps_register_head *head)
{
    tps_cbor_pair_bytes(w, TELL_HEAD, TPS_SPAN_OF(head->head));
    tps_cbor_pair_uint(w, TELL_NUMBER, head->number);
    tps_cbor_pair_uint(w, TELL_COUNT, head->count);
    if (head->has_application) {
        tps_cbor_pair_bytes(w, TELL_APPLICATION, TPS_SPAN_OF(head->application));
    }
}

static uint32_t count_facts(const tps_register_head *head)
{
    return head->has_application ? 4 : 3;
}

/** The register of an application: its own, or a free one, or NULL. */
static tps_register *find_own(tps_measurement_state *state, const tps_login *login, uint32_t *number)
{
    for (uint32_t i = TPS_REGISTERS_SHARED; i < TPS_REGISTERS_MAX; i++) {
        tps_register *found = &state->registers[i];

        if (found->head.count == 0 ||
            memcmp(found->head.application, login->application, sizeof(login->application)) == 0) {
            *number = i;
            return found;
        }
    }
    return NULL;
}

static bool is_application(const tps_login *login)
{
    return login->method == TPSC_LOGIN_APPLICATION || login->method == TPSC_LOGIN_USER_APPLICATION ||
           login->method == TPSC_LOGIN_GROUP_APPLICATION;
}

/** The digest that an event stands for. */
static tps_status digest_event(const tps_member asked[ASKS], tps_register_event *event)
{
    tps_digest digest;

    *event = (tps_register_event){.content_size = (uint8_t)asked[CONTENT].bytes.size};
    if (!asked[CONTENT].is_there) {
        memcpy(event->digest, asked[DIGEST].bytes.data, sizeof(event->digest));
        return TPS_OK;
    }
    memcpy(event->content, asked[CONTENT].bytes.data, asked[CONTENT].bytes.size);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, asked[CONTENT].bytes, &digest));
    memcpy(event->digest, digest.bytes, sizeof(event->digest));
    return TPS_OK;
}

static tps_status extend_register(tps_register *extended, const tps_register_event *event)
{
    uint8_t joined[2 * TPS_SHA256_SIZE];
    tps_digest digest;

    memcpy(joined, extended->head.head, TPS_SHA256_SIZE);
    memcpy(joined + TPS_SHA256_SIZE, event->digest, TPS_SHA256_SIZE);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(joined), &digest));

    if (extended->head.count < TPS_REGISTER_EVENTS) {
        extended->events[extended->head.count] = *event;
    }
    memcpy(extended->head.head, digest.bytes, TPS_SHA256_SIZE);
    extended->head.count++;
    return TPS_OK;
}

static tps_status extend(tps_request *request, const tps_member asked[ASKS])
{
    tps_measurement_state *state = request->state;
    const tps_login *login = &request->session->login;
    bool is_shared = asked[REGISTER].is_there;
    uint32_t number = (uint32_t)asked[REGISTER].number;
    tps_register *extended = is_shared ? &state->registers[number] : find_own(state, login, &number);
    tps_register_event event;
    tps_cbor_writer w;

    if (extended == NULL) {
        return tps_answer_error(request, TPS_MEASUREMENT_ERROR_FULL);
    }
    TPS_TRY(tps_answer_needs(request, EXTEND_RESPONSE_MAX));
    TPS_TRY(digest_event(asked, &event));
    TPS_TRY(extend_register(extended, &event));
    extended->head.number = number;
    extended->head.has_application = !is_shared;
    if (!is_shared) {
        memcpy(extended->head.application, login->application, sizeof(login->application));
    }

    w = tps_response_map(request, count_facts(&extended->head));
    put_facts(&w, &extended->head);
    return tps_response_end(request, &w);
}

static tps_status tell_registers(tps_request *request)
{
    const tps_measurement_state *state = request->state;
    tps_cbor_writer w = tps_response_begin(request);
    uint32_t count = 0;

    for (uint32_t i = 0; i < TPS_REGISTERS_MAX; i++) {
        count += state->registers[i].head.count > 0 ? 1 : 0;
    }
    tps_cbor_put_map(&w, 1);
    tps_cbor_pair_array(&w, TELL_RESULT, count);
    for (uint32_t i = 0; i < TPS_REGISTERS_MAX; i++) {
        const tps_register_head *head = &state->registers[i].head;

        if (head->count > 0) {
            tps_cbor_put_map(&w, count_facts(head));
            put_facts(&w, head);
        }
    }
    return tps_response_end(request, &w);
}

static tps_status tell_log(tps_request *request, uint64_t number)
{
    const tps_measurement_state *state = request->state;
    const tps_register *told;
    tps_cbor_writer w = tps_response_begin(request);
    uint64_t kept;

    if (number >= TPS_REGISTERS_MAX || state->registers[number].head.count == 0) {
        return tps_answer_error(request, TPS_MEASUREMENT_ERROR_REGISTER);
    }
    told = &state->registers[number];
    kept = told->head.count < TPS_REGISTER_EVENTS ? told->head.count : TPS_REGISTER_EVENTS;
    tps_cbor_put_map(&w, count_facts(&told->head) + 1);
    tps_cbor_pair_array(&w, TELL_RESULT, kept);
    for (uint64_t i = 0; i < kept; i++) {
        const tps_register_event *event = &told->events[i];

        tps_cbor_put_map(&w, event->content_size > 0 ? 2 : 1);
        tps_cbor_pair_bytes(&w, TELL_DIGEST, TPS_SPAN_OF(event->digest));
        if (event->content_size > 0) {
            tps_cbor_pair_bytes(&w, TELL_CONTENT, tps_span_make(event->content, event->content_size));
        }
    }
    put_facts(&w, &told->head);
    return tps_response_end(request, &w);
}

/* ---- requests ---- */

static tps_status read_request(const tps_request *request, tps_member asked[ASKS], tps_error *why)
{
    static const tps_member_rule rules[ASKS] = {[REGISTER] = {1, TPS_MEMBER_ANY_UINT, true, 0, 0},
                                                [DIGEST] = {2, TPS_MEMBER_BYTES, true, 0, UINT32_MAX},
                                                [CONTENT] = {3, TPS_MEMBER_BYTES, true, 0, UINT32_MAX}};

    return tps_members_read(request->body, rules, ASKS, asked, why);
}

static tps_status handle_extend(tps_request *request, tps_error *why)
{
    const tps_session *session = request->session;
    tps_member asked[ASKS];

    TPS_TRY(read_request(request, asked, why));
    if (asked[DIGEST].is_there == asked[CONTENT].is_there) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a digest or a content");
    }
    if (!asked[REGISTER].is_there) {
        if (!is_application(&session->login)) {
            return TPS_COMPONENT_DENIED; /* only an application has a register of its own */
        }
    } else if (asked[REGISTER].number >= TPS_REGISTERS_SHARED) {
        return tps_answer_error(request, TPS_MEASUREMENT_ERROR_REGISTER);
    } else if (!tps_session_is_administrator(request->component, session)) {
        return TPS_COMPONENT_DENIED;
    }
    if ((asked[DIGEST].is_there && asked[DIGEST].bytes.size != TPS_SHA256_SIZE) ||
        (asked[CONTENT].is_there &&
         (asked[CONTENT].bytes.size == 0 || asked[CONTENT].bytes.size > TPS_EVENT_CONTENT_MAX))) {
        return tps_answer_error(request, TPS_MEASUREMENT_ERROR_DIGEST);
    }
    return extend(request, asked);
}

static tps_status handle_log(tps_request *request, tps_error *why)
{
    tps_member asked[ASKS];

    TPS_TRY(read_request(request, asked, why));
    if (tps_members_present(asked, ASKS) != 1u << REGISTER) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "a register");
    }
    return tell_log(request, asked[REGISTER].number);
}

static tps_status handle(tps_request *request, tps_error *why)
{
    switch (request->tag) {
    case TAG_EXTEND: return handle_extend(request, why);
    case TAG_LOG: return handle_log(request, why);
    case TAG_LIST:
    case TAG_REGISTERS: break;
    default: return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(tps_request_expect_empty(request, why));
    return request->tag == TAG_LIST ? list(request) : tell_registers(request);
}

size_t tps_measurement_heads(const tps_component *component,
                             const tps_register_head *heads[TPS_REGISTERS_MAX])
{
    const tps_measurement_state *state = tps_component_state_of(component, &tps_measurement_service);
    size_t count = 0;

    for (uint32_t i = 0; state != NULL && i < TPS_REGISTERS_MAX; i++) {
        if (state->registers[i].head.count > 0) {
            heads[count++] = &state->registers[i].head;
        }
    }
    return count;
}

_Static_assert(TPS_REGISTERS_SHARED < 24 && TPS_REGISTERS_MAX < 24 && TPS_REGISTER_EVENTS < 24 &&
                   TPS_EVENT_CONTENT_MAX >= 24 && TPS_EVENT_CONTENT_MAX < 256,
               "the heads of the numbers in `features`");

/* {1: [list, extend, registers, log], 2: registers shared, 3: all registers, 4: events kept, 5: content} */
static const uint8_t features[] = {0xa5,
                                   1,
                                   0x84,
                                   10,
                                   11,
                                   12,
                                   13,
                                   2,
                                   TPS_REGISTERS_SHARED,
                                   3,
                                   TPS_REGISTERS_MAX,
                                   4,
                                   TPS_REGISTER_EVENTS,
                                   5,
                                   0x18,
                                   TPS_EVENT_CONTENT_MAX};

const tps_service tps_measurement_service = {
    .id = TPSC_UUID_INIT(0x13, 0x8b, 0x2f, 0x98, 0xe7, 0x69, 0x58, 0xd1, 0xa8, 0x65, 0x00, 0x5e, 0x37, 0xa6,
                         0xa9, 0x03),
    .name = "opentps measurement",
    .version = {0, 2, 0},
    .logins = tps_logins_named, /* a boot count tells devices apart */
    .logins_count = TPS_LOGINS_NAMED_COUNT,
    .features = {features, sizeof(features)},
    .state_size = sizeof(tps_measurement_state),
    .handle = handle,
};
