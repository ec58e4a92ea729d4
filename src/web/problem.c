#include "web/problem.h"

#include "base/error.h"

static const struct {
    AppErrorCode code;
    guint status;
    const char *detail; /* NULL: the error's own text */
} table[] = {
    { APP_ERROR_INVALID, 400, NULL },
    { APP_ERROR_UNAUTHENTICATED, 401, NULL },
    { APP_ERROR_FORBIDDEN, 403, NULL },
    { APP_ERROR_NOT_FOUND, 404, NULL },
    { APP_ERROR_CONFLICT, 409, NULL },
    { APP_ERROR_TOO_LARGE, 413, NULL },
    { APP_ERROR_UNSUPPORTED, 415, NULL },
    { APP_ERROR_UNAVAILABLE, 503, "the service cannot do this right now; try again in a moment" },
    { APP_ERROR_TIMEOUT, 503, "this took too long; try again in a moment" },
    { APP_ERROR_CANCELLED, 503, "the service is being stopped; try again in a moment" },
    { APP_ERROR_NO_SPACE, 507,
      "the service's storage is full: nothing more can be stored until its operator makes room" },
    { APP_ERROR_INTERNAL, 500, "something went wrong on our side; it has been noted" },
};

static gsize
row_of(const GError *error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (g_error_matches(error, APP_ERROR, (int)table[i].code)) {
            return i;
        }
    }
    return G_N_ELEMENTS(table) - 1;
}

guint
problem_status(const GError *error)
{
    return table[row_of(error)].status;
}

const char *
problem_detail(const GError *error)
{
    const char *detail = table[row_of(error)].detail;
    return detail != NULL ? detail : error->message;
}

const char *
problem_title(guint status)
{
    static const struct {
        guint status;
        const char *title;
    } titles[] = {
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 421, "Misdirected Request" },
        { 422, "Unprocessable Content" },
        { 423, "Locked" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 460, "Checksum Mismatch" },
        { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
        { 507, "Insufficient Storage" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return status < 500 ? "Bad Request" : "Internal Server Error";
}

void
problem_begin(JsonWriter *writer, guint status, const char *detail)
{
    json_begin_object(writer, NULL);
    json_string(writer, "type", "about:blank");
    json_string(writer, "title", problem_title(status));
    json_int(writer, "status", status);
    if (detail != NULL) {
        json_string(writer, "detail", detail);
    }
}

char *
problem_text(guint status, const char *detail)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    problem_begin(writer, status, detail);
    json_end_object(writer);
    return g_strdup(json_writer_text(writer)->str);
}
