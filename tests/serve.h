/* For whole-program tests: `cloudpick serve` as a process of its own, and what a seller does with
 * it. Everything here fails the test itself. */
#pragma once

#include "db/db.h"
#include "tests/support.h"
#include "web/test_client.h"

typedef struct {
    TempDir dir;          /* its data */
    char *database_url;   /* "": SQLite in DIR */
    GPtrArray *arguments; /* more of them, for the next start: "--set", "a=b" */
    GPid pid;
    GPid worker_pid; /* of serve_start_worker; 0: none */
    guint16 port; /* stays the same over restarts */
    TestPeer peer;
} Serve;

/* False, and the test is skipped, where there is no PostgreSQL. Does not start it. */
bool serve_init(Serve *serve, DbKind kind);
/* Starts it and waits until it says where it is. */
void serve_start(Serve *serve);
/* Starts `cloudpick work` beside it, on the same data. */
void serve_start_worker(Serve *serve);
void serve_kill_worker(Serve *serve);
/* As a power cut would. */
void serve_kill(Serve *serve);
/* SIGTERM; returns the exit status. */
int serve_stop(Serve *serve);
/* Ends it if it runs and removes what it had. */
void serve_clear(Serve *serve);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Serve, serve_clear)

/* The id of a new batch. */
char *serve_new_batch(const TestClient *client);
/* Uploads BYTES as NAME, in one request. */
void serve_upload(const TestClient *client, const char *batch, const char *name, GBytes *bytes);
/* The sheet and all photos of samples/listing. */
void serve_upload_sample(const TestClient *client, const char *batch);
/* Waits until nothing of the batch waits any more; returns it. */
char *serve_wait_until_done(const TestClient *client, const char *batch);
/* Waits for a publishing that was asked for; returns the batch. */
char *serve_wait_until_published(const TestClient *client, const char *batch);
/* Publishes it and waits for that; returns it. */
char *serve_publish(const TestClient *client, const char *batch);

/* GET of a published URL: asks this service for the URL's path, with the URL's host. METHOD, and
 * HEADERS as for test_call. */
NetResponse serve_fetch(const Serve *serve, const char *method, const char *url,
                        const char *headers);

/* Registers TEST twice, on SQLite and on PostgreSQL; it gets a Serve that is not started. */
typedef void (*ServeTest)(Serve *serve);
void test_each_serve(const char *path, ServeTest test);
