/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts read: nothing that spec/receipt.cddl does not have is taken, and each refusal has its name. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor_diagnostic.h"
#include "tps/receipt.h"

#define D   "h'0101010101010101010101010101010101010101010101010101010101010101'"
#define EAR "<<{6:5,265:\"tag:ietf.org,2026:rats/ear#04\",266:{\"a\":{1000:2}},1004:{0:\"d\",1:\"b\"}}>>"

#define REQUEST "{1:5,2:1}"
#define KNOWN   "{1:[],2:[],3:[],4:[],5:" D ",6:0}"

/* A receipt whose parts can be exchanged. */
#define RECEIPT(request, known) "{1:1,2:h'00',3:" request ",4:" known ",5:" EAR "}"

static tps_error why;

static tps_status decode(const char *notation, tps_receipt *out)
{
    static uint8_t bytes[8192];
    static tps_buf copy;
    tps_span claims;

    assert_status(tps_cbor_from_diagnostic(tps_span_of_text(notation), TPS_BUF_OF(bytes), &claims, NULL),
                  TPS_OK);
    free(copy.data);
    copy = exact_copy(claims);
    why = (tps_error){0};
    return tps_receipt_decode(span_of(copy), out, &why);
}

static void the_least_receipt_is_read(void **state)
{
    tps_receipt receipt;
    tps_appraisal_request request;

    (void)state;
    assert_status(decode(RECEIPT(REQUEST, KNOWN), &receipt), TPS_OK);
    request = tps_receipt_request(&receipt);
    assert_int_equal(request.now, 5);
    assert_int_equal(request.freshness, TPS_FRESHNESS_NONCE);
    assert_int_equal(request.nonce.size, 0);
    assert_null(request.history);
    assert_int_equal(request.epoch_count, 0);
    assert_int_equal(receipt.evidence.size, 1);
    assert_int_equal(receipt.rules.size, 32);
    assert_int_equal(receipt.result.submod_count, 1);
    for (uint32_t kind = 0; kind < TPS_RECEIPT_KINDS; kind++) {
        assert_int_equal(receipt.known_count[kind], 0);
        assert_int_equal(tps_receipt_known_at(&receipt, kind, 0).size, 0);
    }
}

static void all_members_are_read(void **state)
{
    static const char text[] =
        RECEIPT("{1:-5,2:2,3:h'0102',4:true,5:true,6:4294967295,7:-1,8:[h'01',h'02'],9:\"a\",10:\"s\","
                "11:{1:1,2:-2,3:3,4:96,5:18446744073709551615,6:7}}",
                "{1:[" D "],2:[" D "," D "],3:[" D "],4:[" D "],5:" D ",6:7}");
    tps_receipt receipt;

    (void)state;
    assert_status(decode(text, &receipt), TPS_OK);
    assert_int_equal(receipt.request.now, -5);
    assert_int_equal(receipt.request.binder_origins, UINT32_MAX);
    assert_int_equal(receipt.request.max_age, -1);
    assert_int_equal(receipt.request.epoch_count, 2);
    assert_true(receipt.history.is_known);
    assert_true(receipt.history.bootcount == UINT64_MAX);
    assert_int_equal(receipt.known_count[TPS_RECEIPT_KEY], 2);
    assert_true(receipt.options.allow_unsigned_endorsements && receipt.options.allow_demonstration &&
                receipt.options.require_key);
}

static void each_fault_has_its_name(void **state)
{
    static const struct {
        const char *notation;
        tps_status status;
        const char *where;
    } bad[] = {
        {"[]", TPS_CLAIM_BAD_TYPE, "receipt"},
        {"{}", TPS_CLAIM_MISSING, "receipt"},
        {"{1:2,2:h'00',3:" REQUEST ",4:" KNOWN ",5:" EAR "}", TPS_UNSUPPORTED, "receipt"},
        {"{1:1,2:\"a\",3:" REQUEST ",4:" KNOWN ",5:" EAR "}", TPS_CLAIM_BAD_TYPE, "receipt"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN "}", TPS_CLAIM_MISSING, "receipt"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN ",5:" EAR ",6:1}", TPS_CLAIM_BAD_VALUE, "receipt"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN ",5:" EAR ",99:1}", TPS_CLAIM_BAD_VALUE, "receipt"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN ",5:" EAR ",-1:1}", TPS_CLAIM_BAD_TYPE, "receipt"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN ",5:h'a0'}", TPS_EAR_UNKNOWN_PROFILE, "eat_profile"},
        {"{1:1,2:h'00',3:" REQUEST ",4:" KNOWN ",5:h'ff'}", TPS_CBOR_BAD_BREAK, NULL},
        {"{2:h'00',1:1,3:" REQUEST ",4:" KNOWN ",5:" EAR "}", TPS_CBOR_NOT_DETERMINISTIC, NULL},
        {RECEIPT("[]", KNOWN), TPS_CLAIM_BAD_TYPE, "request"},
        {RECEIPT("{2:1}", KNOWN), TPS_CLAIM_MISSING, "request"},
        {RECEIPT("{1:5}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:0}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:4}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:\"5\",2:1}", KNOWN), TPS_CLAIM_BAD_TYPE, "request"},
        {RECEIPT("{1:5,2:1,3:h''}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,4:false}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,5:1}", KNOWN), TPS_CLAIM_BAD_TYPE, "request"},
        {RECEIPT("{1:5,2:1,6:4294967296}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,8:[]}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,8:[h'']}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,8:[1]}", KNOWN), TPS_CLAIM_BAD_TYPE, "request"},
        {RECEIPT("{1:5,2:1,9:\"\"}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,10:h'00'}", KNOWN), TPS_CLAIM_BAD_TYPE, "request"},
        {RECEIPT("{1:5,2:1,12:1}", KNOWN), TPS_CLAIM_BAD_VALUE, "request"},
        {RECEIPT("{1:5,2:1,11:{}}", KNOWN), TPS_CLAIM_MISSING, "history"},
        {RECEIPT("{1:5,2:1,11:{1:1,2:2,3:3,4:256}}", KNOWN), TPS_CLAIM_BAD_VALUE, "history"},
        {RECEIPT("{1:5,2:1,11:{1:1,2:2,3:3,4:4,7:1}}", KNOWN), TPS_CLAIM_BAD_VALUE, "history"},
        {RECEIPT("{1:5,2:1,11:{1:-1,2:2,3:3,4:4}}", KNOWN), TPS_CLAIM_BAD_TYPE, "history"},
        {RECEIPT(REQUEST, "[]"), TPS_CLAIM_BAD_TYPE, "known"},
        {RECEIPT(REQUEST, "{}"), TPS_CLAIM_MISSING, "known"},
        {RECEIPT(REQUEST, "{1:[],2:[],3:[],4:[],5:" D "}"), TPS_CLAIM_MISSING, "known"},
        {RECEIPT(REQUEST, "{1:[h'00'],2:[],3:[],4:[],5:" D ",6:0}"), TPS_CLAIM_BAD_VALUE, "known"},
        {RECEIPT(REQUEST, "{1:[1],2:[],3:[],4:[],5:" D ",6:0}"), TPS_CLAIM_BAD_TYPE, "known"},
        {RECEIPT(REQUEST, "{1:{},2:[],3:[],4:[],5:" D ",6:0}"), TPS_CLAIM_BAD_TYPE, "known"},
        {RECEIPT(REQUEST, "{1:[],2:[],3:[],4:[],5:h'00',6:0}"), TPS_CLAIM_BAD_VALUE, "known"},
        {RECEIPT(REQUEST, "{1:[],2:[],3:[],4:[],5:" D ",6:8}"), TPS_CLAIM_BAD_VALUE, "known"},
        {RECEIPT(REQUEST, "{1:[],2:[],3:[],4:[],5:" D ",6:0,7:0}"), TPS_CLAIM_BAD_VALUE, "known"},
    };
    tps_receipt receipt = {.known_count = {77}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_status status = decode(bad[i].notation, &receipt);
        if (status != bad[i].status ||
            (bad[i].where != NULL && (why.detail == NULL || strcmp(why.detail, bad[i].where) != 0))) {
            fail_msg("%s: %s (%s)", bad[i].notation, tps_status_name(status), why.detail);
        }
        assert_int_equal(receipt.known_count[0], 77); /* untouched */
    }
}

static void no_more_epochs_are_read_than_there_is_room_for(void **state)
{
    char text[2048] = "{1:1,2:h'00',3:{1:5,2:3,8:[h'01'";
    tps_receipt receipt;

    (void)state;
    for (size_t i = 1; i < TPS_RECEIPT_EPOCHS_MAX; i++) {
        strcat(text, ",h'01'");
    }
    strcat(text, "]},4:" KNOWN ",5:" EAR "}");
    assert_status(decode(text, &receipt), TPS_OK);
    assert_int_equal(receipt.request.epoch_count, TPS_RECEIPT_EPOCHS_MAX);
    strcpy(strstr(text, "]},4:"), ",h'01']},4:" KNOWN ",5:" EAR "}");
    assert_status(decode(text, &receipt), TPS_CLAIM_BAD_VALUE);
}

static void truncation_and_flips_never_crash(void **state)
{
    static uint8_t bytes[4096];
    tps_receipt receipt;
    tps_span claims;

    (void)state;
    assert_status(
        tps_cbor_from_diagnostic(TPS_SPAN_LITERAL(RECEIPT("{1:5,2:1,8:[h'01'],11:{1:1,2:2,3:3,4:4}}", KNOWN)),
                                 TPS_BUF_OF(bytes), &claims, NULL),
        TPS_OK);
    for (size_t size = 0; size < claims.size; size++) {
        tps_buf copy = exact_copy(tps_span_make(claims.data, size));
        assert_int_not_equal(tps_receipt_decode(span_of(copy), &receipt, NULL), TPS_OK);
        free(copy.data);
    }
    for (size_t at = 0; at < claims.size; at++) {
        tps_buf copy = exact_copy(claims);
        for (int bit = 0; bit < 8; bit++) {
            copy.data[at] ^= (uint8_t)(1u << bit);
            tps_status status = tps_receipt_decode(span_of(copy), &receipt, &why);
            assert_true(status == TPS_OK || why.status == status);
            copy.data[at] ^= (uint8_t)(1u << bit);
        }
        free(copy.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_receipt_is_read),
        cmocka_unit_test(all_members_are_read),
        cmocka_unit_test(each_fault_has_its_name),
        cmocka_unit_test(no_more_epochs_are_read_than_there_is_room_for),
        cmocka_unit_test(truncation_and_flips_never_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
