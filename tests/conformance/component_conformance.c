/* SPDX-License-Identifier: Apache-2.0 */
/* The run: every service's rows, and what is tested of all of them. */
#include "component_conformance.h"

#include <string.h>

#include "tps/cbor.h"
#include "tps/cbor_diagnostic.h"

enum { LOGINS = 8, TRUNCATED_MAX = 400 };

/* ---- lines ---- */

const char *conformance_result_name(uint32_t result)
{
    static const char *const names[] = {
        "GENERIC",    "ACCESS_DENIED",  "CANCEL",       "BAD_FORMAT",    "NOT_IMPLEMENTED", "NOT_SUPPORTED",
        "NO_DATA",    "OUT_OF_MEMORY",  "BUSY",         "COMMUNICATION", "SECURITY",        "SHORT_BUFFER",
        "DEPRECATED", "BAD_IDENTIFIER", "NULL_POINTER", "BAD_STATE"};
    uint32_t index = result - TPSC_ERROR_GENERIC;

    if (result == TPSC_SUCCESS) {
        return "SUCCESS";
    }
    return index < sizeof names / sizeof names[0] ? names[index] : "an unknown result";
}

void conformance_say(const conformance *c, const char *text)
{
    c->options.print(c->options.context, text);
}

void conformance_say_number(const conformance *c, unsigned int number)
{
    char digits[12];
    char *at = &digits[sizeof digits - 1];

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    conformance_say(c, at);
}

static void begin_line(conformance *c, bool good, const char *name)
{
    c->number++;
    conformance_say(c, good ? "ok " : "not ok ");
    conformance_say_number(c, c->number);
    conformance_say(c, " - ");
    conformance_say(c, c->service == NULL ? "client" : c->service->name);
    conformance_say(c, ": ");
    conformance_say(c, name);
}

bool conformance_line(conformance *c, bool good, const char *name, const char *detail)
{
    c->failed += good ? 0 : 1;
    begin_line(c, good, name);
    if (!good && detail != NULL) {
        conformance_say(c, ": ");
        conformance_say(c, detail);
    }
    conformance_say(c, "\n");
    return good;
}

void conformance_skip(conformance *c, const char *name, const char *reason)
{
    c->skipped++;
    begin_line(c, true, name);
    conformance_say(c, " # SKIP ");
    conformance_say(c, reason);
    conformance_say(c, "\n");
}

/* ---- sessions and messages ---- */

bool conformance_select(conformance *c, const conformance_service *service)
{
    TPSC_ServiceSelector selector = {.service_id = service->id,
                                     .service_version_range = TPSC_SERVICE_RANGE_ANY};
    size_t count = 1;

    c->service = service;
    return TPSC_ServiceDiscovery(&selector, &count, &c->identifier) == TPSC_SUCCESS && count > 0;
}

uint32_t conformance_open(const conformance *c, uint32_t login, TPSC_Session *session)
{
    bool group = login == TPSC_LOGIN_GROUP || login == TPSC_LOGIN_GROUP_APPLICATION;
    TPSC_ConnectionData data = {.tag = TPSC_CONNECTIONDATA_GID, {.gid = c->options.gid}};

    return TPSC_OpenSession(&c->identifier.service_instance, login, group ? &data : NULL, session);
}

bool conformance_open_any(const conformance *c, TPSC_Session *session)
{
    return conformance_open(c, TPSC_LOGIN_USER, session) == TPSC_SUCCESS ||
           conformance_open(c, TPSC_LOGIN_PUBLIC, session) == TPSC_SUCCESS;
}

TPSC_Session *conformance_session(conformance *c, uint32_t login)
{
    if (!c->is_open[login]) {
        c->is_open[login] = conformance_open(c, login, &c->sessions[login]) == TPSC_SUCCESS;
    }
    return c->is_open[login] ? &c->sessions[login] : NULL;
}

uint32_t conformance_send(conformance *c, const TPSC_Session *session, const uint8_t *bytes, size_t size,
                          size_t room)
{
    TPSC_MessageBuffer to;
    TPSC_MessageBuffer from;
    uint32_t result;

    if (TPSC_InitializeTransaction(&to, (uint8_t *)(uintptr_t)bytes, size) != TPSC_SUCCESS ||
        TPSC_InitializeTransaction(&from, c->response, room) != TPSC_SUCCESS) {
        return TPSC_ERROR_GENERIC;
    }
    to.size = size;
    result = TPSC_ExecuteTransaction(session, &to, &from);
    c->response_size = from.size;
    (void)TPSC_FinalizeTransaction(&to);
    (void)TPSC_FinalizeTransaction(&from);
    return result;
}

/** A request's bytes, in c->request. */
static tps_span encode(conformance *c, const char *notation)
{
    tps_span encoded = TPS_SPAN_EMPTY;

    if (tps_cbor_from_diagnostic(tps_span_of_text(notation), TPS_BUF_OF(c->request), &encoded, NULL) !=
        TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    return encoded;
}

uint32_t conformance_ask(conformance *c, const TPSC_Session *session, const char *request, size_t room)
{
    tps_span encoded = encode(c, request);

    return encoded.size == 0 ? TPSC_ERROR_GENERIC
                             : conformance_send(c, session, encoded.data, encoded.size, room);
}

bool conformance_matches(const conformance *c, const char *pattern)
{
    uint8_t room[4096];
    tps_span encoded;

    return tps_cbor_from_diagnostic(tps_span_of_text(pattern), TPS_BUF_OF(room), &encoded, NULL) == TPS_OK &&
           tps_cbor_check(tps_span_make(c->response, c->response_size), &tps_cbor_limits_message, NULL,
                          NULL) == TPS_OK &&
           conformance_match(encoded, tps_span_make(c->response, c->response_size));
}

/* ---- rows ---- */

/** With a room of one byte nothing may happen but that the size needed is told, with which it must succeed.
 */
static uint32_t ask_twice(conformance *c, const TPSC_Session *session, const conformance_row *row,
                          const char **wrong)
{
    uint32_t result = conformance_ask(c, session, row->request, 1);

    if (result != TPSC_ERROR_SHORT_BUFFER) {
        return result; /* the row's own result decides: an error needs no room */
    }
    if (c->response_size <= 1 || c->response_size > CONFORMANCE_ROOM) {
        *wrong = "SHORT_BUFFER does not tell the size needed";
    }
    return conformance_ask(c, session, row->request, c->response_size);
}

static void print_answer(const conformance *c, const conformance_row *row, uint32_t result)
{
    conformance_say(c, "#   sent     ");
    conformance_say(c, row->request);
    conformance_say(c, "\n#   result   ");
    conformance_say(c, conformance_result_name(result));
    conformance_say(c, ", expected ");
    conformance_say(c, conformance_result_name(row->result));
    if (result == TPSC_SUCCESS && row->response != NULL) {
        conformance_say(c, "\n#   expected ");
        conformance_say(c, row->response);
        conformance_say(c, "\n#   got      ");
        for (size_t i = 0; i < c->response_size && i < 512; i++) {
            static const char digits[] = "0123456789abcdef";
            const char byte[3] = {digits[c->response[i] >> 4], digits[c->response[i] & 15], '\0'};

            conformance_say(c, byte);
        }
    }
    conformance_say(c, "\n");
}

static bool is_skipped(conformance *c, const conformance_row *row, uint32_t result)
{
    if (conformance_is_closed(c, result)) {
        conformance_skip(c, row->name, c->closed);
        c->was_closed = true;
        return true;
    }
    if ((row->flags & ROW_MAY_BE_DENIED) != 0 && result == TPSC_ERROR_ACCESS_DENIED) {
        conformance_skip(c, row->name, "this login does not speak for the device's owner");
        return true;
    }
    if ((row->flags & ROW_IS_OPTIONAL) != 0 && result == TPSC_ERROR_NOT_SUPPORTED) {
        conformance_skip(c, row->name, "the component has it not");
        return true;
    }
    return false;
}

static void run_row(conformance *c, const conformance_row *row)
{
    TPSC_Session *session;
    const char *wrong = NULL;
    uint32_t result;

    if ((row->flags & ROW_DESTROYS) != 0 && !c->options.destructive) {
        conformance_skip(c, row->name, "cannot be undone: --destructive");
        return;
    }
    if (row->flags >> 8 != 0 && !c->kinds[row->flags >> 8]) {
        conformance_skip(c, row->name, "GetFeatures does not list this kind");
        return;
    }
    session = conformance_session(c, row->login);
    if (session == NULL) {
        conformance_skip(c, row->name, "no session with this login");
        return;
    }
    if ((row->flags & ROW_PREPARES) != 0) {
        (void)conformance_ask(c, session, row->request, CONFORMANCE_ROOM);
        return;
    }
    if (row->result == TPSC_SUCCESS && (row->flags & ROW_ONCE) == 0) {
        result = ask_twice(c, session, row, &wrong);
    } else {
        result = conformance_ask(c, session, row->request, CONFORMANCE_ROOM);
    }
    if (is_skipped(c, row, result)) {
        return;
    }
    if (wrong == NULL && result != row->result) {
        wrong = "another result";
    } else if (wrong == NULL && row->response != NULL && !conformance_matches(c, row->response)) {
        wrong = "another response";
    }
    if (!conformance_line(c, wrong == NULL, row->name, wrong)) {
        print_answer(c, row, result);
    }
}

/* ---- what is tested of every service ---- */

/** Numbers of an array, as flags of those that are less than `count`. */
static void read_numbers(tps_span array, bool *flags, size_t count)
{
    tps_cbor_reader r = tps_cbor_reader_init(array);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    while (tps_cbor_next(&r, &list)) {
        uint64_t number = tps_cbor_get_uint(&r);

        if (r.status == TPS_OK && number < count) {
            flags[number] = true;
        }
    }
}

/** What features list under 1, if they are so. */
static void read_kinds(conformance *c, tps_span features)
{
    static const tps_cbor_label labels[] = {{1, NULL}};
    tps_cbor_reader r = tps_cbor_reader_init(features);
    tps_span kinds = TPS_SPAN_EMPTY;

    if (tps_cbor_peek(&r) == TPS_CBOR_MAP) {
        (void)tps_cbor_find(&r, labels, &kinds, 1);
        read_numbers(kinds, c->kinds, sizeof c->kinds);
    }
}

static void get_features(conformance *c, uint32_t login)
{
    TPSC_Session *session = conformance_session(c, login);
    tps_cbor_reader r;
    static const tps_cbor_label labels[] = {{1, NULL}, {2, NULL}, {128, NULL}};
    tps_span values[3];
    bool good;

    good =
        session != NULL && conformance_ask(c, session, "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS &&
        conformance_matches(c, "1({1: \"?bytes 16\", 2: \"?array\", 3: \"?optional text\", 128: \"?any\"})");
    if (!conformance_line(c, good, "GetFeatures says type, logins and features", "it does not")) {
        return;
    }
    r = tps_cbor_reader_init(tps_span_make(c->response, c->response_size));
    (void)tps_cbor_get_tag(&r);
    (void)tps_cbor_find(&r, labels, values, 3);
    good = values[0].size == 17 && memcmp(values[0].data + 1, c->service->id.bytes, 16) == 0;
    (void)conformance_line(c, good, "GetFeatures names the type that discovery names", NULL);
    read_numbers(values[1], c->takes, LOGINS);
    read_kinds(c, values[2]);
}

/** Every login that GetFeatures lists opens a session, if the connector can prove it; no other does. */
static void logins_are_as_listed(conformance *c)
{
    static const uint32_t all[] = {TPSC_LOGIN_PUBLIC, TPSC_LOGIN_USER, TPSC_LOGIN_GROUP};
    bool good = true;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        TPSC_Session session;
        uint32_t result = conformance_open(c, all[i], &session);

        good = good && result == (c->takes[all[i]] ? TPSC_SUCCESS : TPSC_ERROR_ACCESS_DENIED);
        if (result == TPSC_SUCCESS) {
            (void)TPSC_CloseSession(&session);
        }
    }
    (void)conformance_line(c, good, "PUBLIC, USER and GROUP open a session if they are listed, and only then",
                           NULL);
}

static uint32_t any_login(const conformance *c)
{
    for (uint32_t i = 0; i < LOGINS; i++) {
        if (c->is_open[i]) {
            return i;
        }
    }
    return TPSC_LOGIN_PUBLIC;
}

static void unknown_tags(conformance *c, const TPSC_Session *session)
{
    static const char *const requests[] = {
        "0({})", "2({})", "8({})", "99({})", "4294967296({})", "55799({})", "18446744073709551615({})"};
    static const char *const bodies[] = {"{}", "[]", "0", "\"text\"", "null", "[_ 1]"};
    bool good = true;

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        good = good && conformance_ask(c, session, requests[i], CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT;
    }
    (void)conformance_line(c, good, "a tag that the service has not is BAD_FORMAT", NULL);
    good = true;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        good = good && conformance_ask(c, session, bodies[i], CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT;
    }
    (void)conformance_line(c, good, "a message without a tag is BAD_FORMAT", NULL);
}

static void malformed(conformance *c, const TPSC_Session *session)
{
    static const struct {
        const uint8_t *bytes;
        size_t size;
    } all[] = {{(const uint8_t *)"\xff", 1},
               {(const uint8_t *)"\xca", 1},
               {(const uint8_t *)"\xca\xa1\x01\x61\xff", 5},                              /* no UTF-8 */
               {(const uint8_t *)"\xca\xa2\x01\x60\x01\x60", 6},                          /* a key twice */
               {(const uint8_t *)"\xca\xa1\x01\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 12}, /* a huge string */
               {(const uint8_t *)"\xca\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 10},         /* a huge array */
               {(const uint8_t *)"\xca\xa0\x00", 3}, /* a byte behind it */
               {(const uint8_t *)"\xca\xbf", 2}};    /* without its end */
    uint8_t deep[256];
    bool good = true;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        good = good && conformance_send(c, session, all[i].bytes, all[i].size, CONFORMANCE_ROOM) ==
                           TPSC_ERROR_BAD_FORMAT;
    }
    memset(deep, 0x81, sizeof deep);
    deep[0] = 0xca;
    deep[sizeof deep - 1] = 0x00;
    good = good && conformance_send(c, session, deep, sizeof deep, CONFORMANCE_ROOM) == TPSC_ERROR_BAD_FORMAT;
    (void)conformance_line(c, good, "what is not well-formed, or too deep, is BAD_FORMAT", NULL);
}

/** Every row's request, cut off at every byte, and with one byte too many. */
static void truncations(conformance *c)
{
    unsigned int taken = 0;

    for (size_t i = 0; i < c->service->count; i++) {
        const conformance_row *row = &c->service->rows[i];
        const TPSC_Session *session = c->is_open[row->login] ? &c->sessions[row->login] : NULL;
        tps_span request = session == NULL ? TPS_SPAN_EMPTY : encode(c, row->request);
        size_t most = request.size < TRUNCATED_MAX ? request.size : TRUNCATED_MAX;

        for (size_t size = 1; size < most; size++) {
            taken +=
                conformance_send(c, session, request.data, size, CONFORMANCE_ROOM) != TPSC_ERROR_BAD_FORMAT;
        }
        if (request.size > 0 && request.size < CONFORMANCE_ROOM) {
            c->request[request.size] = 0;
            taken += conformance_send(c, session, request.data, request.size + 1, CONFORMANCE_ROOM) !=
                     TPSC_ERROR_BAD_FORMAT;
        }
    }
    (void)conformance_line(c, taken == 0, "no request is taken that was cut off, or has a byte behind it",
                           NULL);
}

static void run_service(conformance *c, const conformance_service *service)
{
    bool is_there = conformance_select(c, service);

    c->was_closed = false;
    memset(c->is_open, 0, sizeof c->is_open);
    memset(c->takes, 0, sizeof c->takes);
    memset(c->kinds, 0, sizeof c->kinds);
    if (!is_there) {
        conformance_skip(c, "all", "the component has no such service");
        return;
    }
    get_features(c, conformance_session(c, TPSC_LOGIN_USER) != NULL ? TPSC_LOGIN_USER : TPSC_LOGIN_PUBLIC);
    logins_are_as_listed(c);
    for (size_t i = 0; i < service->count; i++) {
        run_row(c, &service->rows[i]);
    }
    conformance_binding(c);
    if (service->further != NULL && c->was_closed) {
        conformance_skip(c, "what no row says", c->closed);
    } else if (service->further != NULL) {
        service->further(c);
    }
    if (c->is_open[any_login(c)]) {
        unknown_tags(c, &c->sessions[any_login(c)]);
        malformed(c, &c->sessions[any_login(c)]);
        truncations(c);
        (void)conformance_line(
            c, conformance_ask(c, &c->sessions[any_login(c)], "1({})", CONFORMANCE_ROOM) == TPSC_SUCCESS,
            "the session outlives all that was refused", NULL);
    }
    for (size_t i = 0; i < LOGINS; i++) {
        if (c->is_open[i]) {
            (void)TPSC_CloseSession(&c->sessions[i]);
        }
    }
}

static void print_totals(const conformance *c)
{
    if (c->closed != NULL) {
        conformance_say(c, "# ");
        conformance_say(c, c->closed);
        conformance_say(c, ": what needs it was not tested\n");
    }
    conformance_say(c, "1..");
    conformance_say_number(c, c->number);
    conformance_say(c, "\n# ");
    conformance_say_number(c, c->number - c->failed - c->skipped);
    conformance_say(c, " passed, ");
    conformance_say_number(c, c->failed);
    conformance_say(c, " failed, ");
    conformance_say_number(c, c->skipped);
    conformance_say(c, " skipped\n");
}

int conformance_run(const conformance_options *options)
{
    static conformance run;
    TPSC_ServiceSelector any = {.service_version_range = TPSC_SERVICE_RANGE_ANY};
    size_t count = 0;
    uint32_t result = TPSC_ServiceDiscovery(&any, &count, NULL);

    memset(&run, 0, sizeof run);
    run.options = *options;
    if (result != TPSC_SUCCESS && result != TPSC_ERROR_SHORT_BUFFER) {
        conformance_say(&run, "Bail out! no component: ");
        conformance_say(&run, conformance_result_name(result));
        conformance_say(&run, "\n");
        return 2;
    }
    conformance_client(&run);
    conformance_vault(&run);
    for (size_t i = 0; i < conformance_services_count; i++) {
        run_service(&run, conformance_services[i]);
    }
    conformance_end(&run);
    print_totals(&run);
    return run.failed == 0 ? 0 : 1;
}
