/* For tests: a client of a running service. Everything here fails the test itself. */
#pragma once

#include "net/net.h"

#include <stdbool.h>

/* A service on loopback, in this process or another. */
typedef struct {
    guint16 port;
    Net *net;
} TestPeer;

TestPeer test_peer_new(guint16 port);
void test_peer_clear(TestPeer *peer);

/* A browser (or what else holds a cookie or a JWT). */
typedef struct {
    const TestPeer *peer;
    char *credential; /* a whole header line; NULL: nobody */
} TestClient;

/* Signs in in test mode; the account is NAME's own. */
TestClient test_sign_in(const TestPeer *peer, const char *name);
void test_client_clear(TestClient *client);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestClient, test_client_clear)

/* HEADERS: lines with '\n' between them, or NULL. BODY: a text, or NULL; JSON unless HEADERS has a
 * Content-Type. The request comes from the service's own pages. */
NetResponse test_call(const TestClient *client, const char *method, const char *path,
                      const char *headers, const char *body);
NetResponse test_call_bytes(const TestClient *client, const char *method, const char *path,
                            const char *headers, GBytes *body);
/* The body as text. */
char *test_text(const NetResponse *response);
/* The same, and the answer must have STATUS; returns its body. */
char *test_json(const TestClient *client, guint status, const char *method, const char *path,
                const char *body);

/* The value of the member NAME (first one of this name) in JSON: a string without quotes, or what
 * else stands there. NULL: none. */
char *test_member(const char *json, const char *name);

/* Fails the test unless JSON is what schema_table.c says of SCHEMA ("Name" or "Name[]": a page of a
 * list). */
void assert_schema(const char *json, const char *schema);
