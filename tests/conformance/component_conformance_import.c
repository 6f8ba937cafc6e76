/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapped import: a key that this program has made comes into the key store in a COSE_Encrypt to the public
 * key that the component told, and what the component does with it is what the key does. */
#include <string.h>

#include "component_conformance.h"
#include "tps/cbor.h"
#include "tps/cose_encrypt.h"

#define IMPORT_KEY "conf-import"
#define NAME       "conf-imported"

/* HMAC-SHA-256 over "conformance" under the 32 bytes 20 to 3f: Python's hmac. */
#define MAC "192766d73990db26fe9e26d5232c45d31976c70116b9a84a4076e0f18060fade"

/** {1: 4 (symmetric), -1: the 32 bytes}, encoded. */
static const uint8_t secret_key[] = {0xa2, 0x01, 0x04, 0x20, 0x58, 0x20, 0x20, 0x21, 0x22, 0x23,
                                     0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d,
                                     0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
                                     0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f};

static bool says(conformance *c, const TPSC_Session *session, const char *request, const char *response)
{
    return conformance_ask(c, session, request, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response);
}

static void remove_both(conformance *c, const TPSC_Session *session)
{
    (void)conformance_ask(c, session, "14({1: \"" NAME "\"})", CONFORMANCE_ROOM);
    (void)conformance_ask(c, session, "14({1: \"" IMPORT_KEY "\"})", CONFORMANCE_ROOM);
}

/** Makes the key to import with. @return its public half, to be freed; NULL if it was not told. */
static tps_crypto_key *make_import_key(conformance *c, const TPSC_Session *session)
{
    static const tps_cbor_label labels[] = {{1, NULL}};
    tps_cbor_reader r;
    tps_span found;
    tps_crypto_key *key = NULL;

    if (!says(c, session, "10({1: \"" IMPORT_KEY "\", 5: 12})", "10({1: \"?map\", 3: \"?bytes\"})")) {
        return NULL;
    }
    r = tps_cbor_reader_init(tps_span_make(c->response, c->response_size));
    (void)tps_cbor_get_tag(&r);
    (void)tps_cbor_find(&r, labels, &found, 1);
    return tps_cose_key_read(found, &key) == TPS_OK ? key : NULL;
}

static bool import(conformance *c, const TPSC_Session *session, tps_span wrapped, const char *response)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(c->request));
    tps_span encoded;

    tps_cbor_put_tag(&w, 16);
    tps_cbor_put_map(&w, 4);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, NAME);
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_uint(&w, 8); /* HMAC-SHA-256 */
    tps_cbor_put_uint(&w, 10);
    tps_cbor_put_text(&w, IMPORT_KEY);
    tps_cbor_put_uint(&w, 11);
    tps_cbor_put_bytes(&w, wrapped);
    return tps_cbor_writer_finish(&w, &encoded) == TPS_OK &&
           conformance_send(c, session, encoded.data, encoded.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response);
}

/** A message that was changed anywhere brings nothing in: every byte, and every cut. */
static bool is_refused_changed(conformance *c, const TPSC_Session *session, uint8_t *bytes, size_t size)
{
    bool good = true;

    for (size_t i = 0; good && i < size; i++) {
        bytes[i] ^= 1;
        good = import(c, session, tps_span_make(bytes, size), "16({2: 11})");
        bytes[i] ^= 1;
        good = good && import(c, session, tps_span_make(bytes, i), "16({2: 11})");
    }
    return good;
}

static void import_to(conformance *c, const TPSC_Session *session, const tps_crypto_key *peer)
{
    static const int32_t algs[] = {TPS_ALG_ECDH_ES_A128KW, TPS_ALG_ECDH_ES_A192KW, TPS_ALG_ECDH_ES_A256KW};
    uint8_t room[512];
    tps_span wrapped = TPS_SPAN_EMPTY;
    bool good = true;

    for (size_t i = 0; good && i < sizeof algs / sizeof algs[0]; i++) {
        tps_cose_recipient to = {.alg = algs[i], .peer = peer};

        good = tps_cose_encrypt_make(TPS_SPAN_OF(secret_key), NULL, TPS_ALG_A256GCM, &to, 1, TPS_BUF_OF(room),
                                     &wrapped) == TPS_OK &&
               import(c, session, wrapped, "16({})") &&
               says(c, session, "19({1: \"" NAME "\", 4: 'conformance'})", "19({1: h'" MAC "'})") &&
               says(c, session, "15({1: \"" NAME "\"})", "15({1: {1: \"" NAME "\", 19: 2, \"?more\": 0}})") &&
               says(c, session, "14({1: \"" NAME "\"})", "14({})");
    }
    (void)conformance_line(c, good, "a key wrapped by A128KW, A192KW or A256KW comes in, and does its work",
                           NULL);
    (void)conformance_line(c, good && is_refused_changed(c, session, room, wrapped.size),
                           "what was changed on the way, or cut off, does not", NULL);
}

void conformance_import(conformance *c)
{
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    tps_crypto_key *peer;

    if (session == NULL) {
        return;
    }
    remove_both(c, session);
    peer = make_import_key(c, session);
    (void)conformance_line(c, peer != NULL, "the public key to wrap to is told", NULL);
    if (peer != NULL) {
        import_to(c, session, peer);
        tps_crypto_key_free(peer);
    }
    remove_both(c, session);
}
