/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in PEM and SubjectPublicKeyInfo as another library wrote them (Python's cryptography), on every back
 * end: read, or refused when they are encrypted, of other kinds, or broken. The private keys here are
 * nobody's. */
#include "support/check.h"
#include "support/vectors.h"
#include "tps/crypto.h"

/* The key of RFC 6979, A.2.5, in every form. */
static const char public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
                                 "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                                 "-----END PUBLIC KEY-----\n";
static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
                            "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
                            "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
                            "-----END PRIVATE KEY-----\n";
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                           "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                           "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                           "-----END EC PRIVATE KEY-----\n";
static const char encrypted_pkcs8[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgSMUuXMSJmrwICCAAw\n"
                                      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEP9Tth2WG2sONscLzjwtiYIEgZBB\n"
                                      "59doau354eWpZFKReYnkkXJYNa5jH6kAecxb4cKK58lDxt7eKqbokfj+vL2dyFVt\n"
                                      "zrksi0jUevsAUvsyOv2CDkkLQjoRFnbe2xaFEU1lKZ1M/lq/CtkzCAkJ0mLB30ta\n"
                                      "J8RFFAks9ilNrsJiKKkxA4m+ZIo+qeJ10jpNILtmOF2Y7x6Sfr0uHmaq6FDT+l8=\n"
                                      "-----END ENCRYPTED PRIVATE KEY-----\n";
static const char encrypted_sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                     "Proc-Type: 4,ENCRYPTED\n"
                                     "DEK-Info: AES-256-CBC,F7F4A962BCE7558639885FFFFB38B31C\n"
                                     "\n"
                                     "TBWStgNmn6oUzqmSBzu6H3AsEkk2uru9CfHR7bTE/XPzHMxr7K+bE26G6Zdi6km0\n"
                                     "YihuUnI6No1QhcoH90CETEFugQ1wz4aThXRstvdsVckE4ErraYVOsgFdsRQ31dHY\n"
                                     "iLfFVFby64WNQN+co8Df+E2mhN6XxkAob7TSqJtT8No=\n"
                                     "-----END EC PRIVATE KEY-----\n";
static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIIBCzCBsqADAgECAgISNDAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDAR0ZXN0MB4X\n"
                                  "DTI2MDEwMTAwMDAwMFoXDTM2MDEwMTAwMDAwMFowDzENMAsGA1UEAwwEdGVzdDBZ\n"
                                  "MBMGByqGSM49AgEGCCqGSM49AwEHA0IABGD+1LolWp0xyWHrdMY1bWjASbiSO2H6\n"
                                  "bOZpYi5g8p+2eQP+EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpkwCgYIKoZI\n"
                                  "zj0EAwIDSAAwRQIgdDma8adPem80hOl377iYAxF8qmlSY+95uzoGEUN1oy8CIQCv\n"
                                  "dncr75CUuhppai1X/roNGTDNk45+kDwkU9VzJ9VCoA==\n"
                                  "-----END CERTIFICATE-----\n";
static const char p521_public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                      "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAZSvzxSknpDLHPbwzkcBOsL96WW79\n"
                                      "tT8NJM8D2rjxd6zkODwMbV4wFCNxEv6vE355oynX4ebYkxc41atQluyPMHgBW+bv\n"
                                      "G91mAdbsiitzEUqBEpEc2P6Ohy4AUe3YF8mgNHCHu2iXyQcs83QxFUAhHPX/edHw\n"
                                      "ByVzVPf4FzzD6N6wkMs=\n"
                                      "-----END PUBLIC KEY-----\n";
static const char p521_pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
                                 "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAAAAAAAAAAAAAAAAA\n"
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                 "AAAAAAWhgYkDgYYABABlK/PFKSekMsc9vDORwE6wv3pZbv21Pw0kzwPauPF3rOQ4\n"
                                 "PAxtXjAUI3ES/q8TfnmjKdfh5tiTFzjVq1CW7I8weAFb5u8b3WYB1uyKK3MRSoES\n"
                                 "kRzY/o6HLgBR7dgXyaA0cIe7aJfJByzzdDEVQCEc9f950fAHJXNU9/gXPMPo3rCQ\n"
                                 "yw==\n"
                                 "-----END PRIVATE KEY-----\n";
static const char rsa_public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                     "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAgID1JZ6jMxdztr/hoVRE\n"
                                     "YtinAa/mABBm/obcnz5zYkVLc6989GblThUUD5ZoQbok15cRb6J6fdqWE1B36kAb\n"
                                     "cb8O7+cLH/uRp0v7OMu77UVi3tuTscX5PvIFuXK6w9HWM0/AVfjD1XrL+4mpJM5m\n"
                                     "bWqUuWOKElAReQcTTJ8TzYVrWFcOMXLW4/L/dwe1kngpkZwGz6RXjbrMHXHxZ4iN\n"
                                     "Hi1C+gZGHNDQcN3NxonvdNplbYVDXw5j/9Ox3OCjiw70s2uNkAr9+5LNAC18zmgt\n"
                                     "0DaNXS+UgF7bCb6bzwSuq0JYiQ/fEk/nbHg7/Hp52XlJfl2Bu8y5xg7VyLQlEgZG\n"
                                     "jQIDAQAB\n"
                                     "-----END PUBLIC KEY-----\n";
static const char rsa_private_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                      "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCAgPUlnqMzF3O2\n"
                                      "v+GhVERi2KcBr+YAEGb+htyfPnNiRUtzr3z0ZuVOFRQPlmhBuiTXlxFvonp92pYT\n"
                                      "UHfqQBtxvw7v5wsf+5GnS/s4y7vtRWLe25Oxxfk+8gW5crrD0dYzT8BV+MPVesv7\n"
                                      "iakkzmZtapS5Y4oSUBF5BxNMnxPNhWtYVw4xctbj8v93B7WSeCmRnAbPpFeNuswd\n"
                                      "cfFniI0eLUL6BkYc0NBw3c3Gie902mVthUNfDmP/07Hc4KOLDvSza42QCv37ks0A\n"
                                      "LXzOaC3QNo1dL5SAXtsJvpvPBK6rQliJD98ST+dseDv8ennZeUl+XYG7zLnGDtXI\n"
                                      "tCUSBkaNAgMBAAECggEAEwMWrK2x/JhO1O4Xs6GUNUGo7Sgj8cTQ0CiOJ1Cl4UIE\n"
                                      "/e/Wn2btLHu+35LZCEcXi1QSTtTC+wV7kw5NPORQ4H0sIxSpAd7bol0B+q8Ii1Fq\n"
                                      "5Yj8FYmyV3yW7zneZaQROmnlYsgu2nypWvpM2EwMkx9OiLfa5jG1cWq5Zr/ZvgbL\n"
                                      "0GEBlJuuxCxhW459nTpA0cbGdOz10NaOiNC9t3IW+aL72rBV/c2LZZE6SMNz8DB5\n"
                                      "vlfnqwL8+4KTm0ZZPAdihQxe2jNbBUZjIRyuNUlbY7Euxc3f6mX2oFbuBOjcj37J\n"
                                      "lZD9fLln93ca685HrkwU8gRBDR37kvjD3tN4jMk5ywKBgQC1qD1sEB/NP9QYZvWt\n"
                                      "YFTz8Skb3COpvNS02i7B/dBeQ6W5TFaFUGAVxRhhWjEUNVz2qO3TPse0aXyRrsvC\n"
                                      "36ltA3NF/cV35x1CkUXyxEL0gaMtEWy2sn7J85bb34/2Kn+6htPSkVuDWqANHOxj\n"
                                      "F0eHBcgt7CFIFBJV2Fc66KYHCwKBgQC1F/d4T3xtKL1K+qdJsaQ/uYzsE6dmc6rQ\n"
                                      "AbGzE2Oxl14l8a0KyXyb+tnrgYhyCTNXU9vt6sbZ3tNzVU2dnHeogu9c10JoJ2w5\n"
                                      "KtTYyPcqPSF4IO/23+pha58/8RrV0419UWCncHXjehLxtMYWmj7OArW62WFipa/p\n"
                                      "Q31yCcCHxwKBgH2vic/a2CYKo5S+p/ztSdn+YZMFHSeznvgCfZd7JVATPfaW+sYC\n"
                                      "dniZheTVol95DHkdKG+gYExTL/0cE58hYPgsCvXCP35WSchk+yCc6jaB+4STKcS+\n"
                                      "ezr/bsFyTQjlHrrPzn9CUy7u5Q4tlOB6muKw/W/IkL5uJMGAjdoUXctBAoGADZbs\n"
                                      "1TRxy+dAvT2uDBOulbGg555Z85A+gzl9UkjkNFF9mS9XovWXykS60bd4u8YA+k6q\n"
                                      "tGHn5jWYfJEsL+Wr/RNGTxtAOnyq3GdgbZw3IA5SUqd2GnqXJhRjcPLw5pbniT3w\n"
                                      "GOCRmC5y+XxtWQjeKat+Y7UoX7S7TK/p3ALrVcUCgYBpmaa2G8uISv4mU8WNrb7X\n"
                                      "loAaI/fF/qLVJmXVlViVLN7vIjTPwvW2NQWolnQ/BRmYVgON9GuuEDbrclI97mz0\n"
                                      "DhKc4opqw5GR8oOtS+IxJdmrpg/EDesNgpqbI61FxjnGVM8lRDF2+Xx8y9sozEPH\n"
                                      "zJ+ALVxtZaqqhRjnnbImJw==\n"
                                      "-----END PRIVATE KEY-----\n";
static const char rsa_1024[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCe1c8WvcnheyKjhD8CBPlspc2e\n"
                               "fmE2rLUzUS6NLsnQ8/GvLXX+A7Gy4rEy7OjFMOreH+VxYm8y/cZhh4ZikdmAPVel\n"
                               "W8jUy3nlwA2qElE045HxlyWdlxiHdtMGAYbTQDoL1OajwIZxFgZZ/Qj32w3OOOcB\n"
                               "odnb8UE1qHcs/pkfEQIDAQAB\n"
                               "-----END PUBLIC KEY-----\n";
static const char secp256k1[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEL4veTRoHIJNVtKclClxRKOiLhL3cYZq3\n"
                                "y6jVabJA7+TYrCImNuXj1tTbqd2mycQm94gnG6sNaEDcqH06pqxi1g==\n"
                                "-----END PUBLIC KEY-----\n";
static const char secp256k1_private[] = "-----BEGIN PRIVATE KEY-----\n"
                                        "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAA\n"
                                        "AAAAAAAAAAAAAAAAAAAAAAWhRANCAAQvi95NGgcgk1W0pyUKXFEo6IuEvdxhmrfL\n"
                                        "qNVpskDv5NisIiY25ePW1Nup3abJxCb3iCcbqw1oQNyofTqmrGLW\n"
                                        "-----END PRIVATE KEY-----\n";

/* The same key's SubjectPublicKeyInfo with its point compressed. */
#define COMPRESSED_SPKI                                                                                      \
    "3039301306072a8648ce3d020106082a8648ce3d0301070322000360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6c" \
    "e669622e60f29fb6"
#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

static void assert_point(const tps_crypto_key *key)
{
    tps_buf x = bytes_from_hex(X);
    tps_buf y = bytes_from_hex(Y);
    tps_crypto_point point;

    assert_status(tps_crypto_key_point(key, &point), TPS_OK);
    assert_int_equal(point.curve, TPS_CURVE_P256);
    assert_span(tps_span_make(point.x, 32), span_of(x));
    assert_span(tps_span_make(point.y, 32), span_of(y));
    free(x.data);
    free(y.data);
}

static void assert_read(const char *text, bool is_private)
{
    tps_buf exact = exact_copy(tps_span_of_text(text)); /* without the zero at its end */
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_pem(span_of(exact), &key), TPS_OK);
    assert_point(key);
    assert_int_equal(tps_crypto_key_is_private(key), is_private);
    tps_crypto_key_free(key);
    free(exact.data);
}

static void assert_refused(const char *text)
{
    tps_buf exact = exact_copy(tps_span_of_text(text));
    tps_crypto_key *key = NULL;

    assert_status(tps_crypto_key_from_pem(span_of(exact), &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    free(exact.data);
}

static void every_form_of_a_key_is_read(void **state)
{
    (void)state;
    assert_read(public_key, false);
    assert_read(pkcs8, true);
    assert_read(sec1, true);
    assert_read(certificate, false);
}

static void text_before_and_behind_is_left_alone(void **state)
{
    char text[2048];

    (void)state;
    snprintf(text, sizeof text, "this is my key\n%sand that is all\n", public_key);
    assert_read(text, false);
    snprintf(text, sizeof text, "%s%s", certificate, pkcs8);
    assert_read(text, true); /* a private key comes before a certificate, wherever it stands */
    snprintf(text, sizeof text, "%s%s", pkcs8, public_key);
    assert_read(text, false); /* and a public key before both */
}

static void a_private_key_signs(void **state)
{
    tps_crypto_key *key = NULL;
    tps_crypto_key *public_part = NULL;
    uint8_t signature[64];
    size_t size = 0;

    (void)state;
    assert_status(tps_crypto_key_from_pem(tps_span_of_text(sec1), &key), TPS_OK);
    assert_status(tps_crypto_key_from_pem(tps_span_of_text(public_key), &public_part), TPS_OK);
    assert_status(
        tps_crypto_sign_message(key, TPS_ALG_ES256, TPS_SPAN_LITERAL("x"), TPS_BUF_OF(signature), &size),
        TPS_OK);
    assert_status(
        tps_crypto_verify_message(public_part, TPS_ALG_ES256, TPS_SPAN_LITERAL("x"), TPS_SPAN_OF(signature)),
        TPS_OK);
    tps_crypto_key_free(key);
    tps_crypto_key_free(public_part);
}

static void p521_and_rsa_keys_are_read(void **state)
{
    tps_crypto_key *key = NULL;

    (void)state;
    assert_status(tps_crypto_key_from_pem(tps_span_of_text(p521_public_key), &key), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(key), TPS_CURVE_P521);
    assert_false(tps_crypto_key_is_private(key));
    tps_crypto_key_free(key);
    assert_status(tps_crypto_key_from_pem(tps_span_of_text(p521_pkcs8), &key), TPS_OK);
    assert_int_equal(tps_crypto_key_curve(key), TPS_CURVE_P521);
    assert_true(tps_crypto_key_is_private(key));
    tps_crypto_key_free(key);
    assert_status(tps_crypto_key_from_pem(tps_span_of_text(rsa_public_key), &key), TPS_OK);
    assert_int_equal(tps_crypto_key_kind(key), TPS_KEY_RSA);
    tps_crypto_key_free(key);
}

static void encrypted_keys_and_keys_of_other_kinds_are_refused(void **state)
{
    (void)state;
    assert_refused(encrypted_pkcs8);
    assert_refused(encrypted_sec1);
    assert_refused(rsa_private_key); /* nothing here signs with one */
    assert_refused(rsa_1024);
    assert_refused(secp256k1);
    assert_refused(secp256k1_private);
}

static void what_is_no_pem_is_refused(void **state)
{
    static const char *const samples[] = {
        "",
        "\n",
        "no key at all",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_refused(samples[i]);
    }
    assert_refused("");
}

/* A text cut anywhere is no key; the last line's end may be missing. */
static void a_text_cut_short_is_refused(void **state)
{
    static const char *const texts[] = {public_key, pkcs8, sec1, certificate};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        size_t size = strlen(texts[i]);

        for (size_t cut = 0; cut + 1 < size; cut++) {
            tps_buf exact = exact_copy(tps_span_make(texts[i], cut));
            tps_crypto_key *key = NULL;

            assert_status(tps_crypto_key_from_pem(span_of(exact), &key), TPS_CRYPTO_BAD_KEY);
            assert_null(key);
            free(exact.data);
        }
    }
}

static void a_compressed_point_in_spki_is_read(void **state)
{
    tps_buf spki = bytes_from_hex(COMPRESSED_SPKI);
    tps_crypto_key *key = NULL;

    (void)state;
    assert_status(tps_crypto_key_from_spki(span_of(spki), &key), TPS_OK);
    assert_point(key);
    tps_crypto_key_free(key);
    spki.data[26] = 5; /* no form of a point */
    assert_status(tps_crypto_key_from_spki(span_of(spki), &key), TPS_CRYPTO_BAD_KEY);
    assert_null(key);
    free(spki.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_key_is_read),
        cmocka_unit_test(text_before_and_behind_is_left_alone),
        cmocka_unit_test(a_private_key_signs),
        cmocka_unit_test(p521_and_rsa_keys_are_read),
        cmocka_unit_test(encrypted_keys_and_keys_of_other_kinds_are_refused),
        cmocka_unit_test(what_is_no_pem_is_refused),
        cmocka_unit_test(a_text_cut_short_is_refused),
        cmocka_unit_test(a_compressed_point_in_spki_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
