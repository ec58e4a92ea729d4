/* For tests: an OpenID provider on loopback that says what it is told to, true or not. It is no
 * proof that a real one would be understood (tests/sign-in-test.c asks a certified one); it is
 * there to lie. */
#pragma once

#include "accounts/accounts.h"
#include "accounts/test_token.h"
#include "net/test_server.h"

/* What it says. Strings are borrowed and may be changed between two requests. */
typedef struct {
    /* The discovery document. */
    const char *discovery_path;
    const char *issuer;  /* NULL: its origin */
    const char *keys_at; /* origin of the key set; NULL: its own */
    bool sends_iss;
    const char *discovery; /* NULL: made of the above */

    char *keys; /* the key set; owned */

    /* The id token. NULL: what is right. */
    const char *token_issuer, *audience, *nonce, *subject;
    const char *more_claims;      /* "\"email\":\"...\"" */
    gint64 issued_at, expires_at; /* seconds */
    const char *header;
    const TestKey *signing_key;
    char *(*spoil)(const char *token); /* NULL: as it was signed */

    guint status;       /* of everything; 0: what is right */
    const char *answer; /* of the token request; NULL: the token */

    /* What it was asked. */
    char *expected_nonce, *expected_challenge, *last_form;
    int num_discoveries, num_key_sets, num_tokens;

    TestServer *server;
    const TestKey *key; /* named "key" */
    GMutex lock;        /* held by the server while it answers */
} TestProvider;

/* Honest. */
void test_provider_init(TestProvider *provider);
void test_provider_clear(TestProvider *provider);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestProvider, test_provider_clear)

/* Tells it what a browser sent to URL would: the nonce and the challenge in it. */
void test_provider_visit(TestProvider *provider, const char *url);

/* A parameter of the query of URL, decoded; fails the test when there is none. */
char *test_query_value(const char *url, const char *name);
