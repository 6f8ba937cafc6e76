/* SPDX-License-Identifier: Apache-2.0 */
/* Releases that this program signs with a release key of the device: authorised or refused by name, confirmed
 * in chunks, staged, shown and given up again. Nothing is installed. Manifests as spec/device-folder.cddl has
 * them. */
#include <stdio.h>
#include <string.h>

#include "component_conformance.h"
#include "tps/cbor.h"
#include "tps/cose.h"

enum { AUTHORISE = 10, BEGIN = 11, IMAGE_SIZE = 5000, CHUNK = 1000, COUNTERS = 256, PLACES = 64 };

#define VERSION "conformance"
/* SHA-256 of 5000 bytes c5: Python's hashlib. */
#define DIGEST "d7dce38654b46e84a3d3e4892f48ad817f13779977bea6f7f1b0ece3d7263661"
#define RELEASE                                                                                         \
    "{1: \"?text\", 2: \"" VERSION "\", 3: h'" DIGEST "', 4: 5000, 5: \"?uint\", 6: \"?bytes 32\", 7: " \
    "\"?bytes 32\"}"

/** What a manifest says, and who signs it. */
typedef struct {
    char image[49];
    uint8_t class_id[32];
    uint64_t security_counter;
    tps_crypto_key *key;
    const tps_crypto_key *named; /**< whose name it bears as its signer's */
} release;

extern const conformance_service conformance_identification, conformance_update;

static bool says(conformance *c, const TPSC_Session *session, const char *request, const char *response)
{
    return conformance_ask(c, session, request, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response);
}

/* ---- a manifest ---- */

static tps_span put_payload(const release *r, tps_buf room)
{
    static const uint8_t digest[] = {0xd7, 0xdc, 0xe3, 0x86, 0x54, 0xb4, 0x6e, 0x84, 0xa3, 0xd3, 0xe4,
                                     0x89, 0x2f, 0x48, 0xad, 0x81, 0x7f, 0x13, 0x77, 0x99, 0x77, 0xbe,
                                     0xa6, 0xf7, 0xf1, 0xb0, 0xec, 0xe3, 0xd7, 0x26, 0x36, 0x61};
    tps_cbor_writer w = tps_cbor_writer_init(room);
    tps_span payload;

    tps_cbor_put_map(&w, 7);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_text(&w, r->image);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_text(&w, VERSION);
    tps_cbor_put_uint(&w, 3);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(digest));
    tps_cbor_put_uint(&w, 4);
    tps_cbor_put_uint(&w, IMAGE_SIZE);
    tps_cbor_put_uint(&w, 5);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(r->class_id));
    tps_cbor_put_uint(&w, 6);
    tps_cbor_put_text(&w, "conformance");
    tps_cbor_put_uint(&w, 7);
    tps_cbor_put_uint(&w, r->security_counter);
    return tps_cbor_writer_finish(&w, &payload) == TPS_OK ? payload : TPS_SPAN_EMPTY;
}

/** Empty when it cannot be made. */
static tps_span make_manifest(const release *r, tps_buf out)
{
    uint8_t room[512];
    uint8_t spki[128];
    size_t size;
    tps_digest signer;
    tps_cose_make_options options = {.content_type = TPS_SPAN_LITERAL("application/vnd.opentps.release+cbor"),
                                     .kid = {signer.bytes, TPS_SHA256_SIZE}};
    tps_cose_signer by_key = tps_cose_signer_of_key(r->key, TPS_ALG_ESP256);
    tps_span made;

    if (tps_crypto_key_spki(r->named, TPS_BUF_OF(spki), &size) != TPS_OK ||
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &signer) != TPS_OK ||
        tps_cose_sign1_make(put_payload(r, TPS_BUF_OF(room)), &options, &by_key, out, &made) != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    return made;
}

static bool ask_manifest(conformance *c, const TPSC_Session *session, uint64_t tag, tps_span manifest,
                         const char *response)
{
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(c->request));
    tps_span encoded;

    tps_cbor_put_tag(&w, tag);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_bytes(&w, manifest);
    return manifest.size > 0 && tps_cbor_writer_finish(&w, &encoded) == TPS_OK &&
           conformance_send(c, session, encoded.data, encoded.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response);
}

static bool ask_release(conformance *c, const TPSC_Session *session, uint64_t tag, const release *r,
                        const char *response)
{
    uint8_t room[1024];

    return ask_manifest(c, session, tag, make_manifest(r, TPS_BUF_OF(room)), response);
}

/* ---- authorised or refused ---- */

/** Class id and the image that runs last, as the device tells them. */
static bool ask_device(conformance *c, release *r)
{
    static const tps_cbor_label labels[] = {{4, NULL}, {9, NULL}};
    TPSC_Session session;
    tps_cbor_reader reader;
    tps_span values[2] = {{0}};
    bool good;

    if (!conformance_select(c, &conformance_identification) ||
        conformance_open(c, TPSC_LOGIN_USER, &session) != TPSC_SUCCESS) {
        return false;
    }
    good = says(c, &session, "10({})", "10({4: \"?bytes 32\", 9: \"?text\", \"?more\": 0})");
    reader = tps_cbor_reader_init(tps_span_make(c->response, c->response_size));
    (void)tps_cbor_get_tag(&reader);
    (void)tps_cbor_find(&reader, labels, values, 2);
    (void)TPSC_CloseSession(&session);
    if (!good || values[1].size == 0) {
        return false;
    }
    memcpy(r->class_id, values[0].data + 2, 32);
    reader = tps_cbor_reader_init(values[1]);
    values[1] = tps_cbor_get_text(&reader);
    (void)snprintf(r->image, sizeof r->image, "%.*s", (int)values[1].size, (const char *)values[1].data);
    return true;
}

/** The least security counter that is taken; COUNTERS if none is. Below it all must be too old. */
static uint64_t least_counter(conformance *c, const TPSC_Session *session, release *r)
{
    for (r->security_counter = 0; r->security_counter < COUNTERS; r->security_counter++) {
        if (!ask_release(c, session, AUTHORISE, r, "10({2: 6})")) {
            break;
        }
    }
    return r->security_counter;
}

static void older_is_refused(conformance *c, uint64_t least)
{
    if (least == 0) {
        conformance_skip(c, "a release of an older counter is error 6", "none is older than what runs");
    } else {
        (void)conformance_line(c, true, "a release of an older counter is error 6", NULL);
    }
}

static void others_are_refused(conformance *c, const TPSC_Session *session, const release *good)
{
    release r = *good;
    tps_crypto_key *other = NULL;

    r.class_id[31] ^= 1;
    (void)conformance_line(c, ask_release(c, session, AUTHORISE, &r, "10({2: 4})"),
                           "one for another class is error 4", NULL);
    r = *good;
    (void)snprintf(r.image, sizeof r.image, "conformance-none");
    (void)conformance_line(c, ask_release(c, session, AUTHORISE, &r, "10({2: 5})"),
                           "one of an image that the device has not is error 5", NULL);
    r = *good;
    if (tps_crypto_key_generate(TPS_CURVE_P256, &other) != TPS_OK) {
        return;
    }
    r.key = other;
    (void)conformance_line(c, ask_release(c, session, AUTHORISE, &r, "10({2: 3})"),
                           "one that another key signed in its name is error 3", NULL);
    r.named = other;
    (void)conformance_line(c, ask_release(c, session, AUTHORISE, &r, "10({2: 2})"),
                           "one that another key signed in its own is error 2", NULL);
    tps_crypto_key_free(other);
}

static void changed_is_refused(conformance *c, const TPSC_Session *session, const release *r)
{
    uint8_t room[1024];
    tps_span manifest = make_manifest(r, TPS_BUF_OF(room));
    bool good = manifest.size > 0;

    for (size_t i = 0; good && i < manifest.size; i++) {
        room[i] ^= 1;
        good = ask_manifest(c, session, AUTHORISE, manifest, "10({2: \"?uint\"})");
        room[i] ^= 1;
    }
    (void)conformance_line(c, good, "one that was changed in any byte is refused", NULL);
}

/* ---- the owner's word ---- */

static void owner_decides(conformance *c, const TPSC_Session *session, const release *r)
{
    static const char take_all[] = "17({1: false, 3: []})";
    bool good = says(c, session, "17({1: true, 3: []})", "17({})") &&
                ask_release(c, session, AUTHORISE, r, "10({2: 8})") &&
                says(c, session, "17({1: false, 3: [h'" DIGEST "']})", "17({})") &&
                ask_release(c, session, AUTHORISE, r, "10({2: 9})");

    good = says(c, session, take_all, "17({})") && good;
    (void)conformance_line(c, good && ask_release(c, session, AUTHORISE, r, "10({1: " RELEASE "})"),
                           "the owner holds updates back, or takes those of some signers only", NULL);
}

/* ---- the bytes ---- */

static bool send_chunk(conformance *c, const TPSC_Session *session, uint64_t at, uint8_t byte,
                       const char *response)
{
    uint8_t bytes[CHUNK];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(c->request));
    tps_span encoded;
    char next[32];

    memset(bytes, byte, sizeof bytes);
    (void)snprintf(next, sizeof next, "12({1: %u})", (unsigned int)at + CHUNK);
    tps_cbor_put_tag(&w, 12);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, at);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(bytes));
    return tps_cbor_writer_finish(&w, &encoded) == TPS_OK &&
           conformance_send(c, session, encoded.data, encoded.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, response == NULL ? next : response);
}

/** Begins, and sends all of the image; its last chunk is of `last`. */
static bool upload(conformance *c, const TPSC_Session *session, const release *r, uint8_t last)
{
    bool good = ask_release(c, session, BEGIN, r, "11({1: " RELEASE "})");

    for (uint64_t at = 0; good && at < IMAGE_SIZE; at += CHUNK) {
        good = send_chunk(c, session, at, at + CHUNK < IMAGE_SIZE ? 0xc5 : last, NULL);
    }
    return good;
}

static void bytes_count(conformance *c, const TPSC_Session *session, const release *r)
{
    bool good = ask_release(c, session, BEGIN, r, "11({1: " RELEASE "})") &&
                send_chunk(c, session, 0, 0xc5, NULL) && send_chunk(c, session, 0, 0xc5, "12({2: 12})") &&
                send_chunk(c, session, 2000, 0xc5, "12({2: 12})") &&
                says(c, session, "13({})", "13({2: 12})") && send_chunk(c, session, 1000, 0xc5, NULL);

    (void)conformance_line(c, good, "chunks come in their order; one that does not changes nothing", NULL);
    good = upload(c, session, r, 0xc4) && says(c, session, "13({})", "13({2: 13})") &&
           says(c, session, "14({})", "14({2: 12})");
    (void)conformance_line(c, good, "other bytes than the manifest's are error 13, and are not staged", NULL);
    good = upload(c, session, r, 0xc5) && send_chunk(c, session, IMAGE_SIZE, 0xc5, "12({2: 10})") &&
           says(c, session, "14({})", "14({2: 12})") && says(c, session, "13({})", "13({1: " RELEASE "})");
    (void)conformance_line(c, good, "the bytes of the manifest are confirmed, and no more than they", NULL);
}

static void staged_and_given_up(conformance *c, const TPSC_Session *session, const release *r)
{
    char cancel[80];
    bool good = says(c, session, "14({})", "14({1: " RELEASE "})") &&
                says(c, session, "15({})", "15({1: [" RELEASE "]})");

    (void)conformance_line(c, good, "a confirmed image is staged, and shown", NULL);
    (void)snprintf(cancel, sizeof cancel, "16({1: \"%s\"})", r->image);
    good = says(c, session, cancel, "16({})") && says(c, session, "15({})", "15({1: []})") &&
           says(c, session, cancel, "16({2: 14})");
    (void)conformance_line(c, good, "it is given up, once, and shown no more", NULL);
}

static void places(conformance *c, const release *r)
{
    static TPSC_Session all[PLACES];
    size_t open = 0;
    bool good = true;

    while (open < PLACES && conformance_open(c, TPSC_LOGIN_USER, &all[open]) == TPSC_SUCCESS) {
        if (!ask_release(c, &all[open++], BEGIN, r, "11({1: " RELEASE "})")) {
            good = conformance_matches(c, "11({2: 11})");
            break;
        }
    }
    if (open > 1) { /* the first place, to the last who asked */
        (void)TPSC_CloseSession(&all[0]);
        good = good && ask_release(c, &all[open - 1], BEGIN, r, "11({1: " RELEASE "})");
    }
    for (size_t i = open > 1 ? 1 : 0; i < open; i++) {
        (void)TPSC_CloseSession(&all[i]);
    }
    (void)conformance_line(c, good, "images under way are bounded, and their place is free with the session",
                           NULL);
}

/* ---- all of it ---- */

static void with_key(conformance *c, const TPSC_Session *session, release *r)
{
    uint64_t least = least_counter(c, session, r);

    (void)conformance_line(c, ask_release(c, session, AUTHORISE, r, "10({1: " RELEASE "})"),
                           "a release that a release key signed may be installed", NULL);
    older_is_refused(c, least);
    others_are_refused(c, session, r);
    changed_is_refused(c, session, r);
    owner_decides(c, session, r);
    bytes_count(c, session, r);
    staged_and_given_up(c, session, r);
    places(c, r);
}

void conformance_release(conformance *c)
{
    static const char name[] = "releases are authorised, confirmed and staged";
    release r = {.key = c->options.release_key, .named = c->options.release_key};
    TPSC_Session session = {0};
    bool is_told;

    if (r.key == NULL) {
        conformance_skip(c, name, "no --release-key");
        return;
    }
    is_told = ask_device(c, &r);
    if (!conformance_select(c, &conformance_update) || !is_told ||
        conformance_open(c, TPSC_LOGIN_USER, &session) != TPSC_SUCCESS) {
        conformance_skip(c, name, "the device tells no class, or runs no image");
    } else if (conformance_ask(c, &session, "14({})", CONFORMANCE_ROOM) == TPSC_ERROR_ACCESS_DENIED) {
        conformance_skip(c, name, "this login does not speak for the device's owner");
    } else if (!says(c, &session, "18({})", "18({1: false, 3: []})") ||
               !says(c, &session, "15({})", "15({1: []})")) {
        conformance_skip(c, name, "the owner has a policy, or something is staged: both stay as they are");
    } else {
        with_key(c, &session, &r);
    }
    (void)TPSC_CloseSession(&session);
}
