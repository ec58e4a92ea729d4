/* The loop's side of a stream of events. */
#pragma once

#include "http/exchange.h"

/* With one reference, the connection's. */
HttpSse *http_sse_new(HttpConnection *connection, HttpSseClosedFunc closed, gpointer data);

typedef enum {
    HTTP_SSE_IDLE,
    HTTP_SSE_HAS_TEXT, /* in *RET_TEXT, to be sent and freed */
    HTTP_SSE_ENDED,    /* closed by the application, or its reader is cut off */
} HttpSseState;

/* What is to be sent next. */
HttpSseState http_sse_take(HttpSse *sse, GString **ret_text);
/* The reader fell behind so far that what is under way need not be sent either. */
bool http_sse_is_cut(HttpSse *sse);
/* A comment for proxies that cut what is silent. */
void http_sse_keep_alive(HttpSse *sse);
/* The connection is gone: calls CLOSED. */
void http_sse_detach(HttpSse *sse);
