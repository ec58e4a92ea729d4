#include "http/head.h"

#include <string.h>

/* What a request is refused for comes from RFC 9112 and from what servers were seen to disagree
 * about, by which one request was smuggled into another. */
static const struct {
    const char *why;
    const char *text;
    guint status;
} refused_table[] = {
    { "two Content-Length",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400 },
    { "two equal Content-Length",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
    { "a list as Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
      400 },
    { "a sign in Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400 },
    { "a negative Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      400 },
    { "an endless Content-Length",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", 400 },
    { "an empty Content-Length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400 },
    { "Content-Length and Transfer-Encoding",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400 },
    { "two Transfer-Encoding",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
      "identity\r\n\r\n",
      400 },
    { "Transfer-Encoding in 1.0",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
    { "another Transfer-Encoding",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501 },
    { "a disguised Transfer-Encoding",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501 },
    { "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
    { "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
    { "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400 },
    { "a list as Host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
    { "a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
    { "a name before an at in Host", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400 },
    { "a port that is none", "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n", 400 },
    { "an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400 },
    { "a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
    { "a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400 },
    { "a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400 },
    { "a line without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400 },
    { "an empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400 },
    { "a line feed alone", "GET / HTTP/1.1\nHost: a\n\n", 400 },
    { "a line feed alone in the middle", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400 },
    { "a carriage return alone", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400 },
    { "a control character", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400 },
    { "a delete character", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", 400 },
    { "absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "raw UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "no version", "GET /\r\nHost: a\r\n\r\n", 400 },
    { "a later version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
    { "an odd version", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400 },
    { "a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
    { "another expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417 },
    { "two cookie fields", "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: a=2\r\n\r\n", 400 },
    { "two authorizations",
      "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nauthorization: y\r\n\r\n", 400 },
};

static void
test_refuses_what_has_two_meanings(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refused_table); i++) {
        HttpHead head;
        const char *reason = NULL;
        const char *text = refused_table[i].text;
        guint status = http_head_parse(text, strlen(text), &head, &reason);
        g_test_message("%s", refused_table[i].why);
        g_assert_cmpuint(status, ==, refused_table[i].status);
        g_assert_nonnull(reason);
        http_head_clear(&head);
    }
}

static void
test_refuses_nul_anywhere(void)
{
    static const char text[] = "GET /a HTTP/1.1\r\nHost: abc\r\nX: yz\r\n\r\n";
    for (gsize i = 0; i < sizeof text - 1; i++) {
        g_autofree char *broken = g_memdup2(text, sizeof text);
        broken[i] = '\0';
        HttpHead head;
        const char *reason;
        g_assert_cmpuint(http_head_parse(broken, sizeof text - 1, &head, &reason), !=, 0);
        http_head_clear(&head);
    }
}

static HttpHead
parse_good(const char *text)
{
    HttpHead head;
    const char *reason;
    g_assert_cmpuint(http_head_parse(text, strlen(text), &head, &reason), ==, 0);
    return head;
}

static void
test_reads_what_a_browser_sends(void)
{
    HttpHead head = parse_good("POST /a?b=c HTTP/1.1\r\nHost: Shop.Example:8080\r\n"
                               "Content-Length: 12\r\nAccept: a\r\nX-Empty:\r\n"
                               "accept: b \t\r\nExpect: 100-Continue\r\n\r\n");
    g_assert_cmpstr(head.method, ==, "POST");
    g_assert_cmpstr(head.target, ==, "/a?b=c");
    g_assert_cmpstr(head.host, ==, "shop.example");
    g_assert_cmpint(head.content_length, ==, 12);
    g_assert_cmpstr(http_head_field(&head, "ACCEPT"), ==, "a, b");
    g_assert_cmpstr(http_head_field(&head, "x-empty"), ==, "");
    g_assert_null(http_head_field(&head, "cookie"));
    g_assert_true(head.expects_continue);
    g_assert_true(head.keep_alive);
    http_head_clear(&head);
}

static void
test_reads_addresses_as_hosts(void)
{
    HttpHead head = parse_good("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
    g_assert_cmpstr(head.host, ==, "[::1]");
    http_head_clear(&head);
}

static void
test_knows_when_the_connection_stays(void)
{
    static const struct {
        const char *text;
        bool stays;
    } cases[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true },
        { "GET / HTTP/1.0\r\nHost: a\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HttpHead head = parse_good(cases[i].text);
        g_assert_cmpint(head.keep_alive, ==, cases[i].stays);
        http_head_clear(&head);
    }
}

static void
test_bounds_the_number_of_fields(void)
{
    g_autoptr(GString) text = g_string_new("GET / HTTP/1.1\r\nHost: a\r\n");
    for (guint i = 0; i < HTTP_HEAD_MAX_FIELDS; i++) {
        g_string_append_printf(text, "X-%u: a\r\n", i);
    }
    g_string_append(text, "\r\n");
    HttpHead head;
    const char *reason;
    g_assert_cmpuint(http_head_parse(text->str, text->len, &head, &reason), ==, 431);
    http_head_clear(&head);
}

static void
test_finds_the_end_however_it_comes_in(void)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest\r\n\r\n";
    gsize end = strlen(text) - strlen("rest\r\n\r\n");
    gsize scanned = 0;
    for (gsize size = 0; size < end; size++) {
        g_assert_cmpuint(http_head_end(text, size, &scanned), ==, 0);
    }
    g_assert_cmpuint(http_head_end(text, end, &scanned), ==, end);
    scanned = 0;
    g_assert_cmpuint(http_head_end(text, sizeof text - 1, &scanned), ==, end);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/head/refuses", test_refuses_what_has_two_meanings);
    g_test_add_func("/http/head/nul", test_refuses_nul_anywhere);
    g_test_add_func("/http/head/browser", test_reads_what_a_browser_sends);
    g_test_add_func("/http/head/addresses", test_reads_addresses_as_hosts);
    g_test_add_func("/http/head/keep-alive", test_knows_when_the_connection_stays);
    g_test_add_func("/http/head/num-fields", test_bounds_the_number_of_fields);
    g_test_add_func("/http/head/end", test_finds_the_end_however_it_comes_in);
    return g_test_run();
}
