/* Our Signature Version 4 against two signers that others wrote: random requests must get the same
 * signature from all. (Against a server that verifies: src/blob/s3-test.c.) */
#include "base/json_writer.h"
#include "blob/sigv4.h"
#include "tests/support.h"

#include <string.h>

enum { NUM_REQUESTS = 200, MAX_PAIRS = 4 };

static const SigV4Credentials credentials = { "AKID/EXAMPLE", "a/secret+key=with", "eu-central-1" };
static const Timestamp day = SECONDS(1764000000);
static const char date[] = "20251124T160000Z";

typedef struct {
    char *path;
    SigV4Pair query[MAX_PAIRS], headers[MAX_PAIRS];
    guint num_query, num_headers;
} RandomRequest;

/* Text of characters that are encoded, kept, or sorted in surprising places. */
static char *
random_text(GRand *random, const char *alphabet, guint max_length)
{
    GString *text = g_string_new(NULL);
    guint length = (guint)g_rand_int_range(random, 1, (gint32)max_length + 1);
    for (guint i = 0; i < length; i++) {
        g_string_append_unichar(
            text, g_utf8_get_char(g_utf8_offset_to_pointer(
                      alphabet, g_rand_int_range(random, 0, (gint32)g_utf8_strlen(alphabet, -1)))));
    }
    return g_string_free(text, FALSE);
}

static RandomRequest
random_request(GRand *random)
{
    static const char any[] = "abzAZ019-._~ +%=&?/#!'()*$,:;@[]\"<>\\^`{|}\303\251\346\227\245";
    RandomRequest request = { 0 };
    g_autofree char *key = random_text(random, "abcXYZ019-_.~ +=&!()'*$,:;@\303\251/", 20);
    /* A signer that normalises paths would differ on "//", which no key of ours has. */
    g_auto(GStrv) segments = g_strsplit(key, "/", -1);
    GString *path = g_string_new("/bucket");
    for (char **segment = segments; *segment != NULL; segment++) {
        if (**segment != '\0' && strcmp(*segment, ".") != 0 && strcmp(*segment, "..") != 0) {
            g_string_append_printf(path, "/%s", *segment);
        }
    }
    request.path = g_string_free(path, FALSE);
    request.num_query = (guint)g_rand_int_range(random, 0, MAX_PAIRS + 1);
    for (guint i = 0; i < request.num_query; i++) {
        bool has_value = g_rand_boolean(random);
        /* Names differ: aws4 leaves a second one of the same name out. */
        g_autofree char *rest = random_text(random, "aAb-._~1", 3);
        request.query[i] = (SigV4Pair){ g_strdup_printf("%c%s", "aB-c"[i], rest),
                                        has_value ? random_text(random, any, 8) : g_strdup("") };
    }
    /* Without "range", which aws4 does not sign. */
    static const char *const names[] = { "content-md5", "x-amz-meta-a", "x-amz-meta-a-b",
                                         "if-none-match" };
    request.num_headers = (guint)g_rand_int_range(random, 0, MAX_PAIRS + 1);
    for (guint i = 0; i < request.num_headers; i++) {
        request.headers[i] = (SigV4Pair){ names[i], random_text(random, "ab=,* 01-", 10) };
        g_strstrip((char *)request.headers[i].value);
    }
    return request;
}

static void
random_request_clear(RandomRequest *request)
{
    g_free(request->path);
    for (guint i = 0; i < request->num_query; i++) {
        g_free((char *)request->query[i].name);
        g_free((char *)request->query[i].value);
    }
    for (guint i = 0; i < request->num_headers; i++) {
        g_free((char *)request->headers[i].value);
    }
}

static const char payload[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

static char *
sign(const RandomRequest *random)
{
    SigV4Request request = { .method = "PUT",
                             .host = "s3.example.com",
                             .path = random->path,
                             .query = random->query,
                             .num_query = random->num_query,
                             .headers = random->headers,
                             .num_headers = random->num_headers,
                             .payload_sha256 = payload };
    g_auto(SigV4Signed) sent = { 0 };
    sigv4_sign(&credentials, &request, day, &sent);
    const char *last = sent.headers[g_strv_length(sent.headers) - 1];
    return g_strdup(strstr(last, "Signature=") + strlen("Signature="));
}

/* The request as the other signers read it, and our signature of it. */
static void
append_request(GString *input, GPtrArray *signatures, GRand *random)
{
    RandomRequest request = random_request(random);
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_string(json, "method", "PUT");
    json_string(json, "host", "s3.example.com");
    json_string(json, "path", request.path);
    json_begin_array(json, "query");
    for (guint i = 0; i < request.num_query; i++) {
        json_begin_array(json, NULL);
        json_string(json, NULL, request.query[i].name);
        json_string(json, NULL, request.query[i].value);
        json_end_array(json);
    }
    json_end_array(json);
    json_begin_object(json, "headers");
    for (guint i = 0; i < request.num_headers; i++) {
        json_string(json, request.headers[i].name, request.headers[i].value);
    }
    json_end_object(json);
    json_string(json, "payload_sha256", payload);
    json_string(json, "date", date);
    json_string(json, "region", credentials.region);
    json_string(json, "access_key", credentials.access_key);
    json_string(json, "secret_key", credentials.secret_key);
    json_end_object(json);
    g_string_append_printf(input, "%s\n", json_writer_text(json)->str);
    g_ptr_array_add(signatures, sign(&request));
    random_request_clear(&request);
}

/* Gives the same requests to the signer that COMMAND runs (a shell command that reads "$1"). */
static void
compare_with(const char *command)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(GString) input = g_string_new(NULL);
    g_autoptr(GPtrArray) signatures = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < NUM_REQUESTS; i++) {
        append_request(input, signatures, random);
    }
    g_auto(TempDir) dir = temp_dir_new();
    write_file(dir, "requests", input->str, input->len);
    g_autofree char *path = g_build_filename(dir, "requests", NULL);
    const char *argv[] = { "sh", "-c", command, "sh", path, NULL };
    g_auto(CommandResult) result = run_command(SOURCE_ROOT "/tests", argv);
    if (result.status == 77) {
        g_test_skip("the other signer is not installed");
        return;
    }
    assert_status(&result, 0);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(result.out), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, NUM_REQUESTS);
    for (guint i = 0; i < NUM_REQUESTS; i++) {
        g_test_message("request %u", i);
        g_assert_cmpstr(signatures->pdata[i], ==, lines[i]);
    }
}

static void
test_botocore(void)
{
    compare_with("for python in python3 /usr/bin/python3; do status=0\n"
                 "$python sigv4.py < \"$1\" || status=$?\n"
                 "[ $status -eq 77 ] || exit $status; done; exit 77");
}

static void
test_aws4(void)
{
    compare_with("[ -d node/node_modules/aws4 ] || exit 77; node node/sigv4.mjs < \"$1\"");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/signature/botocore", test_botocore);
    g_test_add_func("/signature/aws4", test_aws4);
    return g_test_run();
}
