#include "web/handlers.h"

/* Of a JSON body: the largest holds a few names. */
#define JSON_BYTES (64 * 1024)

#define ROUTE(method, path, body, max_body, on_loop, caller, rate, key, status, query, request,    \
              response, summary, handler)                                                          \
    {                                                                                              \
        { method, path, body, max_body, on_loop, exchange_dispatch }, CALLER_##caller,             \
            RATE_##rate, key, status, query, request, response, summary, handler                   \
    }
/* The usual ones: what an account asks of its own. */
#define GET(path, query, response, summary, handler)                                               \
    ROUTE("GET", path, HTTP_BODY_NONE, 0, false, ACCOUNT, READ, false, 200, query, "", response,   \
          summary, handler)
#define POST(path, status, request, response, summary, handler)                                    \
    ROUTE("POST", path, HTTP_BODY_WHOLE, JSON_BYTES, false, ACCOUNT, WRITE, false, status, "",     \
          request, response, summary, handler)
#define PATCH(path, request, response, summary, handler)                                           \
    ROUTE("PATCH", path, HTTP_BODY_WHOLE, JSON_BYTES, false, ACCOUNT, WRITE, false, 200, "",       \
          request, response, summary, handler)
#define DELETE(path, summary, handler)                                                             \
    ROUTE("DELETE", path, HTTP_BODY_NONE, 0, false, ACCOUNT, WRITE, false, 204, "", "", "",        \
          summary, handler)
#define UPLOAD(method, path, status, summary, handler)                                             \
    ROUTE(method, path, HTTP_BODY_NONE, 0, false, ACCOUNT, UPLOAD, false, status, "", "", "",      \
          summary, handler)
/* The length that is announced is what counts, uploads.h checks it. */
#define UPLOAD_BYTES(method, path, status, summary, handler)                                       \
    ROUTE(method, path, HTTP_BODY_STREAM, G_MAXINT64, false, ACCOUNT, UPLOAD, false, status, "",   \
          "", "", summary, handler)

#define PAGE_QUERY "cursor limit"

/* clang-format off */
const Route site_routes[] = {
    ROUTE("GET", "/healthz", HTTP_BODY_NONE, 0, true, ANYBODY, NONE, false, 200, "", "", "text/plain",
          "The process lives.", handle_health),
    ROUTE("GET", "/readyz", HTTP_BODY_NONE, 0, false, ANYBODY, PAGE, false, 200, "", "", "text/plain",
          "The database answers.", handle_ready),
    ROUTE("GET", "/api/v1/openapi.json", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 200, "", "",
          "application/json", "This description.", handle_openapi),
    GET("/api/v1/status", "", "Status", "What the server is made of and how it is.", handle_status),

    ROUTE("GET", "/api/v1/sign-in", HTTP_BODY_NONE, 0, false, ANYBODY, PAGE, false, 200, "", "",
          "SignInChoices", "How somebody can sign in.", handle_sign_in_choices),
    ROUTE("POST", "/api/v1/sign-in/test", HTTP_BODY_WHOLE, JSON_BYTES, false, ANYBODY, SIGN_IN, false, 204, "",
          "TestPerson", "", "Signs in as anybody; in test mode only.", handle_sign_in_test),
    ROUTE("GET", "/sign-in/{provider}", HTTP_BODY_NONE, 0, false, ANYBODY, SIGN_IN, false, 302,
          "region return_to", "", "", "Sends the browser to the provider's page.",
          handle_sign_in_begin),
    ROUTE("GET", "/sign-in/{provider}/callback", HTTP_BODY_NONE, 0, false, ANYBODY, SIGN_IN, false, 302,
          "", "", "", "Where the provider sends the browser back.", handle_sign_in_finish),
    ROUTE("POST", "/api/v1/token", HTTP_BODY_WHOLE, JSON_BYTES, false, ANYBODY, SIGN_IN, false, 200, "",
          "TokenText", "Jwt", "Trades an API token for a JWT of 15 minutes.",
          handle_token_exchange),

    GET("/api/v1/session", "", "SessionState", "Who asks, and what they may.", handle_session_get),
    ROUTE("POST", "/api/v1/session/end", HTTP_BODY_WHOLE, JSON_BYTES, false, BROWSER, WRITE, false, 204, "", "", "",
          "Signs out.", handle_session_end),
    ROUTE("GET", "/api/v1/sessions", HTTP_BODY_NONE, 0, false, BROWSER, READ, false, 200, "", "",
          "Session[]", "The browsers that are signed in.", handle_sessions_list),
    ROUTE("DELETE", "/api/v1/sessions/{session}", HTTP_BODY_NONE, 0, false, BROWSER, WRITE, false, 204, "",
          "", "", "Signs a browser out.", handle_sessions_end),
    ROUTE("GET", "/api/v1/tokens", HTTP_BODY_NONE, 0, false, BROWSER, READ, false, 200, "", "",
          "Token[]", "The API tokens, without their texts.", handle_tokens_list),
    ROUTE("POST", "/api/v1/tokens", HTTP_BODY_WHOLE, JSON_BYTES, false, BROWSER, WRITE, false, 201, "", "NewToken",
          "CreatedToken", "Makes an API token; its text is told this once.", handle_tokens_create),
    ROUTE("DELETE", "/api/v1/tokens/{token}", HTTP_BODY_NONE, 0, false, BROWSER, WRITE, false, 204, "", "",
          "", "Revokes an API token and all JWTs made with it.", handle_tokens_revoke),

    GET("/api/v1/batches", PAGE_QUERY, "Batch[]", "The batches, newest first.",
        handle_batches_list),
    ROUTE("POST", "/api/v1/batches", HTTP_BODY_WHOLE, JSON_BYTES, false, ACCOUNT, WRITE, true, 201, "",
          "BatchSettings", "Batch", "Makes a batch.", handle_batches_create),
    GET("/api/v1/batches/{batch}", "", "Batch", "A batch with its counts.", handle_batches_get),
    PATCH("/api/v1/batches/{batch}", "BatchSettings", "Batch", "Changes its settings.",
          handle_batches_edit),
    DELETE("/api/v1/batches/{batch}", "Deletes a batch and everything in it.",
           handle_batches_delete),
    POST("/api/v1/batches/{batch}/publish", 202, "Revision", "Batch",
         "Makes URLs for all matched pictures.", handle_batches_publish),
    POST("/api/v1/batches/{batch}/reopen", 200, "", "Batch", "Takes changes again.",
         handle_batches_reopen),
    GET("/api/v1/batches/{batch}/history", PAGE_QUERY, "Event[]",
        "What happened and what was decided, newest first.", handle_batches_history),
    GET("/api/v1/batches/{batch}/events", "", "text/event-stream",
        "Changes as they happen: `batch` (a Batch), `photos` (ids, or all), `deleted`.",
        handle_batches_events),
    GET("/api/v1/batches/{batch}/photos", PAGE_QUERY " filter sku_row ids", "Photo[]",
        "Its photos, in the order in which they came.", handle_photos_list),
    GET("/api/v1/batches/{batch}/skus", PAGE_QUERY " filter q at_row slots", "Sku[]",
        "Its SKUs, in the order of the sheet.", handle_skus_list),
    GET("/api/v1/batches/{batch}/uploads", PAGE_QUERY " state", "Upload[]",
        "Its uploads, oldest first.", handle_uploads_list),
    ROUTE("GET", "/api/v1/batches/{batch}/export/sheet", HTTP_BODY_NONE, 0, false, ACCOUNT, HEAVY, false,
          200, "", "", "application/octet-stream", "The sheet with the URLs in it.",
          handle_export_sheet),
    ROUTE("GET", "/api/v1/batches/{batch}/export/pictures.zip", HTTP_BODY_NONE, 0, false, ACCOUNT, HEAVY,
          false, 200, "", "", "application/zip", "The pictures, named for the bulk uploader.",
          handle_export_pictures),
    ROUTE("GET", "/api/v1/batches/{batch}/export/report.csv", HTTP_BODY_NONE, 0, false, ACCOUNT, HEAVY,
          false, 200, "", "", "text/csv", "A line a photo.", handle_export_report),

    GET("/api/v1/photos/{photo}", "", "Photo", "A photo.", handle_photos_get),
    PATCH("/api/v1/photos/{photo}", "PhotoChange", "PhotoChanged",
          "A person's decision; 409 with the rival where its place is taken.",
          handle_photos_change),
    GET("/api/v1/photos/{photo}/thumbnail", "v", "image/jpeg", "Its thumbnail.",
        handle_photos_thumbnail),
    GET("/api/v1/photos/{photo}/picture", "v", "image/jpeg", "The clean picture made of it.",
        handle_photos_picture),
    GET("/api/v1/photos/{photo}/history", PAGE_QUERY, "Event[]", "What was decided about it.",
        handle_photos_history),

    ROUTE("OPTIONS", "/api/v1/uploads", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 204, "", "", "",
          "What tus is spoken here.", handle_uploads_options),
    ROUTE("OPTIONS", "/api/v1/uploads/{upload}", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 204, "", "",
          "", "What tus is spoken here.", handle_uploads_options),
    UPLOAD_BYTES("POST", "/api/v1/uploads", 201,
           "tus creation; Upload-Metadata: batch, name, kind.", handle_uploads_create),
    UPLOAD("HEAD", "/api/v1/uploads/{upload}", 200, "tus: where it ends now.",
           handle_uploads_head),
    UPLOAD_BYTES("PATCH", "/api/v1/uploads/{upload}", 204, "tus: adds bytes.",
           handle_uploads_append),
    UPLOAD("DELETE", "/api/v1/uploads/{upload}", 204, "tus: gives it up.",
           handle_uploads_terminate),
    UPLOAD_BYTES("POST", "/api/v1/uploads/{upload}", 204,
           "tus with X-HTTP-Method-Override.", handle_uploads_post),

    ROUTE("GET", "/api/{rest...}", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 404, "", "", "",
          "Nothing.", handle_unknown_api),
    ROUTE("GET", "/", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 200, "", "", "text/html", "The pages.",
          handle_page),
    ROUTE("GET", "/{rest...}", HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 200, "", "", "text/html",
          "The pages and what they need.", handle_page),
};
/* clang-format on */
const gsize num_site_routes = G_N_ELEMENTS(site_routes);

const Route picture_routes[2] = {
    { .http = { "GET", "/{digest}/{name}", HTTP_BODY_NONE, 0, true, delivery_dispatch },
      .status = 200,
      .summary = "A published picture that is open in memory.",
      .handler = handle_open_picture },
    { .http = { "GET", "/{digest}/{name}", HTTP_BODY_NONE, 0, false, delivery_dispatch },
      .status = 200,
      .summary = "A published picture.",
      .handler = handle_picture },
};
