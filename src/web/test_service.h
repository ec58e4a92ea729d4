/* For tests: the whole service in this process, on a fresh database of either kind. Everything here
 * fails the test itself. */
#pragma once

#include "web/site.h"
#include "web/test_client.h"

typedef struct {
    Settings settings;
    char *dir;
    App *app;
    Site *site;
    HttpServer *server;
    GThread *thread;
    TestPeer peer; /* how to reach it */
} TestService;

typedef void (*ServiceTest)(TestService *service);

/* Registers TEST twice, PATH/sqlite and PATH/postgresql; where there is no PostgreSQL the second
 * says so and is skipped. */
void test_each_service(const char *path, ServiceTest test);

/* Runs jobs in this thread until none is due. */
void test_run_jobs(TestService *service);
