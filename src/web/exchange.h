/* One request on its way through the web room: who asks, and the ways to answer. Handlers get
 * nothing else. */
#pragma once

#include "accounts/account.h"
#include "accounts/session.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "web/idempotency.h"
#include "web/route.h"
#include "web/site.h"

struct Exchange {
    Site *site;
    App *app; /* the site's */
    HttpRequest *request;
    const Route *route;
    Account account; /* of who asks; zeroed where nobody had to be known */
    Session session; /* zeroed for an API client */
    bool is_signed_in;
    IdempotencyKey idempotency;
    Slots *slots[2]; /* of each of which this request holds one */
    guint num_slots;
    bool is_client_gone;   /* a stream could not be written to */
    PictureEntry *picture; /* found open in memory, before the route was chosen */
};

/* Who asks is not known yet. */
Exchange *exchange_new(Site *site, HttpRequest *request);
void exchange_free(Exchange *exchange);

/* The handler of every row of the table: caller, rate, origin, idempotency, then the row's own. */
HttpReplied exchange_dispatch(HttpRequest *request, gpointer context);

/* What the caller shows of who it is; NULL where it does not. A bearer token goes first. */
const char *exchange_bearer(const Exchange *exchange);
const char *exchange_cookie(const Exchange *exchange);

/* Headers that every answer of the site carries. */
void exchange_add_site_headers(Exchange *exchange);

/* In the transaction that creates what the request is for: remembers the answer, which must then be
 * given with exchange_json_text. For routes that take an Idempotency-Key. */
bool exchange_keep_answer(const Exchange *exchange, DbTx *tx, guint status, const char *body,
                          GError **error);
/* Takes BODY. */
HttpReplied exchange_json_text(Exchange *exchange, guint status, char *body);

/* Each takes WRITER or ERROR. */
HttpReplied exchange_json(Exchange *exchange, guint status, JsonWriter *writer);
HttpReplied exchange_fail(Exchange *exchange, GError *error);
HttpReplied exchange_empty(Exchange *exchange, guint status);
HttpReplied exchange_problem(Exchange *exchange, guint status, const char *detail);

/* One of SLOTS, two kinds at most, for whom the account is (all who are nobody share theirs), until
 * the request has ended. False when they have all of theirs (429 with DETAIL), or others have
 * (503); the answer is then exchange_refuse_slot. */
bool exchange_take_slot(Exchange *exchange, Slots *slots);
HttpReplied exchange_refuse_slot(Exchange *exchange, Slots *slots, const char *detail);

/* For answers that are streamed: writes to the client of a HttpRequest. */
bool exchange_write(const void *data, gsize size, gpointer request, GError **error);
/* The last step of a stream, which nobody reads the reason of but the log: IS_DONE, with ERROR
 * where it is false. The client's own end of it is no news. */
bool exchange_end_stream(HttpRequest *request, bool is_done, GError *const *error);

/* A part of the path that is an id; NOT_FOUND for what cannot be one. */
bool exchange_id(Exchange *exchange, const char *name, Id *ret_id, GError **error);

/* ?cursor= (NULL: none) and ?limit=; INVALID for a limit that is none. */
bool exchange_page(Exchange *exchange, const char **ret_cursor, guint *ret_limit, GError **error);

/* Writes the end of a list's page, takes CURSOR and WRITER, answers 200. */
HttpReplied exchange_end_page(Exchange *exchange, JsonWriter *writer, char *cursor);
/* The beginning: {"items":[ */
JsonWriter *exchange_begin_page(void);

/* A reader over the JSON body; an empty body reads as {}. UNSUPPORTED for another media type. */
JsonReader *exchange_read_json(Exchange *exchange, GError **error);

/* 0 writes null. */
void json_time(JsonWriter *writer, const char *name, Timestamp time);
