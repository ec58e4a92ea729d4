/* What the rows of route_table.c call. One file a subject. */
#pragma once

#include "web/exchange.h"

/* assets_handlers.c; on the loop */
HttpReplied handle_page(Exchange *exchange);
HttpReplied handle_unknown_api(Exchange *exchange);

/* health_handlers.c */
HttpReplied handle_health(Exchange *exchange); /* on the loop */
HttpReplied handle_ready(Exchange *exchange);
HttpReplied handle_status(Exchange *exchange);
HttpReplied handle_openapi(Exchange *exchange); /* on the loop */

/* sign_in_handlers.c */
HttpReplied handle_sign_in_choices(Exchange *exchange);
HttpReplied handle_sign_in_begin(Exchange *exchange);
HttpReplied handle_sign_in_finish(Exchange *exchange);
HttpReplied handle_sign_in_test(Exchange *exchange);

/* session_handlers.c */
HttpReplied handle_session_get(Exchange *exchange);
HttpReplied handle_session_end(Exchange *exchange);
HttpReplied handle_sessions_list(Exchange *exchange);
HttpReplied handle_sessions_end(Exchange *exchange);
/* What tells the browser to keep, or with TOKEN NULL to forget, its session. */
void session_set_cookie(Exchange *exchange, const char *token);

/* token_handlers.c */
HttpReplied handle_tokens_list(Exchange *exchange);
HttpReplied handle_tokens_create(Exchange *exchange);
HttpReplied handle_tokens_revoke(Exchange *exchange);
HttpReplied handle_token_exchange(Exchange *exchange);

/* batch_handlers.c */
HttpReplied handle_batches_list(Exchange *exchange);
HttpReplied handle_batches_create(Exchange *exchange);
HttpReplied handle_batches_get(Exchange *exchange);
HttpReplied handle_batches_edit(Exchange *exchange);
HttpReplied handle_batches_delete(Exchange *exchange);
HttpReplied handle_batches_publish(Exchange *exchange);
HttpReplied handle_batches_reopen(Exchange *exchange);
HttpReplied handle_batches_history(Exchange *exchange);

/* batch_events_handler.c */
HttpReplied handle_batches_events(Exchange *exchange);

/* photo_handlers.c */
HttpReplied handle_photos_list(Exchange *exchange);
HttpReplied handle_photos_get(Exchange *exchange);
HttpReplied handle_photos_change(Exchange *exchange);
HttpReplied handle_photos_thumbnail(Exchange *exchange);
HttpReplied handle_photos_picture(Exchange *exchange);
HttpReplied handle_photos_history(Exchange *exchange);
HttpReplied handle_skus_list(Exchange *exchange);

/* upload_handlers.c */
HttpReplied handle_uploads_options(Exchange *exchange); /* on the loop */
HttpReplied handle_uploads_create(Exchange *exchange);
HttpReplied handle_uploads_head(Exchange *exchange);
HttpReplied handle_uploads_append(Exchange *exchange);
HttpReplied handle_uploads_terminate(Exchange *exchange);
HttpReplied handle_uploads_post(Exchange *exchange);
HttpReplied handle_uploads_list(Exchange *exchange);

/* export_handlers.c */
HttpReplied handle_export_sheet(Exchange *exchange);
HttpReplied handle_export_pictures(Exchange *exchange);
HttpReplied handle_export_report(Exchange *exchange);

/* privacy_handlers.c */
HttpReplied handle_policy(Exchange *exchange);
HttpReplied handle_policy_page(Exchange *exchange);
HttpReplied handle_account_export(Exchange *exchange);
HttpReplied handle_account_delete(Exchange *exchange);
HttpReplied handle_receipt(Exchange *exchange);

/* delivery.c */
HttpReplied handle_picture(Exchange *exchange);
HttpReplied handle_open_picture(Exchange *exchange); /* on the loop */
/* The handler of picture_routes: no caller, no site headers. */
HttpReplied delivery_dispatch(HttpRequest *request, gpointer context);
/* For every status the same words on every host. */
HttpReplied delivery_nothing_here(HttpRequest *request, guint status);
