/* SPDX-License-Identifier: Apache-2.0 */
/* A maker's folder: made once, opened by everything else. */
#include "factory/maker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "factory/pem.h"
#include "format/text/utf8.h"
#include "tps/cbor.h"
#include "tps/secret.h"

enum { HOUR = 3600 };
static const int64_t year = 365LL * 24 * HOUR;

/** The three keys of a maker: file names, subject, years. */
typedef struct {
    const char *file; /**< "ca": keys/ca.key and ca.pem */
    const char *title;
    bool is_ca;
    int years;
    tps_x509_purpose purpose;
} key_plan;

static const key_plan ca_plan = {"ca", "Device CA", true, 30, TPS_X509_ANY_PURPOSE};
static const key_plan endorsement_plan = {"endorsement", "Endorsement signer", false, 10,
                                          TPS_X509_ENDORSEMENTS};
static const key_plan release_plan = {"release", "Release signer", false, 10, TPS_X509_RELEASES};

static const char readme[] =
    "%s: a device maker's folder, made by `tps factory init`\n"
    "%s"
    "\n"
    "SECRET, keep offline or in an HSM, never send to anyone:\n"
    "  keys/ca.key            certifies devices and the two signers below\n"
    "  keys/endorsement.key   signs what you say of your devices to service providers\n"
    "  keys/release.key       signs your firmware\n"
    "These keys lie in plain files, protected by nothing but the file system.\n"
    "\n"
    "For service providers:\n"
    "  ca.pem                 your CA: who trusts it, trusts your devices      tps tenant trust TENANT ca.pem\n"
    "  endorsements/*.corim   attestation keys of devices, and reference values of releases, signed;\n"
    "                         *.psa.corim for PSA verifiers (RFC 9783), *.opentps.corim for the opentps profile,\n"
    "                         *.dice.corim for devices that attest by the key that their code certifies\n"
    "\n"
    "Yours:\n"
    "  endorsement.pem, release.pem   certificates of the two signers\n"
    "  releases/MODEL/        images with their signed manifests; `latest` lists what a new device gets\n"
    "  devices/SERIAL/        a folder a device, to be put onto it; its boot/ and secure/ must never be copied\n"
    "  devices.csv            every device made: serial number, model, instance id, time\n"
    "  maker.conf             your name\n";

static const char readme_demonstration[] =
    "\n"
    "INSECURE, FOR DEMONSTRATIONS ONLY: this maker is certified by the demonstration CA of opentps, whose private key is\n"
    "public, and the secrets of its devices are files. Everything refuses it unless told otherwise with --demo.\n";

bool factory_is_name(const char *name, size_t most)
{
    size_t size = strlen(name);

    return size > 0 && size <= most && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == size &&
           name[0] != '-' && name[0] != '.';
}

/* ---- init ---- */

static tps_status write_certificate(const char *folder, const char *file, tps_span der,
                                    tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    char pem[FACTORY_PEM_SIZE(FACTORY_CERTIFICATE_MAX)];
    size_t size = factory_pem_write("CERTIFICATE", der, pem);

    TPS_TRY(factory_path(path, problem, "%s/%s.pem", folder, file));
    return factory_write(path, 0644, tps_span_make(pem, size), problem);
}

static tps_status write_key(const char *folder, const char *file, const tps_crypto_key *key,
                            tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    char pem[FACTORY_KEY_PEM_SIZE];
    size_t size = 0;
    tps_status status = factory_path(path, problem, "%s/keys/%s.key", folder, file);

    if (status == TPS_OK) {
        status = factory_pem_write_key(key, pem, &size);
        status = status == TPS_OK ? factory_write(path, 0600, tps_span_make(pem, size), problem)
                                  : factory_fail_status(problem, status, path);
    }
    tps_wipe(pem, sizeof(pem));
    return status;
}

/** A new key, certified by `issuer`, or by itself if that is NULL; both written to the folder. */
static tps_status make_signer(const char *folder, const char *name, const key_plan *plan,
                              const factory_signer *issuer, factory_signer *out, tps_factory_problem *problem)
{
    char subject[TPS_FACTORY_NAME_MAX + 32];
    tps_x509_request request = {.common_name = subject,
                                .organization = name,
                                .ca = plan->is_ca,
                                .path_length = -1,
                                .purpose = plan->purpose};
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &out->key);
    size_t size = 0;

    (void)snprintf(subject, sizeof(subject), "%s %s", name, plan->title);
    request.not_before = factory_now() - HOUR;
    request.not_after = factory_now() + plan->years * year;
    if (status == TPS_OK) {
        status = tps_x509_issue(&request, out->key, issuer == NULL ? TPS_SPAN_EMPTY : issuer->der,
                                issuer == NULL ? out->key : issuer->key, TPS_BUF_OF(out->bytes), &size);
    }
    if (status != TPS_OK) {
        return factory_fail_status(problem, status, plan->title);
    }
    out->der = tps_span_make(out->bytes, size);
    TPS_TRY(write_key(folder, plan->file, out->key, problem));
    return write_certificate(folder, plan->file, out->der, problem);
}

static tps_status check_name(const char *name, tps_factory_problem *problem)
{
    bool good =
        name[0] != '\0' && strlen(name) <= TPS_FACTORY_NAME_MAX && utf8_is_valid(tps_span_of_text(name));

    for (const char *c = name; *c != '\0'; c++) {
        good = good && (unsigned char)*c >= ' ' && *c != 0x7f;
    }
    return good ? TPS_OK
                : factory_fail(problem, TPS_BAD_ARGUMENT, "give --name \"Your Company\"",
                               "a maker's name is 1 to %u bytes of text in UTF-8", TPS_FACTORY_NAME_MAX);
}

static tps_status write_texts(const char *folder, const char *name, bool is_demonstration,
                              tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    char text[sizeof(readme) + sizeof(readme_demonstration) + TPS_FACTORY_NAME_MAX];
    int size = snprintf(text, sizeof(text), "name = %s\ndemonstration = %s\n", name,
                        is_demonstration ? "yes" : "no");

    TPS_TRY(factory_path(path, problem, "%s/maker.conf", folder));
    TPS_TRY(factory_write(path, 0644, tps_span_make(text, (size_t)size), problem));
    size = snprintf(text, sizeof(text), readme, name, is_demonstration ? readme_demonstration : "");
    TPS_TRY(factory_path(path, problem, "%s/README.txt", folder));
    return factory_write(path, 0644, tps_span_make(text, (size_t)size), problem);
}

static tps_status make_folders(const char *folder, tps_factory_problem *problem)
{
    static const char *const open_folders[] = {"releases", "endorsements", "devices"};
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_make_folder(folder, 0755, problem));
    TPS_TRY(factory_path(path, problem, "%s/keys", folder));
    TPS_TRY(factory_make_folder(path, 0700, problem));
    for (size_t i = 0; i < sizeof(open_folders) / sizeof(open_folders[0]); i++) {
        TPS_TRY(factory_path(path, problem, "%s/%s", folder, open_folders[i]));
        TPS_TRY(factory_make_folder(path, 0755, problem));
    }
    return TPS_OK;
}

static tps_status read_demo_ca(const tps_factory_demo_ca *demo_ca, factory_signer *out,
                               tps_factory_problem *problem)
{
    size_t count = 1;
    tps_status status = tps_crypto_key_from_pem(demo_ca->key, &out->key);

    if (status == TPS_OK) {
        status = tps_x509_from_pem(demo_ca->certificate, TPS_BUF_OF(out->bytes), &out->der, &count);
    }
    return status == TPS_OK ? TPS_OK : factory_fail_status(problem, status, "the demonstration CA");
}

static tps_status make_signers(const char *folder, const char *name, const factory_signer *root,
                               factory_maker *made, tps_factory_problem *problem)
{
    TPS_TRY(make_signer(folder, name, &ca_plan, root, &made->ca, problem));
    TPS_TRY(make_signer(folder, name, &endorsement_plan, &made->ca, &made->endorsement, problem));
    return make_signer(folder, name, &release_plan, &made->ca, &made->release, problem);
}

tps_status tps_factory_init(const char *folder, const char *name, const tps_factory_demo_ca *demo_ca,
                            tps_factory_problem *problem)
{
    factory_maker *made;
    factory_signer root = {.key = NULL};
    tps_status status;

    TPS_TRY(check_name(name, problem));
    if (!factory_is_free(folder)) {
        return factory_fail(problem, TPS_STORE_EXISTS, "choose another folder; nothing is overwritten",
                            "%s is there already and not empty", folder);
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return factory_fail_status(problem, TPS_OUT_OF_MEMORY, folder);
    }
    made->lock = -1;
    status = demo_ca == NULL ? TPS_OK : read_demo_ca(demo_ca, &root, problem);
    if (status == TPS_OK) {
        status = make_folders(folder, problem);
    }
    if (status == TPS_OK) {
        status = make_signers(folder, name, demo_ca == NULL ? NULL : &root, made, problem);
    }
    if (status == TPS_OK) {
        status = write_texts(folder, name, demo_ca != NULL, problem);
    }
    tps_crypto_key_free(root.key);
    factory_maker_close(made);
    free(made);
    return status;
}

/* ---- open ---- */

static tps_status load_key(const char *folder, const char *file, factory_signer *out,
                           tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    tps_buf pem;
    size_t count = 1;
    tps_status status;

    TPS_TRY(factory_path(path, problem, "%s/keys/%s.key", folder, file));
    TPS_TRY(factory_read(path, 4096, &pem, problem));
    status = tps_crypto_key_from_pem(factory_span(pem), &out->key);
    tps_wipe(pem.data, pem.size);
    free(pem.data);
    if (status != TPS_OK) {
        return factory_fail_status(problem, status, path);
    }
    TPS_TRY(factory_path(path, problem, "%s/%s.pem", folder, file));
    TPS_TRY(factory_read(path, 8192, &pem, problem));
    status = tps_x509_from_pem(factory_span(pem), TPS_BUF_OF(out->bytes), &out->der, &count);
    free(pem.data);
    return status == TPS_OK ? TPS_OK : factory_fail_status(problem, status, path);
}

/** "name = ..." and "demonstration = yes|no". */
static tps_status load_conf(factory_maker *maker, tps_factory_problem *problem)
{
    char path[TPS_FACTORY_PATH_MAX];
    char answer[8] = "";
    tps_buf text;
    int found;

    TPS_TRY(factory_path(path, problem, "%s/maker.conf", maker->folder));
    if (!factory_exists(path)) {
        return factory_fail(problem, TPS_NOT_FOUND, "make one: tps factory init DIR --name \"Your Company\"",
                            "%s is no maker's folder", maker->folder);
    }
    TPS_TRY(factory_read(path, 1024, &text, problem));
    found = sscanf((const char *)text.data, "name = %45[^\n]\ndemonstration = %7[a-z]", maker->name, answer);
    free(text.data);
    if (found != 2) {
        return factory_fail(problem, TPS_BAD_ARGUMENT, "restore it from a backup", "%s cannot be understood",
                            path);
    }
    maker->is_demonstration = strcmp(answer, "yes") == 0;
    return TPS_OK;
}

static tps_status load_keys(factory_maker *maker, tps_factory_problem *problem)
{
    uint8_t spki[128];
    tps_digest digest;
    size_t size;
    tps_status status;

    TPS_TRY(load_key(maker->folder, ca_plan.file, &maker->ca, problem));
    TPS_TRY(load_key(maker->folder, endorsement_plan.file, &maker->endorsement, problem));
    TPS_TRY(load_key(maker->folder, release_plan.file, &maker->release, problem));
    status = tps_crypto_key_spki(maker->ca.key, TPS_BUF_OF(spki), &size);
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest);
    }
    if (status != TPS_OK) {
        return factory_fail_status(problem, status, "the maker's CA");
    }
    memcpy(maker->ca_id, digest.bytes, sizeof(maker->ca_id));
    return TPS_OK;
}

/** Two at once would give the same serial numbers, and lose lines of `latest`: the second waits. */
static tps_status lock_folder(factory_maker *maker, tps_factory_problem *problem)
{
    int result;

    maker->lock = open(maker->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    do {
        result = maker->lock < 0 ? -1 : flock(maker->lock, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? TPS_OK
                       : factory_fail(problem, TPS_IO, "check the folder and its file system",
                                      "cannot lock %s: %s", maker->folder, strerror(errno));
}

tps_status factory_maker_open(const char *folder, factory_maker *maker, tps_factory_problem *problem)
{
    tps_status status;

    memset(maker, 0, sizeof(*maker));
    maker->folder = folder;
    maker->lock = -1;
    status = load_conf(maker, problem);
    if (status == TPS_OK) {
        status = lock_folder(maker, problem);
    }
    if (status == TPS_OK) {
        status = load_keys(maker, problem);
    }
    if (status != TPS_OK) {
        factory_maker_close(maker);
    }
    return status;
}

void factory_maker_close(factory_maker *maker)
{
    tps_crypto_key_free(maker->ca.key);
    tps_crypto_key_free(maker->endorsement.key);
    tps_crypto_key_free(maker->release.key);
    maker->ca.key = NULL;
    maker->endorsement.key = NULL;
    maker->release.key = NULL;
    if (maker->lock >= 0) {
        (void)close(maker->lock);
        maker->lock = -1;
    }
}

tps_status factory_class_id(const factory_maker *maker, const char *model, uint8_t id[32],
                            tps_factory_problem *problem)
{
    uint8_t encoded[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_digest digest;
    tps_span name;
    tps_status status;

    tps_cbor_put_array(&w, 3);
    tps_cbor_put_text(&w, "opentps class");
    tps_cbor_put_bytes(&w, TPS_SPAN_OF(maker->ca_id));
    tps_cbor_put_text(&w, model);
    status = tps_cbor_writer_finish(&w, &name);
    if (status == TPS_OK) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, name, &digest);
    }
    if (status != TPS_OK) {
        return factory_fail_status(problem, status, model);
    }
    memcpy(id, digest.bytes, 32);
    return TPS_OK;
}
