#include "web/idempotency.h"

#include "base/error.h"
#include "db/test_database.h"

#include <string.h>

typedef struct {
    Db *db;
    Clock clock;
    Id account;
} Fixture;

static void
add_account(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    fixture->account = id_new(&fixture->clock);
    g_autoptr(DbTx) tx = db_begin(fixture->db, DB_WRITE, &error);
    db_exec(tx, &error, NULL,
            "INSERT INTO account (id, region, display_name, created_at) VALUES ($1, 'eu', 'A', $2)",
            "ti", fixture->account.text, clock_now(&fixture->clock));
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
}

static IdempotencyKey
key_of(const Fixture *fixture, const char *key, const char *body)
{
    return (IdempotencyKey){ &fixture->account, key, "/a", digest_of(body, strlen(body)) };
}

static IdempotencyResult
find(const Fixture *fixture, const char *text, const char *body, char **ret_answer)
{
    g_autoptr(GError) error = NULL;
    guint status = 0;
    IdempotencyKey key = key_of(fixture, text, body);
    IdempotencyResult result = idempotency_find(fixture->db, &key, &status, ret_answer, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(status, ==, result == IDEMPOTENCY_REPLAY ? 201 : 0);
    return result;
}

/* Keeps ANSWER as what creates something would. */
static bool
create(const Fixture *fixture, const char *text, const char *body, const char *answer,
       bool is_committed)
{
    g_autoptr(GError) error = NULL;
    IdempotencyKey key = key_of(fixture, text, body);
    g_autoptr(DbTx) tx = db_begin(fixture->db, DB_WRITE, &error);
    g_assert_no_error(error);
    if (!idempotency_keep(tx, &fixture->clock, &key, 201, answer, &error)) {
        g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
        return false;
    }
    if (is_committed) {
        g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    }
    return true;
}

static void
test_answer_is_given_again(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_autofree char *answer = NULL;
    g_assert_cmpint(find(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    g_assert_true(create(&fixture, "k", "{}", "{\"id\":1}", true));
    g_assert_cmpint(find(&fixture, "k", "{}", &answer), ==, IDEMPOTENCY_REPLAY);
    g_assert_cmpstr(answer, ==, "{\"id\":1}");
}

static void
test_key_is_for_one_request(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_assert_true(create(&fixture, "k", "{}", "", true));
    g_assert_cmpint(find(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_OTHER);
    add_account(&fixture); /* another account's key of the same text is its own */
    g_assert_cmpint(find(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_FRESH);
}

/* Of two that found nothing, one may create. */
static void
test_second_creation_is_refused(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_autofree char *answer = NULL;
    g_assert_true(create(&fixture, "k", "{}", "first", true));
    g_assert_false(create(&fixture, "k", "{}", "second", true));
    g_assert_cmpint(find(&fixture, "k", "{}", &answer), ==, IDEMPOTENCY_REPLAY);
    g_assert_cmpstr(answer, ==, "first");
}

/* What was not created has no answer, and is tried again at once. */
static void
test_failure_frees_the_key(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_assert_true(create(&fixture, "k", "{}", "first", false));
    g_assert_cmpint(find(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_FRESH);
    g_assert_true(create(&fixture, "k", "{\"name\":\"x\"}", "second", true));
}

/* What an older program left of a request whose end it did not live to see is in nobody's way. */
static void
test_old_claims_are_nothing(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    g_autoptr(GError) error = NULL;
    add_account(&fixture);
    g_autoptr(DbTx) tx = db_begin(fixture.db, DB_WRITE, &error);
    db_exec(tx, &error, NULL,
            "INSERT INTO idempotency"
            " (account_id, key, route, request_digest, status, body, created_at)"
            " VALUES ($1, 'k', '/a', $2, 0, '', $3)",
            "tbi", fixture.account.text, "", (gsize)0, now);
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    g_assert_cmpint(find(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    g_assert_true(create(&fixture, "k", "{}", "", true));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/idempotency/again", test_answer_is_given_again);
    test_each_database("/idempotency/one-request", test_key_is_for_one_request);
    test_each_database("/idempotency/twice", test_second_creation_is_refused);
    test_each_database("/idempotency/old", test_old_claims_are_nothing);
    test_each_database("/idempotency/failure", test_failure_frees_the_key);
    return g_test_run();
}
