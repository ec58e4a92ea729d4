/* What GitHub answers. Each is INVALID when it is not what GitHub documents. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* POST /login/oauth/access_token: either result is NULL when it is not in the answer. Errors come
 * with status 200. */
bool github_parse_token(GBytes *json, char **ret_token, char **ret_error_code, GError **error);

/* GET /user: RET_ID as text; RET_NAME is the name or else the login. */
bool github_parse_user(GBytes *json, char **ret_id, char **ret_name, GError **error);

/* GET /user/emails: the primary address if it is verified, else NULL. */
bool github_parse_emails(GBytes *json, char **ret_email, GError **error);
