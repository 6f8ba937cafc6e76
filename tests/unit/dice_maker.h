/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices with DICE chains, their endorsements and their answers, for the tests of the verifier. Everything
 * is made from fixed keys; results lie in static memory until the same function is called again.
 */
#ifndef TPS_TEST_DICE_MAKER_H
#define TPS_TEST_DICE_MAKER_H

#include "tps/dice.h"
#include "verifier_support.h"

/** Keys by number (device_key()): the maker's CA, DeviceID, the layer's, the attestation key; another maker's
 * CA. */
enum { KEY_CA = 20, KEY_DEVICE_ID = 21, KEY_LAYER = 22, KEY_AK = 23, KEY_OTHER_CA = 24, KEY_ACA = 25 };

#define ALL_OF_R                                                                                  \
    (1u << TPS_DICE_VENDOR | 1u << TPS_DICE_MODEL | 1u << TPS_DICE_VERSION | 1u << TPS_DICE_SVN | \
     1u << TPS_DICE_LAYER | 1u << TPS_DICE_FWIDS | 1u << TPS_DICE_FLAGS | 1u << TPS_DICE_TYPE |   \
     1u << TPS_DICE_FLAGS_MASK)

/** A device whose first stage certifies what runs. */
typedef struct {
    tps_dice_tcb_info info; /**< of layer R; `fwids` is filled by chain_of() */
    tps_dice_fwid fwids[4];
    size_t fwid_count;
    tps_span layer_ueid; /**< in the layer's certificate; empty: none */
    tps_span ak_ueid;    /**< in the attestation key's */
    tps_span class_id;   /**< of the attestation key's; empty: none */
    const char *purpose; /**< the URI of the attestation key's; NULL: none */
    bool is_ak_ca;
    tps_crypto_key *ca; /**< who certified DeviceID */
    tps_span ca_der;
    bool has_root;      /**< the CA's certificate is enclosed */
    size_t multi_count; /**< a MultiTcbInfo of the same layer so often, with rising index; 0: a TcbInfo */
    tps_span extension; /**< whole, in its place; empty: none */
    bool is_open;       /**< inputs of the Open Profile in its place: those of cbor_chain() */
} dice_device;

/** The lamp (device 1) as it should be: R 1.0 of "Lumen" "Lamp", two digests, secure, no debugging. */
dice_device dice_lamp(void);

/** Its chain, leaf first. @param[out] count  3, or 4 with the root. */
const tps_span *chain_of(const dice_device *device, size_t *count);

/** What reference values say of it: manifest without profile, unsigned. */
tps_corim_measurement r_measurement(const dice_device *device);
tps_span references(tps_corim_environment environment, const tps_corim_measurement *measurements,
                    size_t count);

/** Those of the lamp as it should be. */
tps_span lamp_layer(void);

/** A manifest whose only triple says that a key (of device_key(), in PEM) is the identity of an environment.
 */
tps_span identity(tps_corim_environment environment, uint8_t key_number);
tps_span identity_of(tps_corim_environment environment, const tps_corim_key *key);
tps_span identities(const tps_corim_key_statement *statement);

/** A certificate with a Ueid that leads to nobody. */
tps_span make_leaf_of(tps_span ueid);

/** The same unsigned manifest signed under the maker's CA. */
tps_span sign_corim(tps_span corim, uint8_t ca_number, tps_span ca_der);

/** An answer of profile TPS_DICE_PROFILE. @param ueid, aud  Empty: left out. */
tps_span answer_claims(tps_span nonce, tps_span ueid, tps_span aud);

/** Claims signed by KEY_AK, with x5chain. */
tps_span sign_under(tps_span claims, const tps_span *chain, size_t count);

/** Claims signed by KEY_AK, with a chain of CBOR certificates in the protected header. */
tps_span sign_under_cbor(tps_span claims, const tps_span *chain, size_t count);

/** CBOR certificates of the lamp, root side first: by DeviceID for the layer, by the layer for KEY_AK. */
const tps_span *cbor_chain(uint32_t mode, size_t *count);

/** Code hash and configuration descriptor in it. */
extern const uint8_t cbor_code[32];
extern const uint8_t cbor_configuration[32];

/** A verifier that knows lamp and lock, the maker's CA as anchor, and the lamp's layer; all signed by it. */
tps_verifier *dice_verifier(void);

/** The CA's certificate. */
tps_span dice_ca(void);

#endif
