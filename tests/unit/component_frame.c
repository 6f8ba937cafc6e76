/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of the local connector (spec/local-connector.cddl): read back as written, and refused by name
 * when they are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/core/frame.h"
#include "support/vectors.h"

static uint8_t bytes[512];

/* A frame as it goes over the socket: the head, then the message's bytes. */
static tps_span written_request(const tps_frame_request *request)
{
    tps_span head;

    assert_int_equal(tps_frame_write_request(request, TPS_BUF_OF(bytes), &head), TPS_OK);
    assert_true(head.size <= TPS_FRAME_HEAD_MAX);
    if (request->message.size > 0) {
        memcpy(bytes + head.size, request->message.data, request->message.size);
    }
    return tps_span_make(bytes, head.size + request->message.size);
}

static tps_span written_response(const tps_frame_response *response)
{
    tps_span head;

    assert_int_equal(tps_frame_write_response(response, TPS_BUF_OF(bytes), &head), TPS_OK);
    if (response->kind == TPS_FRAME_MESSAGE) {
        memcpy(bytes + head.size, response->message.data, response->message.size);
        head.size += response->message.size;
    }
    return head;
}

static void assert_hex(tps_span frame, const char *hex)
{
    tps_buf expected = bytes_from_hex(hex);

    assert_int_equal(frame.size, expected.size);
    assert_memory_equal(frame.data, expected.data, frame.size);
    free(expected.data);
}

static const tps_frame_request requests[] = {
    {.op = TPS_FRAME_LOGIN, .transaction = 1, .version = 1, .method = TPSC_LOGIN_USER},
    {.op = TPS_FRAME_LOGIN,
     .transaction = 2,
     .version = 1,
     .method = TPSC_LOGIN_GROUP,
     .has_gid = true,
     .gid = 100},
    {.op = TPS_FRAME_DISCOVER, .transaction = 3},
    {.op = TPS_FRAME_OPEN, .transaction = 4, .instance = {{1, 2, 3}}},
    {.op = TPS_FRAME_CLOSE, .transaction = 5, .session = 7},
    {.op = TPS_FRAME_EXECUTE,
     .transaction = 77,
     .session = UINT32_MAX,
     .room = 65536,
     .message = {(const uint8_t *)"abc", 3}},
    {.op = TPS_FRAME_CANCEL, .transaction = 77},
};

static void a_request_reads_back_as_it_was_written_and_not_when_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const tps_frame_request *request = &requests[i];
        tps_span frame = written_request(request);
        tps_frame_request read;

        assert_int_equal(tps_frame_read_request(frame, &read, NULL), TPS_OK);
        assert_int_equal(read.op, request->op);
        assert_int_equal(read.transaction, request->transaction);
        assert_int_equal(read.version, request->version);
        assert_int_equal(read.method, request->method);
        assert_int_equal(read.has_gid, request->has_gid);
        assert_int_equal(read.gid, request->gid);
        assert_memory_equal(&read.instance, &request->instance, sizeof(read.instance));
        assert_int_equal(read.session, request->session);
        assert_int_equal(read.room, request->room);
        assert_true(tps_span_equal(read.message, request->message));
        for (size_t size = 0; size < frame.size; size++) {
            assert_int_not_equal(tps_frame_read_request(tps_span_make(bytes, size), &read, NULL), TPS_OK);
        }
    }
}

static void requests_have_the_bytes_that_the_specification_shows(void **state)
{
    const tps_frame_request login = {
        .op = TPS_FRAME_LOGIN, .transaction = 1, .version = 1, .method = TPSC_LOGIN_USER};
    const tps_frame_request discover = {.op = TPS_FRAME_DISCOVER, .transaction = 2};
    const tps_frame_request execute = {.op = TPS_FRAME_EXECUTE,
                                       .transaction = 4,
                                       .session = 1,
                                       .room = 66,
                                       .message = TPS_SPAN_LITERAL("\xc1\xa0")};

    (void)state;
    assert_hex(written_request(&login), "8501010101f6");
    assert_hex(written_request(&discover), "820202");
    assert_hex(written_request(&execute), "85050401184242c1a0");
}

static void an_unknown_operation_is_not_sent_as_another(void **state)
{
    const tps_frame_request unknown = {.op = 7, .transaction = 1};
    tps_frame_request read;
    tps_span head;

    (void)state;
    assert_int_equal(tps_frame_write_request(&unknown, TPS_BUF_OF(bytes), &head), TPS_OK);
    assert_int_not_equal(tps_frame_read_request(head, &read, NULL), TPS_OK);
}

static void a_frame_larger_than_the_room_is_not_written(void **state)
{
    const tps_frame_response nothing = {.kind = TPS_FRAME_NOTHING};
    tps_span head;

    (void)state;
    assert_int_equal(tps_frame_write_request(&requests[3], (tps_buf){bytes, 18}, &head),
                     TPS_BUFFER_TOO_SMALL);
    assert_int_equal(tps_frame_write_response(&nothing, (tps_buf){bytes, 4}, &head), TPS_BUFFER_TOO_SMALL);
}

static void what_is_no_request_is_named(void **state)
{
    const struct {
        const char *hex;
        tps_status status;
    } cases[] = {
        {"", TPS_CBOR_TRUNCATED},
        {"a0", TPS_COMPONENT_BAD_MESSAGE},                   /* a map */
        {"9f0202ff", TPS_COMPONENT_BAD_MESSAGE},             /* of no definite length */
        {"86020202020202", TPS_COMPONENT_BAD_MESSAGE},       /* longer than any */
        {"80", TPS_CBOR_TRUNCATED},                          /* empty */
        {"820702", TPS_COMPONENT_BAD_MESSAGE},               /* an unknown operation */
        {"820002", TPS_COMPONENT_BAD_MESSAGE},               /* the operation 0 */
        {"83020200", TPS_COMPONENT_BAD_MESSAGE},             /* discover, with more */
        {"820402", TPS_COMPONENT_BAD_MESSAGE},               /* close, without its session */
        {"821b000000010000000202", TPS_CBOR_OUT_OF_RANGE},   /* an operation beyond 32 bits: not 2 */
        {"82021b0000000100000002", TPS_CBOR_OUT_OF_RANGE},   /* a transaction beyond 32 bits */
        {"8304021b0000000100000002", TPS_CBOR_OUT_OF_RANGE}, /* a session beyond 32 bits: not 2 */
        {"83040220", TPS_CBOR_UNEXPECTED_TYPE},              /* a session below zero */
        {"8303024101", TPS_CBOR_OUT_OF_RANGE},               /* an instance of one byte */
        {"8501010101f5", TPS_CBOR_UNEXPECTED_TYPE},          /* a group that is true */
        {"850101010120", TPS_CBOR_UNEXPECTED_TYPE},          /* a group below zero */
        {"850504010a626161", TPS_CBOR_UNEXPECTED_TYPE},      /* a message that is text */
        {"82020200", TPS_CBOR_TRAILING},                     /* two items in a packet */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tps_buf frame = bytes_from_hex(cases[i].hex);
        tps_frame_request read;
        tps_error why;
        tps_status status = tps_frame_read_request(span_of(frame), &read, &why);

        free(frame.data);
        if (status != cases[i].status || why.status != status) {
            fail_msg("%s: %s", cases[i].hex, tps_status_name(status));
        }
    }
}

static TPSC_ServiceIdentifier services[2] = {
    {.service_instance = {{1}},
     .service_id = {{2}},
     .secure_component_type = {{3}},
     .secure_component_instance = {{4}},
     .service_version = {1, 2, 3}},
    {.service_instance = {{5}}, .service_id = {{6}}},
};

static void a_response_reads_back_as_it_was_written_and_not_when_cut(void **state)
{
    const tps_frame_response responses[] = {
        {.transaction = 1, .kind = TPS_FRAME_NOTHING},
        {.transaction = 2,
         .result = TPSC_ERROR_SHORT_BUFFER,
         .status = 9,
         .kind = TPS_FRAME_NUMBER,
         .number = 28},
        {.transaction = 3, .kind = TPS_FRAME_MESSAGE, .message = TPS_SPAN_LITERAL("\xc1\xa0")},
        {.transaction = 4, .kind = TPS_FRAME_SERVICES, .services = services, .services_count = 2},
        {.transaction = 5, .kind = TPS_FRAME_SERVICES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
        tps_span frame = written_response(&responses[i]);
        TPSC_ServiceIdentifier told[2];
        tps_frame_response read;
        size_t count;

        assert_int_equal(tps_frame_read_response(frame, &read, NULL), TPS_OK);
        assert_int_equal(read.transaction, responses[i].transaction);
        assert_int_equal(read.result, responses[i].result);
        assert_int_equal(read.status, responses[i].status);
        assert_int_equal(read.kind, responses[i].kind);
        assert_int_equal(read.number, responses[i].number);
        if (read.kind == TPS_FRAME_SERVICES) {
            assert_int_equal(tps_frame_read_services(read.message, told, 2, &count), TPS_OK);
            assert_int_equal(count, responses[i].services_count);
            assert_memory_equal(told, services, count * sizeof(told[0]));
        } else {
            assert_true(tps_span_equal(read.message, responses[i].message));
        }
        for (size_t size = 0; size < frame.size; size++) {
            assert_int_not_equal(tps_frame_read_response(tps_span_make(bytes, size), &read, NULL), TPS_OK);
        }
    }
}

static void what_is_no_response_is_named(void **state)
{
    const struct {
        const char *hex;
        tps_status status;
    } cases[] = {
        {"83010000", TPS_COMPONENT_BAD_MESSAGE},               /* without a body */
        {"8501000000f6", TPS_COMPONENT_BAD_MESSAGE},           /* longer than any */
        {"a0", TPS_COMPONENT_BAD_MESSAGE},                     /* a map */
        {"84010000f5", TPS_CBOR_UNEXPECTED_TYPE},              /* a body that is true */
        {"84010000a0", TPS_CBOR_UNEXPECTED_TYPE},              /* a body that is a map */
        {"840100001b0000000100000000", TPS_CBOR_OUT_OF_RANGE}, /* a number beyond 32 bits */
        {"84011b000000010000000000f6", TPS_CBOR_OUT_OF_RANGE}, /* a result that would be success if cut */
        {"84010000f600", TPS_CBOR_TRAILING},                   /* two items in a packet */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tps_buf frame = bytes_from_hex(cases[i].hex);
        tps_frame_response read;
        tps_status status = tps_frame_read_response(span_of(frame), &read, NULL);

        free(frame.data);
        if (status != cases[i].status) {
            fail_msg("%s: %s", cases[i].hex, tps_status_name(status));
        }
    }
}

static void services_that_do_not_fit_or_are_none_are_refused(void **state)
{
    const tps_frame_response response = {
        .kind = TPS_FRAME_SERVICES, .services = services, .services_count = 2};
    tps_span frame = written_response(&response);
    TPSC_ServiceIdentifier told[2];
    tps_frame_response read;
    size_t count;

    (void)state;
    assert_int_equal(tps_frame_read_response(frame, &read, NULL), TPS_OK);
    assert_int_equal(tps_frame_read_services(read.message, told, 1, &count), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);

    bytes[read.message.data - bytes] = 0x83; /* three services, it says */
    assert_int_not_equal(tps_frame_read_response(frame, &read, NULL), TPS_OK);
    assert_int_equal(tps_frame_read_services(TPS_SPAN_LITERAL("\x81\x86\0\0\0\0\0\0"), told, 2, &count),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(tps_frame_read_services(TPS_SPAN_LITERAL("\x81\x88\0\0\0\0\0\0\0\0"), told, 2, &count),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(tps_frame_read_services(TPS_SPAN_LITERAL("\xa0"), told, 2, &count),
                     TPS_COMPONENT_BAD_MESSAGE);
    assert_int_equal(tps_frame_read_services(TPS_SPAN_LITERAL("\x9a\x7f\xff\xff\xff"), told, 2, &count),
                     TPS_CBOR_TRUNCATED);
    assert_int_equal(tps_frame_read_services(TPS_SPAN_LITERAL(""), told, 2, &count), TPS_CBOR_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reads_back_as_it_was_written_and_not_when_cut),
        cmocka_unit_test(requests_have_the_bytes_that_the_specification_shows),
        cmocka_unit_test(an_unknown_operation_is_not_sent_as_another),
        cmocka_unit_test(a_frame_larger_than_the_room_is_not_written),
        cmocka_unit_test(what_is_no_request_is_named),
        cmocka_unit_test(a_response_reads_back_as_it_was_written_and_not_when_cut),
        cmocka_unit_test(what_is_no_response_is_named),
        cmocka_unit_test(services_that_do_not_fit_or_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
