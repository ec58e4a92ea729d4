#include "blob/sigv4.h"

#include <string.h>

/* The worked examples of
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
static const SigV4Credentials example = { "AKIAIOSFODNN7EXAMPLE",
                                          "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1" };
static const char host[] = "examplebucket.s3.amazonaws.com";
static const char empty_payload[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const Timestamp day = SECONDS(1369353600); /* 2013-05-24 */

static void
assert_signature(const SigV4Request *request, const char *expected)
{
    g_auto(SigV4Signed) sent = { 0 };
    sigv4_sign(&example, request, day, &sent);
    const char *last = sent.headers[g_strv_length(sent.headers) - 1];
    g_assert_true(g_str_has_prefix(last, "authorization:AWS4-HMAC-SHA256 Credential="
                                         "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                                         "aws4_request,SignedHeaders=host;"));
    g_assert_cmpstr(strstr(last, "Signature="), ==, expected);
}

static void
test_get_object(void)
{
    const SigV4Pair headers[] = { { "range", "bytes=0-9" } };
    SigV4Request request = { .method = "GET",
                             .host = host,
                             .path = "/test.txt",
                             .headers = headers,
                             .num_headers = 1,
                             .payload_sha256 = empty_payload };
    assert_signature(&request, "Signature="
                               "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void
test_put_object(void)
{
    const SigV4Pair headers[] = { { "x-amz-storage-class", "REDUCED_REDUNDANCY" },
                                  { "date", "Fri, 24 May 2013 00:00:00 GMT" } };
    SigV4Request request = {
        .method = "PUT",
        .host = host,
        .path = "/test$file.text",
        .headers = headers,
        .num_headers = 2,
        .payload_sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
    };
    g_auto(SigV4Signed) sent = { 0 };
    sigv4_sign(&example, &request, day, &sent);
    g_assert_cmpstr(sent.target, ==, "/test%24file.text");
    const char *last = sent.headers[g_strv_length(sent.headers) - 1];
    g_assert_cmpstr(strstr(last, "Signature="), ==,
                    "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void
test_query_without_a_value(void)
{
    const SigV4Pair query[] = { { "lifecycle", "" } };
    SigV4Request request = { .method = "GET",
                             .host = host,
                             .path = "/",
                             .query = query,
                             .num_query = 1,
                             .payload_sha256 = empty_payload };
    assert_signature(&request, "Signature="
                               "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void
test_list_objects(void)
{
    const SigV4Pair query[] = { { "prefix", "J" }, { "max-keys", "2" } };
    SigV4Request request = { .method = "GET",
                             .host = host,
                             .path = "/",
                             .query = query,
                             .num_query = 2,
                             .payload_sha256 = empty_payload };
    assert_signature(&request, "Signature="
                               "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

/* Names are compared apart from values: "a=" comes before "a-b=", though '-' is less than '='. */
static void
test_order_of_the_query(void)
{
    const SigV4Pair query[] = {
        { "a-b", "1" }, { "a", "~ /=" }, { "a", "!" }, { "A", "\xc3\xa9" }
    };
    SigV4Request request = { .method = "GET",
                             .host = host,
                             .path = "/k y/\xc3\xa9",
                             .query = query,
                             .num_query = 4,
                             .payload_sha256 = empty_payload };
    g_auto(SigV4Signed) sent = { 0 };
    sigv4_sign(&example, &request, day, &sent);
    g_assert_cmpstr(sent.target, ==, "/k%20y/%C3%A9?A=%C3%A9&a=%21&a=~%20%2F%3D&a-b=1");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sigv4/get-object", test_get_object);
    g_test_add_func("/sigv4/put-object", test_put_object);
    g_test_add_func("/sigv4/query-without-a-value", test_query_without_a_value);
    g_test_add_func("/sigv4/list-objects", test_list_objects);
    g_test_add_func("/sigv4/order-of-the-query", test_order_of_the_query);
    return g_test_run();
}
