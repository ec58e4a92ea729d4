/* For tests: the whole service in this process, on a fresh database of either kind, and a client to
 * talk to it. Everything here fails the test itself. */
#pragma once

#include "net/net.h"
#include "web/site.h"

typedef struct {
    Settings settings;
    char *dir;
    App *app;
    Site *site;
    HttpServer *server;
    GThread *thread;
    guint16 port;
    Net *client;
} TestService;

typedef void (*ServiceTest)(TestService *service);

/* Registers TEST twice, PATH/sqlite and PATH/postgresql; where there is no PostgreSQL the second
 * says so and is skipped. */
void test_each_service(const char *path, ServiceTest test);

/* Runs jobs in this thread until none is due. */
void test_run_jobs(TestService *service);

/* A browser (or what else holds a cookie or a JWT). */
typedef struct {
    TestService *service;
    char *credential; /* a whole header line; NULL: nobody */
} TestClient;

/* Signs in in test mode; the account is NAME's own. */
TestClient test_sign_in(TestService *service, const char *name);
void test_client_clear(TestClient *client);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestClient, test_client_clear)

/* HEADERS: lines with '\n' between them, or NULL. BODY: a text, or NULL; JSON unless HEADERS has a
 * Content-Type. The request comes from the service's own pages. */
NetResponse test_call(const TestClient *client, const char *method, const char *path,
                      const char *headers, const char *body);
NetResponse test_call_bytes(const TestClient *client, const char *method, const char *path,
                            const char *headers, GBytes *body);
/* The same, and the answer must have STATUS; returns its body. */
char *test_json(const TestClient *client, guint status, const char *method, const char *path,
                const char *body);

/* The value of the member NAME (first one of this name) in JSON: a string without quotes, or what
 * else stands there. NULL: none. */
char *test_member(const char *json, const char *name);

/* Fails the test unless JSON is what schema_table.c says of SCHEMA ("Name" or "Name[]": a page of a
 * list). */
void assert_schema(const char *json, const char *schema);
