/* SPDX-License-Identifier: Apache-2.0 */
/* INSECURE: what the fake back end has in the place of cryptography. */
#ifndef TPS_TEST_FAKE_CRYPTO_MIX_H
#define TPS_TEST_FAKE_CRYPTO_MIX_H

#include "support/fake_crypto/fake_crypto.h"

/** What has been mixed so far. */
typedef struct {
    uint64_t number;
} insecure_mix;

/** Begins with a word that says what is mixed. */
insecure_mix insecure_mix_begin(const char *purpose);

/** Mixes bytes and their number in. */
void insecure_mix_add(insecure_mix *mix, tps_span bytes);

/** Mixes bytes in as part of a stream: it does not matter how the stream is cut. */
void insecure_mix_stream(insecure_mix *mix, tps_span bytes);

/** As many bytes as wanted come of it. */
void insecure_mix_out(insecure_mix mix, tps_buf out);

/** True when this call must fail. */
bool insecure_fake_fails(void);

/** Random bytes begin anew. */
void insecure_fake_begin_random(void);

/** What insecure_fake_now() tells. */
extern insecure_fake_live insecure_live;

/** What insecure_fake_done() tells. */
extern insecure_fake_work insecure_work;

struct tps_crypto_key {
    int32_t kind;
    bool is_private;
    uint8_t scalar[TPS_COORDINATE_SIZE_MAX];
    tps_crypto_point point;
    tps_crypto_rsa rsa;
};

#endif
