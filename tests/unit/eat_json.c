/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in JSON become claims in CBOR and come back: each form of RFC 9711, 7.2, each refusal by the claim's
 * name, tokens of one encoding inside of the other. */
#include "tps/eat_json.h"

#include "support/cbor_hex.h"
#include "support/check.h"
#include "support/vectors.h"

static tps_error why;
static uint8_t room[4096];
static uint8_t text_room[8192];

/* JSON to CBOR, in memory of exactly its size. */
static tps_status from(const char *json, tps_span *cbor)
{
    tps_buf exact = exact_copy(tps_span_of_text(json));
    tps_status status;

    memset(&why, 0, sizeof why);
    status = tps_eat_from_json(span_of(exact), TPS_BUF_OF(room), cbor, &why);
    free(exact.data);
    return status;
}

/* JSON gives these bytes, and they give `back` (the same JSON if NULL). */
static void assert_turns(const char *json, const char *hex, const char *back)
{
    tps_buf expected = bytes_from_hex(hex);
    tps_span cbor;
    tps_span measured;
    size_t size;
    size_t needed;

    assert_status(from(json, &cbor), TPS_OK);
    assert_span(cbor, span_of(expected));
    assert_status(tps_cbor_check(cbor, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
    assert_status(tps_eat_from_json(tps_span_of_text(json), TPS_BUF_MEASURE, &measured, &why), TPS_OK);
    assert_int_equal(measured.size, expected.size);
    if (tps_eat_to_json(cbor, TPS_BUF_OF(text_room), &size, &why) != TPS_OK) {
        fail_msg("%s does not come back: %s (%s)", json, tps_status_name(why.status),
                 why.detail == NULL ? "" : why.detail);
    }
    assert_span_text(tps_span_make(text_room, size), back == NULL ? json : back);
    assert_status(tps_eat_to_json(cbor, TPS_BUF_MEASURE, &needed, &why), TPS_OK);
    assert_int_equal(needed, size);
    free(expected.data);
}

static void assert_refused(const char *json, tps_status expected, const char *detail)
{
    tps_span cbor = TPS_SPAN_LITERAL("x");
    tps_status status = from(json, &cbor);

    if (status != expected ||
        (detail != NULL && (why.detail == NULL || strstr(why.detail, detail) == NULL))) {
        fail_msg("%s gives %s (%s)", json, tps_status_name(status), why.detail == NULL ? "" : why.detail);
    }
    assert_int_equal(cbor.size, 0);
}

/* CBOR that has no form in JSON. */
static void assert_no_json(const char *hex, const char *detail)
{
    tps_buf cbor = bytes_from_hex(hex);
    size_t size = 1;
    tps_status status = tps_eat_to_json(span_of(cbor), TPS_BUF_OF(text_room), &size, &why);

    if (status != TPS_CLAIM_NO_JSON || why.detail == NULL || strstr(why.detail, detail) == NULL) {
        fail_msg("%s gives %s (%s)", hex, tps_status_name(status), why.detail == NULL ? "" : why.detail);
    }
    free(cbor.data);
}

#define N8    "AQIDBAUGBwg" /* 0102030405060708 */
#define N8HEX "48 0102030405060708"

static void registered_claims_turn(void **state)
{
    (void)state;
    assert_turns("{}", "a0", NULL);
    assert_turns(
        "{\"iss\":\"i\",\"sub\":\"\",\"aud\":\"a\",\"exp\":1,\"nbf\":-1,\"iat\":0,\"scope\":\"r w\"}",
        "a7 01 61 69 02 60 03 61 61 04 01 05 20 06 00 09 63 722077", NULL);
    assert_turns("{\"aud\":[\"a\",\"b\"]}", "a1 03 82 61 61 61 62", NULL);
    assert_turns("{\"exp\":1.5}", "a1 04 f9 3e00", NULL);
    assert_turns("{\"jti\":\"" N8 "\"}", "a1 07 " N8HEX, NULL);
    assert_turns("{\"cnonce\":\"" N8 "\"}", "a1 18 27 " N8HEX, NULL);
}

static void texts_that_are_no_base64url_stand_for_themselves(void **state)
{
    (void)state;
    assert_turns("{\"eat_nonce\":\"jkd8KL-8=Qlzg4\"}", "a1 0a 4e 6a6b64384b4c2d383d516c7a6734",
                 "{\"eat_nonce\":\"amtkOEtMLTg9UWx6ZzQ\"}");
    assert_turns("{\"jti\":\"a+b\"}", "a1 07 43 612b62", "{\"jti\":\"YSti\"}");
    assert_turns("{\"jti\":\"a\\u00e9\"}", "a1 07 43 61c3a9", "{\"jti\":\"YcOp\"}");
}

static void claims_of_rfc_9711_turn(void **state)
{
    (void)state;
    assert_turns("{\"eat_nonce\":\"" N8 "\"}", "a1 0a " N8HEX, NULL);
    assert_turns("{\"eat_nonce\":[\"" N8 "\",\"" N8 "A\"]}", "a1 0a 82 " N8HEX "49 010203040506070800", NULL);
    assert_turns("{\"ueid\":\"AQIDBAUGBw\"}", "a1 19 0100 47 01020304050607", NULL);
    assert_turns("{\"sueids\":{\"a\":\"AQIDBAUGBw\",\"bc\":\"" N8 "\"}}",
                 "a1 19 0101 a2 61 61 47 01020304050607 62 6263 " N8HEX, NULL);
    assert_turns("{\"oemid\":64242}", "a1 19 0102 19 faf2", NULL);
    assert_turns("{\"oemid\":\"iUgj\"}", "a1 19 0102 43 894823", NULL);
    assert_turns("{\"hwmodel\":\"AQ\"}", "a1 19 0103 41 01", NULL);
    assert_turns("{\"hwversion\":[\"1.3\"]}", "a1 19 0104 81 63 312e33", NULL);
    assert_turns("{\"hwversion\":[\"1.3\",\"multipartnumeric\"]}", "a1 19 0104 82 63 312e33 01", NULL);
    assert_turns("{\"swversion\":[\"1\",\"semver\"]}", "a1 19 010f 82 61 31 19 4000", NULL);
    assert_turns("{\"swversion\":[\"1\",99]}", "a1 19 010f 82 61 31 18 63", NULL);
    assert_turns("{\"swversion\":[\"1\",\"foo\"]}", "a1 19 010f 82 61 31 63 666f6f", NULL);
    assert_turns("{\"uptime\":18446744073709551615}", "a1 19 0105 1b ffffffffffffffff", NULL);
    assert_turns("{\"oemboot\":true}", "a1 19 0106 f5", NULL);
    assert_turns("{\"dbgstat\":\"disabled-fully-and-permanently\"}", "a1 19 0107 04", NULL);
    assert_turns("{\"location\":{\"latitude\":52.5,\"longitude\":-10,\"altitude\":1,\"accuracy\":2,"
                 "\"altitude-accuracy\":0.5,\"heading\":3,\"speed\":4,\"timestamp\":5,\"age\":6}}",
                 "a1 19 0108 a9 01 f9 5290 02 29 03 01 04 02 05 f9 3800 06 03 07 04 08 05 09 06", NULL);
    assert_turns("{\"eat_profile\":\"tag:x\"}", "a1 19 0109 65 7461673a78", NULL);
    assert_turns("{\"eat_profile\":\"1.3.6.1.4.1.4128\"}", "a1 19 0109 47 2b06010401a020", NULL);
    assert_turns("{\"bootcount\":7,\"bootseed\":\"\"}", "a2 19 010b 07 19 010c 40", NULL);
    assert_turns("{\"dloas\":[[\"u\",\"p\"],[\"u\",\"p\",\"a\"]]}",
                 "a1 19 010d 82 82 61 75 61 70 83 61 75 61 70 61 61", NULL);
    assert_turns("{\"swname\":\"n\"}", "a1 19 010e 61 6e", NULL);
    assert_turns("{\"manifests\":[[258,\"oAA\"],[0,\"{}\"]]}",
                 "a1 19 0110 82 82 19 0102 42 a000 82 00 62 7b7d", NULL);
    assert_turns("{\"measurements\":[[258,\"oA\"]]}", "a1 19 0111 81 82 19 0102 41 a0", NULL);
    assert_turns("{\"measres\":[[\"s\",[[\"i\",\"success\"],[\"j\",\"absent\"]]]]}",
                 "a1 19 0112 81 82 61 73 82 82 61 69 01 82 61 6a 04", NULL);
    assert_turns("{\"intuse\":\"csr\"}", "a1 19 0113 04", NULL);
}

static void confirmations_turn(void **state)
{
    (void)state;
    assert_turns("{\"cnf\":{\"kid\":\"AQ\"}}", "a1 08 a1 03 41 01", NULL);
    assert_turns("{\"cnf\":{\"jwk\":{\"y\":\"Ag\",\"x\":\"AQ\",\"crv\":\"P-256\",\"kty\":\"EC\"}}}",
                 "a1 08 a1 01 a4 01 02 20 01 21 41 01 22 41 02",
                 "{\"cnf\":{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"Ag\"}}}");
    assert_turns("{\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"kid\":\"AQ\",\"alg\":\"Ed25519\",\"crv\":\"Ed25519\","
                 "\"x\":\"AQ\"}}}",
                 "a1 08 a1 01 a5 01 01 02 41 01 03 32 20 06 21 41 01", NULL);
    assert_refused("{\"cnf\":{\"jkt\":\"AQ\"}}", TPS_CLAIM_BAD_VALUE, "cnf");
    assert_refused("{\"cnf\":{\"jwk\":{\"kty\":\"EC\",\"d\":\"AQ\"}}}", TPS_CLAIM_BAD_VALUE, "cnf");
    assert_refused("{\"cnf\":{\"jwk\":{\"kty\":\"oct\"}}}", TPS_CLAIM_BAD_VALUE, "cnf");
    assert_no_json("a1 08 a1 05 5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                   "cnf");
    assert_no_json("a1 08 a1 01 a1 01 04", "cnf");
    assert_no_json("a1 08 a1 01 a1 03 03", "cnf");
    assert_no_json("a1 08 a1 01 a1 20 18 63", "cnf");
    assert_no_json("a1 08 a1 01 a1 21 61 61", "cnf");
    assert_no_json("a1 08 a1 01 a1 61 61 01", "cnf");
    assert_no_json("a1 08 a1 01 a1 01 62 4543", "cnf");
}

static void what_is_unknown_keeps_its_name(void **state)
{
    (void)state;
    assert_turns("{\"a\":null,\"b\":[1,-1,1.5,\"x\",{\"c\":true,\"d\":{}}],\"aa\":false}",
                 "a3 61 61 f6 61 62 85 01 20 f9 3e00 61 78 a2 61 63 f5 61 64 a0 62 6161 f4", NULL);
    assert_turns("{\"x\":{\"ueid\":\"zz zz\"}}", "a1 61 78 a1 64 75656964 65 7a7a207a7a", NULL);
    assert_turns("{\"n\":-9223372036854775808}", "a1 61 6e 3b 7fffffffffffffff", NULL);
    assert_turns("{\"n\":-0}", "a1 61 6e 00", "{\"n\":0}");
    assert_turns("{\"n\":-0.0}", "a1 61 6e f9 8000", NULL);
    assert_turns("{\"n\":0.1}", "a1 61 6e fb 3fb999999999999a", NULL);
    assert_turns("{\"n\":1e300}", "a1 61 6e fb 7e37e43c8800759c", "{\"n\":1.0e+300}");
    assert_turns("{\"n\":100000.0}", "a1 61 6e fa 47c35000", NULL);
}

static void members_are_sorted_as_cbor_sorts_keys(void **state)
{
    (void)state;
    assert_turns("{\"bb\":1,\"a\":2,\"swname\":\"x\",\"iss\":\"y\",\"ab\":3,\"eat_nonce\":\"" N8 "\"}",
                 "a6 01 61 79 0a " N8HEX "19 010e 61 78 61 61 02 62 6162 03 62 6262 01",
                 "{\"iss\":\"y\",\"eat_nonce\":\"" N8 "\",\"swname\":\"x\",\"a\":2,\"ab\":3,\"bb\":1}");
    assert_turns("{\"\\u0062\":1,\"a\\u0000\":2,\"\\u0069ss\":\"y\"}", "a3 01 61 79 61 62 01 62 6100 02",
                 "{\"iss\":\"y\",\"b\":1,\"a\\u0000\":2}");
    assert_turns("{ \"b\" : [ ] ,\n\"a\"\t: { } }", "a2 61 61 a0 61 62 80", "{\"a\":{},\"b\":[]}");
}

static void texts_with_escapes_turn(void **state)
{
    (void)state;
    assert_turns("{\"swname\":\"a\\n\\u20ac\\ud83d\\ude00\\/\"}", "a1 19 010e 6a 610ae282acf09f98802f",
                 "{\"swname\":\"a\\n\xe2\x82\xac\xf0\x9f\x98\x80/\"}");
    assert_turns("{\"eat_profile\":\"http:\\/\\/x\"}", "a1 19 0109 68 687474703a2f2f78",
                 "{\"eat_profile\":\"http://x\"}");
    assert_turns("{\"dbgstat\":\"\\u0065nabled\"}", "a1 19 0107 00", "{\"dbgstat\":\"enabled\"}");
    assert_refused("{\"ueid\":\"AQIDBAUGB\\u0077\"}", TPS_BAD_BASE64, "ueid");
}

static void long_bytes_and_texts_turn(void **state)
{
    char json[512] = "{\"bootseed\":\"";
    tps_span cbor;
    size_t size;

    (void)state;
    memset(json + strlen(json), 'A', 300);
    strcat(json, "\"}");
    assert_status(from(json, &cbor), TPS_OK);
    assert_int_equal(cbor.size, 4 + 2 + 225);
    assert_status(tps_eat_to_json(cbor, TPS_BUF_OF(text_room), &size, &why), TPS_OK);
    assert_span_text(tps_span_make(text_room, size), json);
    memset(json + strlen("{\"bootseed\":\""), '-', 301); /* a length that no bytes have */
    strcpy(json + strlen("{\"bootseed\":\"") + 301, "\"}");
    assert_refused(json, TPS_BAD_BASE64, "bootseed");
}

/* ---- submodules ---- */

static void submodules_turn(void **state)
{
    (void)state;
    assert_turns("{\"submods\":{\"a\":{\"dbgstat\":\"enabled\",\"submods\":{\"b\":{\"x\":1}}}}}",
                 "a1 19 010a a1 61 61 a2 19 0107 00 19 010a a1 61 62 a1 61 78 01", NULL);
    assert_turns("{\"submods\":{\"a\":[\"CBOR\",\"0oRAoEBA\"]}}", "a1 19 010a a1 61 61 46 d28440a04040",
                 NULL);
    assert_turns("{\"submods\":{\"a\":[\"JWT\",\"e.e.e\"]}}",
                 "a1 19 010a a1 61 61 6f 5b224a5754222c22652e652e65225d", NULL);
    assert_turns("{\"submods\":{\"a\":[\"DIGEST\",[-16,"
                 "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"]]}}",
                 "a1 19 010a a1 61 61 82 2f "
                 "5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                 NULL);
    assert_turns("{\"submods\":{\"a\":[\"DIGEST\",[\"foo\",\"AQ\"]]}}",
                 "a1 19 010a a1 61 61 82 63 666f6f 41 01", NULL);
    assert_turns("{\"submods\":{\"a\":[\"UJCS\",{\"x\":1}]}}",
                 "a1 19 010a a1 61 61 70 5b22554a4353222c7b2278223a317d5d", NULL);
    assert_turns("{\"submods\":{\"a\": [ \"BUNDLE\" , [] ] }}",
                 "a1 19 010a a1 61 61 71 5b202242554e444c4522202c205b5d205d",
                 "{\"submods\":{\"a\":[ \"BUNDLE\" , [] ]}}");
}

static void submodules_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_refused("{\"submods\":{\"a\":[]}}", TPS_CLAIM_BAD_VALUE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"JWT\"]}}", TPS_CLAIM_BAD_VALUE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"JWT\",\"e.e.e\",1]}}", TPS_CLAIM_BAD_VALUE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"jwt\",\"e.e.e\"]}}", TPS_CLAIM_BAD_VALUE, "submods");
    assert_refused("{\"submods\":{\"a\":[1,\"e.e.e\"]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"JWT\",1]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"CBOR\",[]]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"CBOR\",\"=\"]}}", TPS_BAD_BASE64, "submods");
    assert_refused("{\"submods\":{\"a\":[\"BUNDLE\",{}]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"UJCS\",[]]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"DIGEST\",1]}}", TPS_CLAIM_BAD_TYPE, "submods");
    assert_refused("{\"submods\":{\"a\":[\"DIGEST\",[-16,\"+\"]]}}", TPS_BAD_BASE64, "submods");
    assert_refused("{\"submods\":{\"a\":{\"submods\":{\"b\":{\"ueid\":\"?\"}}}}}", TPS_BAD_BASE64, "ueid");
    assert_refused("{\"submods\":{\"a\":{\"ueid\":\"AA\"},\"b\":[]}}", TPS_CLAIM_BAD_VALUE, "submods");
}

/* ---- refusals ---- */

static void what_cannot_be_turned_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("[]", TPS_CLAIM_BAD_TYPE, "claims");
    assert_refused("1", TPS_CLAIM_BAD_TYPE, "claims");
    assert_refused("", TPS_JSON_TRUNCATED, NULL);
    assert_refused("{", TPS_JSON_TRUNCATED, NULL);
    assert_refused("{\"a\":1,\"a\":2}", TPS_JSON_DUPLICATE_NAME, NULL);
    assert_refused("{\"ueid\":\"AQIDBAUGBw==\"}", TPS_BAD_BASE64, "ueid");
    assert_refused("{\"ueid\":\"+QIDBAUGBw\"}", TPS_BAD_BASE64, "ueid");
    assert_refused("{\"ueid\":\"/QIDBAUGBw\"}", TPS_BAD_BASE64, "ueid");
    assert_refused("{\"ueid\":\"AQIDBAUGBx\"}", TPS_BAD_BASE64, "ueid");
    assert_refused("{\"dbgstat\":\"off\"}", TPS_CLAIM_BAD_VALUE, "dbgstat");
    assert_refused("{\"intuse\":\"x\"}", TPS_CLAIM_BAD_VALUE, "intuse");
    assert_refused("{\"measres\":[[\"s\",[[\"i\",\"x\"]]]]}", TPS_CLAIM_BAD_VALUE, "measres");
    assert_refused("{\"location\":{\"lat\":1}}", TPS_CLAIM_BAD_VALUE, "location");
    assert_refused("{\"eat_profile\":\"1.3.99999999999999999999\"}", TPS_CLAIM_BAD_VALUE, "eat_profile");
    assert_refused("{\"eat_profile\":\"1.40\"}", TPS_CLAIM_BAD_VALUE, "eat_profile");
}

static void numbers_beyond_64_bits_are_refused(void **state)
{
    (void)state;
    assert_refused("{\"uptime\":18446744073709551616}", TPS_JSON_OUT_OF_RANGE, "uptime");
    assert_refused("{\"x\":-9223372036854775809}", TPS_JSON_OUT_OF_RANGE, "unknown");
    assert_refused("{\"exp\":1e999}", TPS_JSON_OUT_OF_RANGE, "exp");
}

static void values_of_another_type_are_for_the_decoder_to_refuse(void **state)
{
    static const struct {
        const char *json;
        const char *claim;
    } cases[] = {
        {"{\"ueid\":1}", "ueid"},
        {"{\"dbgstat\":true}", "dbgstat"},
        {"{\"eat_nonce\":{}}", "eat_nonce"},
        {"{\"location\":[]}", "location"},
        {"{\"submods\":{\"a\":1}}", "submods"},
        {"{\"hwversion\":\"1\"}", "hwversion"},
        {"{\"submods\":[]}", "submods"},
        {"{\"iss\":null}", "iss"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_eat_claims claims;
        tps_span cbor;
        assert_status(from(cases[i].json, &cbor), TPS_OK);
        assert_status(tps_eat_decode(cbor, &claims, &why), TPS_CLAIM_BAD_TYPE);
        assert_string_equal(why.detail, cases[i].claim);
    }
}

static void object_identifiers_are_told_from_other_texts(void **state)
{
    static const char *const texts[] = {"3.1",  "1",    "1.",  "1.01", "1..2",
                                        "1.2a", "01.2", "a.b", ".1",   "1.2."};
    char json[64];
    tps_eat_claims claims;
    tps_span cbor;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(json, sizeof json, "{\"eat_profile\":\"%s\"}", texts[i]);
        assert_status(from(json, &cbor), TPS_OK);
        assert_status(tps_eat_decode(cbor, &claims, &why), TPS_OK);
        assert_false(claims.is_profile_oid);
    }
    assert_status(from("{\"eat_profile\":\"\"}", &cbor), TPS_OK);
    assert_status(tps_eat_decode(cbor, &claims, &why), TPS_CLAIM_BAD_VALUE);
    assert_turns("{\"eat_profile\":\"0.0\"}", "a1 19 0109 41 00", NULL);
    assert_turns("{\"eat_profile\":\"2.999.0\"}", "a1 19 0109 43 883700", NULL);
    assert_turns("{\"eat_profile\":\"1.39.127.128.16384\"}", "a1 19 0109 47 4f7f8100818000", NULL);
}

/* What one direction takes, the other gives back: arcs of 64 bits, and the text that tps_eat_oid_text() has
 * room for. */
static void object_identifiers_have_one_limit_both_ways(void **state)
{
    char json[200] = "{\"eat_profile\":\"2";
    size_t start = strlen(json) - 1;
    size_t length;
    size_t size;
    tps_span cbor;

    (void)state;
    assert_turns("{\"eat_profile\":\"1.36.9223372036854775783.58.120\"}",
                 "a1 19 0109 4c 4cffffffffffffffff673a78", NULL);
    assert_turns("{\"eat_profile\":\"2.18446744073709551535\"}", "a1 19 0109 4a 81ffffffffffffffff7f", NULL);
    assert_turns("{\"eat_profile\":\"1.39.18446744073709551615\"}", "a1 19 0109 4b 4f81ffffffffffffffff7f",
                 NULL);
    assert_refused("{\"eat_profile\":\"2.18446744073709551536\"}", TPS_CLAIM_BAD_VALUE, NULL);
    assert_refused("{\"eat_profile\":\"1.39.18446744073709551616\"}", TPS_CLAIM_BAD_VALUE, NULL);
    for (length = 1; length < TPS_EAT_OID_TEXT_MAX - 1; length += 2) {
        memcpy(json + start + length, ".0", 2);
    }
    memcpy(json + start + length, "\"}", 3);
    assert_int_equal(length, TPS_EAT_OID_TEXT_MAX - 1);
    assert_status(from(json, &cbor), TPS_OK);
    assert_status(tps_eat_to_json(cbor, TPS_BUF_OF(text_room), &size, &why), TPS_OK);
    memcpy(json + start + length - 1, "10\"}", 5);
    assert_refused(json, TPS_CLAIM_BAD_VALUE, NULL);
}

static void too_many_members_are_refused(void **state)
{
    static char json[8192];
    tps_span cbor;
    size_t size = 1;

    (void)state;
    json[0] = '{';
    for (unsigned i = 0; i < TPS_EAT_JSON_MEMBERS_MAX; i++) {
        size += (size_t)snprintf(json + size, sizeof json - size, "\"a%03u\":0,", i);
    }
    json[size - 1] = '}';
    json[size] = '\0';
    assert_status(from(json, &cbor), TPS_OK);
    snprintf(json + size - 1, sizeof json - size, ",\"b\":0}");
    assert_refused(json, TPS_JSON_TOO_MANY, NULL);
}

static void members_of_closed_objects_count_no_longer(void **state)
{
    static char json[8192] = "{\"x\":[";
    size_t size = strlen(json);
    tps_span cbor;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        size += (size_t)snprintf(json + size, sizeof json - size, "{\"a\":0,\"b\":1},");
    }
    strcpy(json + size - 1, "]}");
    assert_status(from(json, &cbor), TPS_OK);
}

static void a_room_too_small_says_what_is_needed(void **state)
{
    const char *json = "{\"eat_nonce\":\"" N8 "\",\"x\":0.1}";
    tps_span cbor;
    tps_span small;
    size_t size;
    size_t needed;

    (void)state;
    assert_status(from(json, &cbor), TPS_OK);
    for (size_t i = 1; i < cbor.size; i++) {
        uint8_t little[64];
        assert_status(tps_eat_from_json(tps_span_of_text(json), (tps_buf){little, i}, &small, &why),
                      TPS_BUFFER_TOO_SMALL);
        assert_int_equal(small.size, cbor.size);
    }
    assert_status(tps_eat_to_json(cbor, TPS_BUF_OF(text_room), &size, &why), TPS_OK);
    assert_status(tps_eat_to_json(cbor, (tps_buf){text_room, size - 1}, &needed, &why), TPS_BUFFER_TOO_SMALL);
    assert_int_equal(needed, size);
}

/* ---- from CBOR ---- */

static void what_has_no_form_in_json_is_refused_by_name(void **state)
{
    (void)state;
    assert_no_json("a1 0b 01", "unknown");
    assert_no_json("a1 20 01", "unknown");
    assert_no_json("a1 41 61 01", "unknown");
    assert_no_json("a1 61 78 41 00", "unknown");
    assert_no_json("a1 61 78 c1 00", "unknown");
    assert_no_json("a1 61 78 f7", "unknown");
    assert_no_json("a1 61 78 f8 ff", "unknown");
    assert_no_json("a1 61 78 f9 7e00", "unknown");
    assert_no_json("a1 61 78 3b ffffffffffffffff", "unknown");
    assert_no_json("a1 61 78 a1 01 02", "unknown");
    assert_no_json("a1 64 75656964 01", "unknown");
    assert_no_json("a1 09 41 00", "scope");
    assert_no_json("a1 19 0109 65 312e322e33", "eat_profile");
    assert_no_json("a1 19 0109 4a 82808080808080808001", "eat_profile");
    assert_no_json("a1 19 010f 82 61 31 66 73656d766572", "swversion");
    assert_no_json("a1 19 0110 81 82 00 64 61616161", "manifests");
    assert_no_json("a1 19 010a a1 61 61 63 5b315d", "submods");
    assert_no_json("a1 19 010a a1 61 61 75 5b22444947455354222c5b2d31362c224141225d5d", "submods");
    assert_no_json("a1 19 010a a1 61 61 73 5b2243424f52222c22306f52416f454241225d", "submods");
}

static void the_claims_are_judged_before_they_are_turned(void **state)
{
    tps_buf cbor = bytes_from_hex("a1 19 010a a1 61 61 a1 0a 40");
    size_t size;

    (void)state;
    assert_status(tps_eat_to_json(span_of(cbor), TPS_BUF_OF(text_room), &size, &why), TPS_CLAIM_BAD_VALUE);
    assert_string_equal(why.detail, "eat_nonce");
    free(cbor.data);
    cbor = bytes_from_hex("a1 19 010a a1 61 61 61 5b");
    assert_status(tps_eat_to_json(span_of(cbor), TPS_BUF_OF(text_room), &size, &why), TPS_JSON_TRUNCATED);
    free(cbor.data);
}

static void ids_of_results_become_text(void **state)
{
    tps_buf cbor = bytes_from_hex("a1 19 0112 81 82 61 73 81 82 42 0102 02");
    size_t size;

    (void)state;
    assert_status(tps_eat_to_json(span_of(cbor), TPS_BUF_OF(text_room), &size, &why), TPS_OK);
    assert_span_text(tps_span_make(text_room, size), "{\"measres\":[[\"s\",[[\"AQI\",\"fail\"]]]]}");
    free(cbor.data);
}

static void strings_in_pieces_have_no_form_in_json(void **state)
{
    tps_buf cbor = bytes_from_hex("a1 61 78 7f 61 61 ff");
    size_t size;

    (void)state;
    assert_status(tps_eat_to_json(span_of(cbor), TPS_BUF_OF(text_room), &size, &why), TPS_CLAIM_BAD_TYPE);
    free(cbor.data);
}

/* ---- tokens ---- */

static tps_eat_json_token token;

static tps_status take(const char *json)
{
    memset(&why, 0, sizeof why);
    return tps_eat_json_token_read(tps_span_of_text(json), TPS_BUF_OF(room), &token, &why);
}

static void tokens_in_json_are_taken_apart(void **state)
{
    (void)state;
    assert_status(take("[\"JWT\",\"aa.bb.cc\"]"), TPS_OK);
    assert_int_equal(token.kind, TPS_EAT_JSON_JWT);
    assert_span_text(token.content, "aa.bb.cc");
    assert_status(take("[\"JWT\",\"aa.b\\u0062.cc\"]"), TPS_OK);
    assert_span_text(token.content, "aa.bb.cc");
    assert_status(take("[\"CBOR\",\"0oRAoEBA\"]"), TPS_OK);
    assert_int_equal(token.kind, TPS_EAT_JSON_CBOR);
    assert_span(token.content, tps_span_make("\xd2\x84\x40\xa0\x40\x40", 6));
    assert_status(take(" [ \"BUNDLE\" , [ 1 ] ] "), TPS_OK);
    assert_int_equal(token.kind, TPS_EAT_JSON_BUNDLE);
    assert_span_text(token.content, "[ 1 ]");
    assert_status(take("[\"UJCS\",{\"iss\":\"x\"}]"), TPS_OK);
    assert_int_equal(token.kind, TPS_EAT_JSON_UJCS);
    assert_span_text(token.content, "{\"iss\":\"x\"}");
}

static void tokens_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_status(take("[\"JWT\",\"aa.bb\"]"), TPS_JWT_NOT_WELL_FORMED);
    assert_string_equal(why.detail, "JWT");
    assert_status(take("[\"CBOR\",\"0oRAoEB=\"]"), TPS_BAD_BASE64);
    assert_status(take("[\"DIGEST\",[-16,\"AA\"]]"), TPS_CLAIM_BAD_VALUE);
    assert_status(take("[\"JWE\",\"aa.bb.cc\"]"), TPS_CLAIM_BAD_VALUE);
    assert_status(take("{}"), TPS_CLAIM_BAD_TYPE);
    assert_status(take("[\"JWT\",\"aa.bb.cc\""), TPS_JSON_TRUNCATED);
    assert_status(tps_eat_json_token_read(TPS_SPAN_LITERAL("[\"JWT\",\"a.b\\u0062.c\"]"), (tps_buf){room, 2},
                                          &token, &why),
                  TPS_BUFFER_TOO_SMALL);
}

/* ---- what may come ---- */

static const char *const sample =
    "{\"iss\":\"\\u0069\",\"jti\":\"x y\",\"cnf\":{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\"}},"
    "\"eat_nonce\":[\"" N8 "\",\"" N8 "\"],\"location\":{\"latitude\":1.5,\"longitude\":2},"
    "\"eat_profile\":\"1.3.6\",\"swversion\":[\"1\",\"semver\"],\"dbgstat\":\"enabled\",\"submods\":"
    "{\"b\":[\"DIGEST\",[-16,\"AQ\"]],\"a\":{\"measres\":[[\"s\",[[\"i\",\"fail\"]]]]},\"c\":[\"JWT\","
    "\"a.b.c\"],\"d\":[\"CBOR\",\"0oRA\"]},\"manifests\":[[0,\"<>\"]],\"x\":{\"y\":[null,true,-1]}}";

static void each_truncation_is_refused(void **state)
{
    tps_span cbor;

    (void)state;
    assert_status(from(sample, &cbor), TPS_OK);
    for (size_t size = 0; size < strlen(sample); size++) {
        tps_buf part = exact_copy(tps_span_make(sample, size));
        assert_true(tps_eat_from_json(span_of(part), TPS_BUF_OF(room), &cbor, &why) != TPS_OK);
        free(part.data);
    }
}

static void each_flipped_bit_is_turned_or_refused_with_a_reason(void **state)
{
    tps_buf text = exact_copy(tps_span_of_text(sample));
    tps_span cbor;

    (void)state;
    for (size_t bit = 0; bit < text.size * 8; bit++) {
        text.data[bit / 8] = (uint8_t)(text.data[bit / 8] ^ 1u << bit % 8);
        memset(&why, 0, sizeof why);
        if (tps_eat_from_json(span_of(text), TPS_BUF_OF(room), &cbor, &why) == TPS_OK) {
            assert_status(tps_cbor_check(cbor, &cbor_limits_deterministic, NULL, NULL), TPS_OK);
        } else {
            assert_true(why.status != TPS_OK);
        }
        text.data[bit / 8] = (uint8_t)(text.data[bit / 8] ^ 1u << bit % 8);
    }
    free(text.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registered_claims_turn),
        cmocka_unit_test(texts_that_are_no_base64url_stand_for_themselves),
        cmocka_unit_test(claims_of_rfc_9711_turn),
        cmocka_unit_test(confirmations_turn),
        cmocka_unit_test(what_is_unknown_keeps_its_name),
        cmocka_unit_test(members_are_sorted_as_cbor_sorts_keys),
        cmocka_unit_test(texts_with_escapes_turn),
        cmocka_unit_test(long_bytes_and_texts_turn),
        cmocka_unit_test(submodules_turn),
        cmocka_unit_test(submodules_that_are_none_are_refused),
        cmocka_unit_test(what_cannot_be_turned_is_refused_by_name),
        cmocka_unit_test(numbers_beyond_64_bits_are_refused),
        cmocka_unit_test(values_of_another_type_are_for_the_decoder_to_refuse),
        cmocka_unit_test(object_identifiers_are_told_from_other_texts),
        cmocka_unit_test(object_identifiers_have_one_limit_both_ways),
        cmocka_unit_test(too_many_members_are_refused),
        cmocka_unit_test(members_of_closed_objects_count_no_longer),
        cmocka_unit_test(a_room_too_small_says_what_is_needed),
        cmocka_unit_test(what_has_no_form_in_json_is_refused_by_name),
        cmocka_unit_test(the_claims_are_judged_before_they_are_turned),
        cmocka_unit_test(ids_of_results_become_text),
        cmocka_unit_test(strings_in_pieces_have_no_form_in_json),
        cmocka_unit_test(tokens_in_json_are_taken_apart),
        cmocka_unit_test(tokens_that_are_none_are_refused),
        cmocka_unit_test(each_truncation_is_refused),
        cmocka_unit_test(each_flipped_bit_is_turned_or_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
