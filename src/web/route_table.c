#include "web/handlers.h"

/* Of a JSON body: the largest holds a few names. */
#define JSON_BYTES (64 * 1024)

#define ROUTE(method, path, body, max_body, on_loop, caller, rate, key, status, query, request,    \
              response, summary, handler)                                                          \
    {                                                                                              \
        { method, path, body, max_body, on_loop, exchange_dispatch }, CALLER_##caller,             \
            RATE_##rate, key, status, query, request, response, summary, handler                   \
    }

/* What anybody may have: made from memory (on the loop), or not. */
#define OPEN(path, response, summary, handler)                                                     \
    ROUTE("GET", path, HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 200, "", "", response,       \
          summary, handler)
#define PUBLIC(path, response, summary, handler)                                                   \
    ROUTE("GET", path, HTTP_BODY_NONE, 0, false, ANYBODY, PAGE, false, 200, "", "", response,      \
          summary, handler)
/* Ways to become somebody. */
#define SIGN_IN_GET(path, query, summary, handler)                                                 \
    ROUTE("GET", path, HTTP_BODY_NONE, 0, false, ANYBODY, SIGN_IN, false, 302, query, "", "",      \
          summary, handler)
#define SIGN_IN_POST(path, status, request, response, summary, handler)                            \
    ROUTE("POST", path, HTTP_BODY_WHOLE, JSON_BYTES, false, ANYBODY, SIGN_IN, false, status, "",   \
          request, response, summary, handler)
/* What an account, or only a person in a browser, asks of its own. */
#define READ(caller, rate, path, query, response, summary, handler)                                \
    ROUTE("GET", path, HTTP_BODY_NONE, 0, false, caller, rate, false, 200, query, "", response,    \
          summary, handler)
/* The same for what takes long to make: on a thread for streams from the start. */
#define STREAM(caller, rate, path, query, response, summary, handler)                              \
    ROUTE("GET", path, HTTP_BODY_STREAM, 0, false, caller, rate, false, 200, query, "", response,  \
          summary, handler)
#define WRITE(method, caller, path, status, request, response, summary, handler)                   \
    ROUTE(method, path, HTTP_BODY_WHOLE, JSON_BYTES, false, caller, WRITE, false, status, "",      \
          request, response, summary, handler)
#define CREATE(path, request, response, summary, handler)                                          \
    ROUTE("POST", path, HTTP_BODY_WHOLE, JSON_BYTES, false, ACCOUNT, WRITE, true, 201, "",         \
          request, response, summary, handler)
#define DELETE(caller, path, summary, handler)                                                     \
    ROUTE("DELETE", path, HTTP_BODY_NONE, 0, false, caller, WRITE, false, 204, "", "", "",         \
          summary, handler)
/* tus. The length that is announced is what counts, uploads.h checks it. */
#define TUS_OPTIONS(path)                                                                          \
    ROUTE("OPTIONS", path, HTTP_BODY_NONE, 0, true, ANYBODY, PAGE, false, 204, "", "", "",         \
          "What tus is spoken here.", handle_uploads_options)
#define TUS(method, path, status, summary, handler)                                                \
    ROUTE(method, path, HTTP_BODY_NONE, 0, false, ACCOUNT, UPLOAD, false, status, "", "", "",      \
          summary, handler)
#define TUS_BYTES(method, path, status, summary, handler)                                          \
    ROUTE(method, path, HTTP_BODY_STREAM, G_MAXINT64, false, ACCOUNT, UPLOAD, false, status, "",   \
          "", "", summary, handler)

#define PAGE_QUERY "cursor limit"

/* clang-format off */
const Route site_routes[] = {
    ROUTE("GET", "/healthz", HTTP_BODY_NONE, 0, true, ANYBODY, NONE, false, 200, "", "",
          "text/plain", "The process lives.", handle_health),
    PUBLIC("/readyz", "text/plain", "The database answers.", handle_ready),
    OPEN("/api/v1/openapi.json", "application/json", "This description.", handle_openapi),
    READ(ACCOUNT, READ, "/api/v1/status", "", "Status",
         "What the server is made of and how it is.", handle_status),
    PUBLIC("/api/v1/policy", "application/json", "The privacy policy, as data.", handle_policy),
    PUBLIC("/policy", "text/html", "The privacy policy.", handle_policy_page),

    PUBLIC("/api/v1/sign-in", "SignInChoices", "How somebody can sign in.",
           handle_sign_in_choices),
    SIGN_IN_POST("/api/v1/sign-in/test", 204, "TestPerson", "",
                 "Signs in as anybody; in test mode only.", handle_sign_in_test),
    SIGN_IN_GET("/sign-in/{provider}", "region return_to",
                "Sends the browser to the provider's page.", handle_sign_in_begin),
    SIGN_IN_GET("/sign-in/{provider}/callback", "", "Where the provider sends the browser back.",
                handle_sign_in_finish),
    SIGN_IN_POST("/api/v1/token", 200, "TokenText", "Jwt",
                 "Trades an API token for a JWT of 15 minutes.", handle_token_exchange),

    READ(ACCOUNT, READ, "/api/v1/session", "", "SessionState", "Who asks, and what they may.",
         handle_session_get),
    WRITE("POST", BROWSER, "/api/v1/session/end", 204, "", "", "Signs out.", handle_session_end),
    READ(BROWSER, READ, "/api/v1/sessions", "", "Session[]", "The browsers that are signed in.",
         handle_sessions_list),
    DELETE(BROWSER, "/api/v1/sessions/{session}", "Signs a browser out.", handle_sessions_end),
    READ(BROWSER, READ, "/api/v1/tokens", "", "Token[]", "The API tokens, without their texts.",
         handle_tokens_list),
    WRITE("POST", BROWSER, "/api/v1/tokens", 201, "NewToken", "CreatedToken",
          "Makes an API token; its text is told this once.", handle_tokens_create),
    DELETE(BROWSER, "/api/v1/tokens/{token}", "Revokes an API token and all JWTs made with it.",
           handle_tokens_revoke),
    READ(BROWSER, HEAVY, "/api/v1/account/export", "scope", "application/zip",
         "Everything that is held about the account, or (scope=given) what it gave.",
         handle_account_export),
    WRITE("DELETE", BROWSER, "/api/v1/account", 202, "Confirmation", "Receipt",
          "Deletes the account and everything of it; confirm is its display name.",
          handle_account_delete),
    PUBLIC("/api/v1/receipts/{receipt}", "application/json", "What a deletion has come to.",
           handle_receipt),

    READ(ACCOUNT, READ, "/api/v1/batches", PAGE_QUERY, "Batch[]", "The batches, newest first.",
         handle_batches_list),
    CREATE("/api/v1/batches", "BatchSettings", "Batch", "Makes a batch.", handle_batches_create),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}", "", "Batch", "A batch with its counts.",
         handle_batches_get),
    WRITE("PATCH", ACCOUNT, "/api/v1/batches/{batch}", 200, "BatchSettings", "Batch",
          "Changes its settings.", handle_batches_edit),
    DELETE(ACCOUNT, "/api/v1/batches/{batch}", "Deletes a batch and everything in it.",
           handle_batches_delete),
    WRITE("POST", ACCOUNT, "/api/v1/batches/{batch}/publish", 202, "Revision", "Batch",
          "Makes URLs for all matched pictures.", handle_batches_publish),
    WRITE("POST", ACCOUNT, "/api/v1/batches/{batch}/reopen", 200, "", "Batch",
          "Takes changes again.", handle_batches_reopen),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}/history", PAGE_QUERY, "Event[]",
         "What happened and what was decided, newest first.", handle_batches_history),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}/events", "", "text/event-stream",
         "Changes as they happen: `batch` (a Batch), `photos` (ids, or all), `deleted`.",
         handle_batches_events),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}/photos", PAGE_QUERY " filter sku_row ids",
         "Photo[]", "Its photos, in the order in which they came.", handle_photos_list),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}/skus", PAGE_QUERY " filter q at_row slots",
         "Sku[]", "Its SKUs, in the order of the sheet.", handle_skus_list),
    READ(ACCOUNT, READ, "/api/v1/batches/{batch}/uploads", PAGE_QUERY " state", "Upload[]",
         "Its uploads, oldest first.", handle_uploads_list),
    STREAM(ACCOUNT, HEAVY, "/api/v1/batches/{batch}/export/sheet", "", "application/octet-stream",
           "The sheet with the URLs in it.", handle_export_sheet),
    READ(ACCOUNT, HEAVY, "/api/v1/batches/{batch}/export/pictures.zip", "", "application/zip",
         "The pictures, named for the bulk uploader.", handle_export_pictures),
    READ(ACCOUNT, HEAVY, "/api/v1/batches/{batch}/export/report.csv", "", "text/csv",
         "A line a photo.", handle_export_report),

    READ(ACCOUNT, READ, "/api/v1/photos/{photo}", "", "Photo", "A photo.", handle_photos_get),
    WRITE("PATCH", ACCOUNT, "/api/v1/photos/{photo}", 200, "PhotoChange", "PhotoChanged",
          "A person's decision; 409 with the rival where its place is taken.",
          handle_photos_change),
    READ(ACCOUNT, READ, "/api/v1/photos/{photo}/thumbnail", "v", "image/jpeg", "Its thumbnail.",
         handle_photos_thumbnail),
    READ(ACCOUNT, READ, "/api/v1/photos/{photo}/picture", "v", "image/jpeg",
         "The clean picture made of it.", handle_photos_picture),
    READ(ACCOUNT, READ, "/api/v1/photos/{photo}/history", PAGE_QUERY, "Event[]",
         "What was decided about it.", handle_photos_history),

    TUS_OPTIONS("/api/v1/uploads"),
    TUS_OPTIONS("/api/v1/uploads/{upload}"),
    TUS_BYTES("POST", "/api/v1/uploads", 201, "tus creation; Upload-Metadata: batch, name, kind.",
              handle_uploads_create),
    TUS("HEAD", "/api/v1/uploads/{upload}", 200, "tus: where it ends now.", handle_uploads_head),
    TUS_BYTES("PATCH", "/api/v1/uploads/{upload}", 204, "tus: adds bytes.", handle_uploads_append),
    TUS("DELETE", "/api/v1/uploads/{upload}", 204, "tus: gives it up.", handle_uploads_terminate),
    TUS_BYTES("POST", "/api/v1/uploads/{upload}", 204, "tus with X-HTTP-Method-Override.",
              handle_uploads_post),

    OPEN("/api/{rest...}", "", "Nothing.", handle_unknown_api),
    OPEN("/", "text/html", "The pages.", handle_page),
    OPEN("/{rest...}", "text/html", "The pages and what they need.", handle_page),
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
