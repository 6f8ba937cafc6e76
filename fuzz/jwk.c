/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a JWK. What is taken is complete: its spans lie in the room, its sizes are those of its kind,
 * and what makes a key of it never reads beyond them. What is refused leaves the output alone.
 */
#include <stdlib.h>
#include <string.h>

#include "format/json/jwk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void judge(const jwk *found, tps_buf room)
{
    const tps_cose_key *key = &found->key;
    const tps_span spans[] = {key->x, key->y, key->secret};
    tps_crypto_key *made = NULL;
    tps_cose_secret secret;

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        require(spans[i].size == 0 ||
                (spans[i].data >= room.data && spans[i].data + spans[i].size <= room.data + room.size));
    }
    require(key->ops == 0 || (key->ops & 1) != 0);
    require((key->secret.size > 0) == (key->kty == TPS_KEY_SYMMETRIC));
    require((tps_cose_key_secret(key, &secret) == TPS_OK) == (key->kty == TPS_KEY_SYMMETRIC));
    if (tps_cose_key_public(key, &made) == TPS_OK) {
        require(tps_crypto_key_kind(made) == key->kty && !tps_crypto_key_is_private(made));
        tps_crypto_key_free(made);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t room[JWK_ROOM_SIZE];
    jwk found;
    jwk untouched;
    tps_error why = {0};

    memset(&found, 0x5a, sizeof found);
    untouched = found;
    if (jwk_read(tps_span_make(data, size), TPS_BUF_OF(room), &found, &why) == TPS_OK) {
        judge(&found, TPS_BUF_OF(room));
    } else {
        require(memcmp(&found, &untouched, sizeof found) == 0 && why.status != TPS_OK);
    }
    return 0;
}
