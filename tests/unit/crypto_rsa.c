/* SPDX-License-Identifier: Apache-2.0 */
/* RSA keys and PS256: signatures made by another library (Python's cryptography) over the message "sample";
 * what is no key, and what is no PS256. */
#include "support/check.h"
#include "support/keys.h"
#include "support/vectors.h"
#include "tps/crypto.h"

#define MODULUS_2048                                                                                   \
    "dd67d045b543e269a7f54c2ed05a9fe0074464085cf1991b99de45727d39ab1fde7340a9f5107885d584ec0a1bfa612b" \
    "07a1e27ebb5d591160eac8565290ad950deca611391c3e16fa48eb83a77401ba2548187d48d76c4ba309c31cc543ff9c" \
    "412d973ef48d8a43e94f5640686a9519dbf808d0bc292907a2137b1e738feacef6735af69ae4b1ba1a34e9c8473f2fc4" \
    "d08ea772b6de878a87744f6c00a4e43f2030d616bc78ae49f6f26bdb5dcde1cc140583adcb46bca3e012453b78cd7a2a" \
    "c2b1392c9df315219b6507fe6a61741d1159f4142232477cca0af2f3f94155f3f386c5be86b338b91fc6b8ca0dce577f" \
    "c8b6ce9e2e2b8135415feab960454425"
#define PS256_2048                                                                                     \
    "04c652ee3381b67bc5c9adf4f362d0700165868b79d2090af967d080d7b281586899eea20d47974a35036f9d6dd7f283" \
    "15e8f3406e0c0e2b150dc3e241fc78c4ad5259aa4ac164e6858bcdfd38c2d48216f0fcb6393587ab89ace7bc11693350" \
    "5de9950ccb14c5bfb90ea32261e2e5e34cb17b949a54c25137b98b721a6397d93f30e3af1ea7e5ed0b99e85eac36e95b" \
    "88a9a7a3316c773592b0b61e90216eddd65c389ccbb0087b8282a24572aff89178e03e4f0b33e116424fd2d41e7601bc" \
    "f2562a9ad4f9422a79406af653da34e30c7348910253a706006dde362f5c9d4e978502fe85897045b0d34c8d75040d60" \
    "ce1132d81e916c2263d9e3180ae6ee94"
#define SALT_OF_20                                                                                     \
    "7821dcde6bcc43faff6e0e45a94d8fdb0284ceece034d721678635feca22d998c8fa53700aba4b28ae2af97d6b5b70ae" \
    "1976ad90c4201c8e0482344cadefe202dd47efe844b74e95356989f28c23614fa6d8b4dd88bda964dc10f2fbb8c20768" \
    "0142ca2252234d03bc62eadf764cc779a59e849e428c4e38df1df1c5702502ecadc1eac0c9167e611b89b6e4acf7e7b9" \
    "9c87a53f67f732457e623131a7a435025cb8dd8115a8e41ebd9f45da300b14de1adee2309ce0d4aa0a94dd510bd402ec" \
    "c038ab67cdc76901d59b4193f762634e4836613119ce70bf400436ee0578e09b8c15e8ac231ef9c0de0296de6600790c" \
    "c823b73a21bf9a050611ca4c57198446"
#define SALT_OF_0                                                                                      \
    "0f9e2ac4bd4ce76a9a8d55c87229da30e2a4d1f55dc6d569c489a0f8936776dfce80624e7dd243801bd7e06f3119b854" \
    "f704ebb496d7b009a0787bcfcfa0a5aebcb5e135ca007c50a7bbe1db927000243051304640e0ddfafac685f0041ef166" \
    "e94496ae3931a2010c9c6e706db0982f30c14a124f8df015bd8f9760ec2b8cf0839f917097785a9f8ac60ad4c15e4d0a" \
    "2747d7db5ea3a0d60b5c7fe175fb12418ec99aa410d7370e4a360f45370ef49864004a85c2b57ab1cc3492b5329e2986" \
    "98481625599f1711e3c7a86d0a058362f12673d178700bf707c90cd476eeeced3417d0baec0a00cb29a005c1a1666a6d" \
    "8d1be86bba96972f70d7c0e8ea585254"
#define SALT_OF_64                                                                                     \
    "64104a1c9af2b2529f5e267692ffebed73997d03b89126b40d08c2328b49161e19a3c733b8afbdef28bc31ed4ac95398" \
    "0102e6c5a42c0ede9308413f0c12ba6c258faa2e6614bd3ded82402dc70a8f0c66fc3005e164465143245c3db17564be" \
    "8c6e303dd0446186c1be47f6a49b6c76aec45b82ae21c8dc1744bc28be69e6951ee2d385ccab13b0da031073e9709a5b" \
    "9c9a2d5cbc42f7afe4ce520d4e484c216ba74ea915b0f596e22a19981174914508de21ef7fb6450f606f95a58747acd1" \
    "241cf902c5694156178c97bae25dfcaec394634362d2499f6a318c4bcec22faedbc3bae7f350ea9ea46a80c0c3000538" \
    "598d696294ec50eff03712f36b296708"
#define PKCS1                                                                                          \
    "c6fb72b8ab7a19826f751126ee0cf9145f4e19458e03cb40a0db6c84f50b438362b73f95022ccd17ffd5208df75d5392" \
    "01c71549304f2266e53c43a270567996fce40f944d88e01f1183d5bde9ec2a4dde231b2d343ff8c2d8e73ab6a65878f6" \
    "003ef168f85dc9e6ad312ba55d3889f707ba17acb5a50b8233e4fcaefe74ea4cfed8ff00f683b89234aa5c8bec4ec8e9" \
    "9424d7f36b28ac16032b82e2fb51e7b2b92b08daf3c56b8e7f38737793a802b3f1b2546161ffe14225127cfd7d629c1e" \
    "e64d72ddcbb77515ccea651e35048e1415ab819794ec205eebd7b2c3d82a9172b9082ba99e9693c96a9b10a48ef567bf" \
    "ac4e00bcd1ac05ea8b41cc9057977e36"
#define MGF1_OF_SHA1                                                                                   \
    "9ba9fd587d6ecd767494cd5d6770e450ffd1c8538ab1a5c33ad2290306e1edcde20515b98e421ce1c065d1523dc28c72" \
    "297f8f57cd901863838301320ee68c43c80cc098de6e63af1748efe370a958317ab9418685ec0d71f9a0df6050dbff6f" \
    "8757e49e99a9abe9a2510c61fb36b8e2aa71860e1df4f1c140d5cb960edbf9a87fdd70964f8fb7f1fd0c75df0c457b08" \
    "e695776a106ae5063e3f618d57afbecdb83de70220d19a4552f49661a66a1e97abc24864dbfa13e33b12c57b321ad8ab" \
    "101955dbbca06658d741bd78e17bc23f7288c8aca0a14f089f5d995a29f48f19b25f940711c2626c2c9ea059a7082563" \
    "9f1c2f700cf91984da6630023f19a598"
#define MODULUS_4096                                                                                   \
    "a5e345aacfb53239a3a90cf986b645c4de122813e84ce33d21939b456cb469b5f25e8644569f900f0f1519cec7cd54f0" \
    "34abd95508093d5d7ca28be997be49b81efa73878ef9634d5df91c1d630e88fcad014c9feea48b69e7b31b04918780f5" \
    "6502dfe82c12388100eff520c6fcc1c3efa2fa70db3da34b0b91b9f00ef6f8bbb7e8fc89d53ba4fc7f8abdd7d18dfe84" \
    "597eedc60e1848d0bdda007b02ac09d66b70e05b700bdf5e361a2daf201c968307308d285df9062adaf88fd7bd76b06d" \
    "24454f68762fcb5d80916b18ffe4cc275a6d5f04857a721cf2680dc4708e94e83f30dbbb8244b1402979b5e4f00a0434" \
    "ed6f61bc57e0ea9fe14676eb17293d63904820ba02f3d4cf08353f4c9da3ae384f6a81258bd1695c498efe4af64f8d33" \
    "948caf6411840bbc87904d2a4ee0bcf5ed811d426aa53f7e1aab24396f0901387f7ae401879cf0e9110cd4c5fa9c2cdc" \
    "b207bbdcba6c9f22af351f843dce72f625ff66a11d94eef4c7a9d70a5a89cf845a94c65917c96e4a630f5a324a772a93" \
    "02774a76824aaa044b5f6773504f7fe5c47060af48543de7e219ca936e15ee76b3c03eb2ece8711afd263adb10d9e9a6" \
    "1495e449deab7a4cd610816ae26c2ee97ab54aa49f2750a02f9a8e321c0c121d7d069af8b06b5b7fb669cf5be3697ccf" \
    "916401004b5897bf9d059ff2c780714681f1cb802a2e8cc606af04cdf7b34ddd"
#define PS256_4096                                                                                     \
    "0724be927e7c8a2d8dded0dc18976166d649e72bb7b8a44a79df99341732a5fb72ab6486275afae78910d47feac2a76d" \
    "9ca0243e58da51a7ffad71b76e7c1d690a06a467c50b1f7f45c7e0e0d7e35e557473a7834f4d2fadeb44b8db0ba9816e" \
    "f402e9f935d5684690e6ea0a495ac5f14f36b2bcaab4f8e219f4c930afa77fae249abc01a9d30fc5cb4bbe8ec55dbc30" \
    "3f3901935593863f55a78ebab021142b9f28d44e043bffab196d4b3df5c367e3a546d09ce4faa2a71c89c6a109b4fb35" \
    "f2197d2c0ee48dc7f0448057d3fc1c99c501c8ba3ed5429c4f3d12d56181fadf29963528818181e34bf667def9591d61" \
    "17bf2d47dab56b9e6cbefe800f17ba6e73e6a89637f968e6fab2e61f29844c28d92b7d9a4cfe9400811ea9413bcc662d" \
    "ff5df3187e7cc64c5e17b261d49e176a0ee369fd03da3c839dee41b130cd3270c73438b6c24b506c7d71ea521c918e50" \
    "7109407fa4f5cdcdb37a71146e2cb74b38e045e57fd81214afd960a0ef7a1de8b104edd4376cfbcc260115f628f5acf3" \
    "612088b09f2e01e6e9b3a9081de1b2ab6bcf19b3a3e416fc3b4eeff0dbda1d1880b8a3ea12b1cb5e8c814ca12603c37e" \
    "1022a221078c30a9e5e8af90d8cbb72458b8c54f0696515d51194235dda72ba3e0a47808d32d6ab64ef9d879395ebc5a" \
    "27ff8a7cf84a8e40462a6e870e04c41928626183172319790f22805a794f8476"
#define OTHER_MODULUS                                                                                  \
    "948825b6381b009b188c0b0a73fa78491392f689c963f499eae9511ae392787d3728d97b872240d558de6aadd3baa776" \
    "2c461e4642fb2165cdf51de06453deec105e1452642248161cc8033e95d1f4842ec315368c79916a52bfa51ed7e84fbe" \
    "f03baed40eec7b39b7478d334c798cef6f756293de6324c5ae948a66d5318d1451d6dd31bda2701d61d334c0dd45879c" \
    "f381eed2691a2bc8df073df67bf3c17220ac10fa94f9fb757ef78cd3f996e65fe2005fac219a81ef3b5b65c29ef1b8dc" \
    "0a372f3032c7aa4fe3d2faa5772ec15d9dcb0434279d1c804d978dcb5ddfed95e0cdb8fdbd3d892d99332362a77acd9f" \
    "f37df476ab1914d5f01c9ef1796185cd"
#define RS256_OTHER                                                                                    \
    "92c364c6503a4304394d0dec6d1ec1037bdf63087587416de46b5e502c0a16ba8d7f97490f8f910000f866f6be593c7e" \
    "52bff28f1763a976117ddffc94fd2dc4cc0a2f9617e9088b8cf92e4912af122d74da080d9d7ab25e20b7d81ae71d46ff" \
    "2b1f645de1aea2d032f2016a7ae907cdba7fe4ff63a337b6aaca1b46b0f85589781deba4dd34ae5ed88d65a74f1ff4f1" \
    "eb8c92a45b317ef69fdf57120ad602c18d6d50c875c54ed21ed8c0e5077a53a2595f15212e5fd77a57b3a2f8af493614" \
    "13862e52b63b1491a850b1d007994952acdc1d7bb098c25eeab98ac3ca4e80f3acc97d03ec16ace09d5b56a519a47873" \
    "7b5d54d7b22b36abe1251a6408b1ca4e"
#define RS512_OTHER                                                                                    \
    "852241246e93d86419f5f7dadf7baa5b794f28a917bddf6865226a8982cecdb6ce347e7e6a18923151db0a241188c31a" \
    "e873df56a83f304cc618e34aaa0e37ed2224b4eb9f3edc068c2c1120fc29127e8e668cf6580025c38057ce71ee4457ec" \
    "c20e7f00359c2aa871e8488df23f93a123ba642fbdb014a2e431063065cf8d54df811cc78003adf20a939cb54694b836" \
    "9e07df67cb01608fed8eccba1fb5786c9a94e24662c2d1d86ffc04452be05aaf19bc4e6c2ee3a5c504f6948de948aef7" \
    "e07e93c15147ae6b559021c2a33375e274aa407a738cf119ef6ef9fb89b1c09bb5c817a1ddddec5bf1ea8b3cbdac8982" \
    "3d196070e30d8ba8dcb9d4e90fbb42cc"
#define RS1_OTHER                                                                                      \
    "08de8c46bd5ae1db0533c05b8ef78787a115a7ed73846dee9890fe8b6c3c4aefc2458943a23be790c52ed4b1a52ba1b2" \
    "0fa73307b7e9b7cc5b2aa64f9cbeaa48deb2d7b05862d3a6fb81e9e10833f3ae4334804447160532976dd1f59f799d22" \
    "508db4aa72dfebb30148dc0817b4a6afeba14e358bb69ec0519da3b57edb3944ee1e1ec70135a548447dcb78cae35a50" \
    "ec171199367a10ba0d74c55793f6d60e20961d30b8f0c2ef24f839e4a3ad4014049a49084232848203eca3c0d64a03f7" \
    "e1a47443ae271d3feeedc193bf84befcf9f2fe78331b4c29536e5b145f72c01700d24b132e034accd6b3bd7a0654c47a" \
    "1390ca35a11b79ea4b859e9eb67603bd"

/* The numbers of a key with the exponent 65537. */
static tps_crypto_rsa numbers(const char *modulus)
{
    tps_buf n = bytes_from_hex(modulus);
    tps_crypto_rsa rsa = {.n_size = n.size, .e = {1, 0, 1}, .e_size = 3};

    memcpy(rsa.n, n.data, n.size);
    free(n.data);
    return rsa;
}

static tps_crypto_key *key_of(const char *modulus)
{
    tps_crypto_rsa rsa = numbers(modulus);
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_rsa(&rsa, &key), TPS_OK);
    return key;
}

static tps_status verify(tps_crypto_key *key, const char *signature_hex)
{
    tps_buf signature = bytes_from_hex(signature_hex);
    tps_status status =
        tps_crypto_verify_message(key, TPS_ALG_PS256, TPS_SPAN_LITERAL("sample"), span_of(signature));

    free(signature.data);
    return status;
}

static void signatures_of_another_library_verify(void **state)
{
    tps_crypto_key *small = key_of(MODULUS_2048);
    tps_crypto_key *large = key_of(MODULUS_4096);

    (void)state;
    for (int i = 0; i < 2; i++) { /* with a new context, and with the one that was kept */
        assert_status(verify(small, PS256_2048), TPS_OK);
        assert_status(verify(large, PS256_4096), TPS_OK);
        assert_status(verify(small, PS256_4096), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(verify(large, PS256_2048), TPS_CRYPTO_BAD_SIGNATURE);
    }
    tps_crypto_key_free(small);
    tps_crypto_key_free(large);
}

static void other_salts_paddings_and_mask_functions_are_bad_signatures(void **state)
{
    tps_crypto_key *key = key_of(MODULUS_2048);

    (void)state;
    assert_status(verify(key, SALT_OF_20), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify(key, SALT_OF_0), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify(key, SALT_OF_64), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify(key, PKCS1), TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(verify(key, MGF1_OF_SHA1), TPS_CRYPTO_BAD_SIGNATURE);
    tps_crypto_key_free(key);
}

static void changed_signatures_and_digests_are_bad(void **state)
{
    tps_crypto_key *key = key_of(MODULUS_2048);
    tps_buf signature = bytes_from_hex(PS256_2048);
    tps_digest digest;

    (void)state;
    assert_status(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_LITERAL("sample"), &digest), TPS_OK);
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, span_of(signature)), TPS_OK);
    for (size_t bit = 0; bit < 8 * signature.size; bit += 37) {
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, span_of(signature)),
                      TPS_CRYPTO_BAD_SIGNATURE);
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, tps_span_make(signature.data, 255)),
                  TPS_CRYPTO_BAD_SIGNATURE);
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, TPS_SPAN_EMPTY), TPS_CRYPTO_BAD_SIGNATURE);
    memset(signature.data, 0xff, signature.size); /* above the modulus */
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, span_of(signature)),
                  TPS_CRYPTO_BAD_SIGNATURE);
    memset(signature.data, 0, signature.size);
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, span_of(signature)),
                  TPS_CRYPTO_BAD_SIGNATURE);
    digest.size = 48;
    assert_status(tps_crypto_verify(key, TPS_ALG_PS256, &digest, span_of(signature)), TPS_CRYPTO_ALG_REFUSED);
    free(signature.data);
    tps_crypto_key_free(key);
}

/* PKCS #1 v1.5 is nothing that an alg can ask for: a function of its own. */
static tps_status verify_rs256(const tps_crypto_key *key, const char *signature_hex)
{
    tps_buf signature = bytes_from_hex(signature_hex);
    tps_status status = tps_crypto_verify_rs256(key, TPS_SPAN_LITERAL("sample"), span_of(signature));

    free(signature.data);
    return status;
}

static void rs256_of_another_library_verifies_and_no_other_padding_or_hash(void **state)
{
    tps_crypto_key *key = key_of(MODULUS_2048);
    tps_crypto_key *other = key_of(OTHER_MODULUS);
    tps_crypto_key *ec = test_key(1);
    bool is_psa = strcmp(TPS_TEST_BACKEND, "openssl") != 0;

    (void)state;
    if (is_psa) {
        assert_status(verify_rs256(key, PKCS1), TPS_CRYPTO_ALG_REFUSED);
    } else {
        assert_status(verify_rs256(key, PKCS1), TPS_OK);
        assert_status(verify_rs256(other, RS256_OTHER), TPS_OK);
        assert_status(verify_rs256(other, PKCS1), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(verify_rs256(other, RS512_OTHER), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(verify_rs256(other, RS1_OTHER), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(verify_rs256(key, PS256_2048), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(verify_rs256(key, PS256_4096), TPS_CRYPTO_BAD_SIGNATURE);
        assert_status(tps_crypto_verify_rs256(key, TPS_SPAN_LITERAL("sample"), TPS_SPAN_EMPTY),
                      TPS_CRYPTO_BAD_SIGNATURE);
    }
    assert_status(verify_rs256(ec, PKCS1), TPS_CRYPTO_ALG_REFUSED);
    tps_crypto_key_free(key);
    tps_crypto_key_free(other);
    tps_crypto_key_free(ec);
}

static void every_changed_bit_spoils_rs256(void **state)
{
    tps_crypto_key *key = key_of(MODULUS_2048);
    tps_buf signature = bytes_from_hex(PKCS1);
    tps_status expected =
        strcmp(TPS_TEST_BACKEND, "openssl") == 0 ? TPS_CRYPTO_BAD_SIGNATURE : TPS_CRYPTO_ALG_REFUSED;

    (void)state;
    for (size_t bit = 0; bit < 8 * signature.size; bit += 31) {
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_status(tps_crypto_verify_rs256(key, TPS_SPAN_LITERAL("sample"), span_of(signature)), expected);
        signature.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_status(tps_crypto_verify_rs256(key, TPS_SPAN_LITERAL("sample2"), span_of(signature)), expected);
    free(signature.data);
    tps_crypto_key_free(key);
}

static void an_rsa_key_does_ps256_and_nothing_else(void **state)
{
    static const int32_t others[] = {
        TPS_ALG_ES256,  TPS_ALG_ESP256, TPS_ALG_ES384,   TPS_ALG_ESP384, TPS_ALG_ES512,
        TPS_ALG_ESP512, TPS_ALG_EDDSA,  TPS_ALG_ED25519, TPS_ALG_NONE,   -257};
    tps_crypto_key *rsa = key_of(MODULUS_2048);
    tps_crypto_key *ec = test_key(1);
    tps_digest digest = {.size = 32};
    tps_crypto_point point;
    uint8_t room[512];
    size_t size;

    (void)state;
    assert_status(tps_crypto_alg_fits(TPS_ALG_PS256, rsa), TPS_OK);
    assert_status(tps_crypto_alg_fits(TPS_ALG_PS256, ec), TPS_CRYPTO_ALG_REFUSED);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_status(tps_crypto_alg_fits(others[i], rsa), TPS_CRYPTO_ALG_REFUSED);
    }
    assert_status(tps_crypto_sign(rsa, TPS_ALG_PS256, &digest, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_sign_message(rsa, TPS_ALG_PS256, TPS_SPAN_EMPTY, TPS_BUF_OF(room), &size),
                  TPS_CRYPTO_ALG_REFUSED);
    assert_status(tps_crypto_key_point(rsa, &point), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_key_scalar(rsa, (tps_buf){room, 32}), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_ecdh(ec, rsa, (tps_buf){room, 32}), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_crypto_ecdh(rsa, ec, (tps_buf){room, 32}), TPS_CRYPTO_BAD_KEY);
    assert_false(tps_crypto_key_is_private(rsa));
    assert_int_equal(tps_crypto_key_curve(rsa), 0);
    assert_int_equal(tps_crypto_key_kind(rsa), TPS_KEY_RSA);
    assert_int_equal(tps_crypto_key_kind(ec), TPS_KEY_EC2);
    tps_crypto_key_free(rsa);
    tps_crypto_key_free(ec);
}

static void assert_same_numbers(const tps_crypto_key *key, const tps_crypto_rsa *expected)
{
    tps_crypto_rsa rsa;

    assert_status(tps_crypto_key_rsa(key, &rsa), TPS_OK);
    assert_span(tps_span_make(rsa.n, rsa.n_size), tps_span_make(expected->n, expected->n_size));
    assert_span(tps_span_make(rsa.e, rsa.e_size), tps_span_make(expected->e, expected->e_size));
}

static void numbers_copies_and_spki_come_back(void **state)
{
    static const struct {
        const char *modulus;
        size_t size;
    } sizes[] = {{MODULUS_2048, 294}, {MODULUS_4096, 550}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tps_crypto_rsa expected = numbers(sizes[i].modulus);
        tps_crypto_key *key = key_of(sizes[i].modulus);
        tps_crypto_key *back = NULL;
        uint8_t spki[560];
        size_t size = 0;

        assert_same_numbers(key, &expected);
        assert_status(tps_crypto_key_copy(key, &back), TPS_OK);
        assert_same_numbers(back, &expected);
        tps_crypto_key_free(back);
        assert_status(tps_crypto_key_spki(key, TPS_BUF_MEASURE, &size), TPS_OK);
        assert_int_equal(size, sizes[i].size);
        assert_status(tps_crypto_key_spki(key, (tps_buf){spki, size - 1}, &size), TPS_BUFFER_TOO_SMALL);
        assert_int_equal(size, sizes[i].size);
        assert_status(tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size), TPS_OK);
        assert_status(tps_crypto_key_from_spki(tps_span_make(spki, size), &back), TPS_OK);
        assert_same_numbers(back, &expected);
        tps_crypto_key_free(back);
        for (size_t cut = 0; cut < size; cut++) {
            assert_status(tps_crypto_key_from_spki(tps_span_make(spki, cut), &back), TPS_CRYPTO_BAD_KEY);
            assert_null(back);
        }
        assert_status(tps_crypto_key_from_spki(tps_span_make(spki, size + 1), &back), TPS_CRYPTO_BAD_KEY);
        tps_crypto_key_free(key);
    }
}

static void an_ec_key_has_no_numbers_of_rsa(void **state)
{
    tps_crypto_key *ec = test_key(1);
    tps_crypto_rsa rsa;

    (void)state;
    assert_status(tps_crypto_key_rsa(ec, &rsa), TPS_CRYPTO_BAD_KEY);
    tps_crypto_key_free(ec);
}

static void assert_refused(tps_crypto_rsa rsa)
{
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_rsa(&rsa, &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
}

static void numbers_that_make_no_key_are_refused(void **state)
{
    const tps_crypto_rsa good = numbers(MODULUS_2048);
    tps_crypto_rsa bad;

    (void)state;
    bad = good;
    bad.n_size = 255; /* too small */
    assert_refused(bad);
    bad.n_size = 0;
    assert_refused(bad);
    bad.n_size = 513; /* too large */
    assert_refused(bad);
    bad = good;
    bad.n[0] = 0; /* a leading zero */
    assert_refused(bad);
    bad.n[0] = 0x7f; /* 2,047 bits */
    assert_refused(bad);
    bad = good;
    bad.n[255] &= 0xfe; /* even */
    assert_refused(bad);
    bad = good;
    bad.e[2] = 0;
    assert_refused(bad);
    bad = good;
    bad.e[0] = 0;
    assert_refused(bad);
    bad = good;
    bad.e_size = 0;
    assert_refused(bad);
    bad.e_size = 9;
    assert_refused(bad);
    bad.e_size = 1; /* 1 */
    assert_refused(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_another_library_verify),
        cmocka_unit_test(other_salts_paddings_and_mask_functions_are_bad_signatures),
        cmocka_unit_test(changed_signatures_and_digests_are_bad),
        cmocka_unit_test(an_rsa_key_does_ps256_and_nothing_else),
        cmocka_unit_test(rs256_of_another_library_verifies_and_no_other_padding_or_hash),
        cmocka_unit_test(every_changed_bit_spoils_rs256),
        cmocka_unit_test(numbers_copies_and_spki_come_back),
        cmocka_unit_test(an_ec_key_has_no_numbers_of_rsa),
        cmocka_unit_test(numbers_that_make_no_key_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
