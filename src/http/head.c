#include "http/head.h"

#include <string.h>

/* Fields that may come once: where two came, two readers could obey one each. Others are lists
 * (RFC 9110 5.3) and are joined. */
static const char *const single_fields[] = {
    "authorization",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "expect",
    "host",
    "idempotency-key",
    "if-modified-since",
    "if-range",
    "if-unmodified-since",
    "last-event-id",
    "origin",
    "range",
    "referer",
    "sec-fetch-site",
    "transfer-encoding",
    "tus-resumable",
    "upload-checksum",
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "upload-defer-length",
    "user-agent",
    "x-forwarded-host",
    "x-forwarded-proto",
};

static bool
is_token_char(guchar c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_value_char(guchar c)
{
    return c >= 0x20 ? c != 0x7f : c == '\t';
}

gsize
http_head_end(const char *data, gsize size, gsize *scanned)
{
    gsize line = *scanned;
    for (const char *feed; (feed = memchr(data + line, '\n', size - line)) != NULL;) {
        gsize at = (gsize)(feed - data);
        bool is_bare = at == line || data[at - 1] != '\r';
        if (is_bare || (at == line + 1 && line > 0)) {
            return at + 1;
        }
        line = at + 1;
    }
    *scanned = line;
    return 0;
}

/* Takes the next line off *TEXT, without its CR LF, which becomes NUL; NULL where the line holds a
 * character that no line may hold. */
static char *
take_line(char **text, const char *end, gsize *ret_length)
{
    char *line = *text;
    char *feed = memchr(line, '\n', (gsize)(end - line));
    if (feed == NULL || feed == line || feed[-1] != '\r') {
        return NULL;
    }
    for (const char *c = line; c < feed - 1; c++) {
        if (!is_value_char((guchar)*c)) {
            return NULL;
        }
    }
    feed[-1] = '\0';
    *text = feed + 1;
    *ret_length = (gsize)(feed - 1 - line);
    return line;
}

static guint
parse_request_line(char *line, HttpHead *head, const char **ret_reason)
{
    char *method_end = strchr(line, ' ');
    char *version = method_end == NULL ? NULL : strchr(method_end + 1, ' ');
    *ret_reason = "the request line is malformed";
    if (version == NULL || method_end == line || method_end - line > 32) {
        return 400;
    }
    for (const char *c = line; c < method_end; c++) {
        if (!is_token_char((guchar)*c)) {
            return 400;
        }
    }
    *method_end = '\0';
    *version++ = '\0';
    head->method = line;
    head->target = method_end + 1;
    if (!g_str_has_prefix(version, "HTTP/") || strlen(version) != strlen("HTTP/1.1") ||
        strchr(version, ' ') != NULL) {
        return 400;
    }
    if (!g_str_equal(version, "HTTP/1.1") && !g_str_equal(version, "HTTP/1.0")) {
        *ret_reason = "this version of HTTP is not served";
        return 505;
    }
    head->minor_version = version[7] == '1' ? 1 : 0;
    if (head->target[0] != '/') {
        *ret_reason = "the target of a request must begin with a slash";
        return 400;
    }
    for (const guchar *c = (const guchar *)head->target; *c != '\0'; c++) {
        if (*c <= 0x20 || *c >= 0x7f || *c == '#') {
            *ret_reason = "the target of the request holds a character that must be encoded";
            return 400;
        }
    }
    return 0;
}

static bool
is_single(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(single_fields); i++) {
        if (g_str_equal(single_fields[i], name)) {
            return true;
        }
    }
    return false;
}

static guint
add_field(HttpHead *head, const char *name, const char *value, const char **ret_reason)
{
    for (guint i = 0; i < head->num_fields; i++) {
        HttpField *field = &head->fields[i];
        if (!g_str_equal(field->name, name)) {
            continue;
        }
        if (is_single(name)) {
            *ret_reason = "a header field that may come once came twice";
            return 400;
        }
        char *joined = g_strconcat(field->value, ", ", value, NULL);
        g_ptr_array_add(head->joined, joined);
        field->value = joined;
        return 0;
    }
    if (head->num_fields == HTTP_HEAD_MAX_FIELDS) {
        *ret_reason = "there are too many header fields";
        return 431;
    }
    head->fields[head->num_fields++] = (HttpField){ name, value };
    return 0;
}

static guint
parse_field(char *line, gsize length, HttpHead *head, const char **ret_reason)
{
    *ret_reason = "a header field is malformed";
    char *colon = memchr(line, ':', length);
    if (colon == NULL || colon == line) {
        return 400;
    }
    /* No space before the colon and no folded line (RFC 9112 5.1, 5.2): neither is a token. */
    for (char *c = line; c < colon; c++) {
        if (!is_token_char((guchar)*c)) {
            return 400;
        }
        *c = g_ascii_tolower(*c);
    }
    *colon = '\0';
    char *value = colon + 1;
    value += strspn(value, " \t");
    char *end = line + length;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
        *--end = '\0';
    }
    return add_field(head, line, value, ret_reason);
}

/* Whether LIST, of tokens between commas, has TOKEN. */
static bool
has_token(const char *list, const char *token)
{
    gsize length = strlen(token);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " \t,");
        gsize size = strcspn(list, " \t,");
        if (size == length && g_ascii_strncasecmp(list, token, size) == 0) {
            return true;
        }
        list += size;
    }
    return false;
}

static guint
parse_framing(HttpHead *head, const char **ret_reason)
{
    const char *length = http_head_field(head, "content-length");
    const char *encoding = http_head_field(head, "transfer-encoding");
    if (encoding != NULL) {
        if (length != NULL || head->minor_version == 0) {
            *ret_reason = "the length of the body is given in two ways";
            return 400;
        }
        if (g_ascii_strcasecmp(encoding, "chunked") != 0) {
            *ret_reason = "this transfer encoding is not served";
            return 501;
        }
        head->content_length = -1;
    } else if (length != NULL) {
        gsize digits = strspn(length, "0123456789");
        if (digits == 0 || digits > 18 || length[digits] != '\0') {
            *ret_reason = "the length of the body is no number";
            return 400;
        }
        head->content_length = g_ascii_strtoll(length, NULL, 10);
    }
    const char *expect = http_head_field(head, "expect");
    if (expect != NULL && g_ascii_strcasecmp(expect, "100-continue") != 0) {
        *ret_reason = "this expectation cannot be met";
        return 417;
    }
    head->expects_continue = expect != NULL && head->minor_version > 0;
    const char *connection = http_head_field(head, "connection");
    head->keep_alive = head->minor_version == 0 ? has_token(connection, "keep-alive")
                                                : !has_token(connection, "close");
    return 0;
}

/* RFC 9110 7.2: a name or address, then perhaps a port. */
static guint
parse_host(HttpHead *head, const char **ret_reason)
{
    const char *field = http_head_field(head, "host");
    if (field == NULL && head->minor_version == 0) {
        head->host = g_strdup("");
        return 0;
    }
    *ret_reason = "the request must name one host";
    if (field == NULL) {
        return 400;
    }
    static const char name_chars[] = "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool is_bracketed = field[0] == '[';
    gsize length = is_bracketed ? 1 + strspn(field + 1, "0123456789abcdefABCDEF:.")
                                : strspn(field, name_chars);
    length += is_bracketed && field[length] == ']' ? 1 : 0;
    const char *rest = field + length;
    if (length == 0 || length > 255 || (is_bracketed && rest[-1] != ']')) {
        return 400;
    }
    if (*rest == ':') {
        gsize digits = strspn(rest + 1, "0123456789");
        rest += digits > 5 ? 0 : 1 + digits;
    }
    if (*rest != '\0') {
        return 400;
    }
    head->host = g_ascii_strdown(field, (gssize)length);
    return 0;
}

guint
http_head_parse(const char *data, gsize size, HttpHead *ret_head, const char **ret_reason)
{
    HttpHead *head = ret_head;
    *head = (HttpHead){ .method = "", .target = "" };
    head->joined = g_ptr_array_new_with_free_func(g_free);
    head->block = g_malloc(size + 1);
    memcpy(head->block, data, size);
    head->block[size] = '\0';

    char *text = head->block;
    const char *end = head->block + size;
    gsize length;
    char *line = take_line(&text, end, &length);
    *ret_reason = "the header holds a character that it may not hold";
    guint status = line == NULL ? 400 : parse_request_line(line, head, ret_reason);
    while (status == 0) {
        line = take_line(&text, end, &length);
        if (line == NULL) {
            *ret_reason = "the header holds a character that it may not hold";
            return 400;
        }
        if (length == 0) {
            break;
        }
        status = parse_field(line, length, head, ret_reason);
    }
    if (status == 0) {
        status = parse_framing(head, ret_reason);
    }
    return status != 0 ? status : parse_host(head, ret_reason);
}

void
http_head_clear(HttpHead *head)
{
    g_clear_pointer(&head->block, g_free);
    g_clear_pointer(&head->joined, g_ptr_array_unref);
    g_clear_pointer(&head->host, g_free);
    head->num_fields = 0;
}

const char *
http_head_field(const HttpHead *head, const char *name)
{
    for (guint i = 0; i < head->num_fields; i++) {
        if (g_ascii_strcasecmp(head->fields[i].name, name) == 0) {
            return head->fields[i].value;
        }
    }
    return NULL;
}
