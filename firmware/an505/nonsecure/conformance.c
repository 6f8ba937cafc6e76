/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance program of the Root of Trust (tests/conformance/component_conformance.h), as an application
 * of the non-secure world: what it prints goes to the line. The last line is `conformance: 0` when nothing
 * failed, `1` when something did, `2` without a component.
 *
 * Whoever makes a chip with it may set its options in the image before it is released
 * (tests/firmware/conformance.py): they follow a text by which they are found.
 */
#include "component_conformance.h"

#include "crypto/psa/start.h"
#include "nonsecure/ask.h"
#include "nonsecure/board.h"
#include "tps/cbor.h"
#include "tps/crypto.h"

static const volatile struct {
    char name[32];
    uint8_t is_destructive;  /**< 1: also what cannot be undone */
    uint8_t has_release_key; /**< 1: and releases, signed by this key */
    uint8_t release_key[32]; /**< P-256, its scalar */
} image_options = {.name = "opentps: conformance's options"};

/** Random bytes for what the program itself encrypts and signs: from the component, which has a source. */
static const ask_service ask_random = {"random",
                                       TPSC_UUID_INIT(0x2b, 0x8c, 0xe8, 0x5b, 0xdc, 0xb5, 0x52, 0x61, 0xae,
                                                      0x8d, 0x53, 0x42, 0xf1, 0x6e, 0x0e, 0x8e)};

static tps_status fill_random(void *context, tps_buf out)
{
    uint8_t request[8];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(request));
    tps_cbor_reader r;
    tps_cbor_list pairs;
    tps_span response = TPS_SPAN_EMPTY;
    tps_span bytes = TPS_SPAN_EMPTY;

    (void)context;
    tps_cbor_put_tag(&w, 10);
    tps_cbor_put_map(&w, 1);
    tps_cbor_put_uint(&w, 1);
    tps_cbor_put_uint(&w, out.size);
    if (ask(&ask_random, tps_span_make(request, w.size), &response) != TPSC_SUCCESS) {
        return TPS_CRYPTO_NO_ENTROPY;
    }
    r = tps_cbor_reader_init(response);
    (void)tps_cbor_take_tag(&r, 10);
    pairs = tps_cbor_enter_map(&r);
    if (tps_cbor_next(&r, &pairs) && tps_cbor_get_int(&r) == 1) {
        bytes = tps_cbor_get_bytes(&r);
    }
    if (bytes.size != out.size) {
        return TPS_CRYPTO_NO_ENTROPY;
    }
    memcpy(out.data, bytes.data, bytes.size);
    return TPS_OK;
}

static void print(void *context, const char *text)
{
    (void)context;
    say(text);
}

/** NULL if there is none, or it is none. */
static tps_crypto_key *read_release_key(void)
{
    uint8_t scalar[32];
    tps_crypto_key *key = NULL;

    for (size_t i = 0; i < sizeof scalar; i++) {
        scalar[i] = image_options.release_key[i];
    }
    if (image_options.has_release_key != 1 ||
        tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(scalar), &key) != TPS_OK) {
        return NULL;
    }
    return key;
}

static uint32_t run(void)
{
    static const tps_psa_entropy entropy = {fill_random, NULL};
    conformance_options options = {.destructive = image_options.is_destructive == 1, .print = print};

    if (ask_start() != TPSC_SUCCESS || tps_psa_start(&entropy) != TPS_OK) {
        return 2;
    }
    options.release_key = read_release_key();
    return (uint32_t)conformance_run(&options);
}

noreturn void board_main(void)
{
    uint32_t result = run();

    say("conformance: ");
    say_number(result);
    say("\n");
    for (;;) {
        __asm volatile("wfi");
    }
}
