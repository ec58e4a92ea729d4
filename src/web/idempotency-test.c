#include "web/idempotency.h"

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

static IdempotencyResult
begin(const Fixture *fixture, const char *key, const char *body, char **ret_answer)
{
    g_autoptr(GError) error = NULL;
    guint status = 0;
    Digest digest = digest_of(body, strlen(body));
    IdempotencyResult result = idempotency_begin(fixture->db, &fixture->clock, &fixture->account,
                                                 key, "/a", &digest, &status, ret_answer, &error);
    g_assert_no_error(error);
    if (result == IDEMPOTENCY_REPLAY) {
        g_assert_cmpuint(status, ==, 201);
    }
    return result;
}

static void
end(const Fixture *fixture, const char *key, guint status, const char *answer)
{
    g_autoptr(GError) error = NULL;
    idempotency_end(fixture->db, &fixture->account, key, status, answer, &error);
    g_assert_no_error(error);
}

static void
test_answer_is_given_again(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_autofree char *answer = NULL;
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    end(&fixture, "k", 201, "{\"id\":1}");
    g_assert_cmpint(begin(&fixture, "k", "{}", &answer), ==, IDEMPOTENCY_REPLAY);
    g_assert_cmpstr(answer, ==, "{\"id\":1}");
}

static void
test_key_is_for_one_request(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    end(&fixture, "k", 201, "");
    g_assert_cmpint(begin(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_OTHER);
    add_account(&fixture); /* another account's key of the same text is its own */
    g_assert_cmpint(begin(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_FRESH);
}

static void
test_second_request_waits_for_the_first(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_BUSY);
    now += IDEMPOTENCY_ABANDONED + 1;
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
}

static void
test_failure_frees_the_key(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Fixture fixture = { database->db, clock_showing(&now), { { 0 } } };
    add_account(&fixture);
    g_assert_cmpint(begin(&fixture, "k", "{}", NULL), ==, IDEMPOTENCY_FRESH);
    end(&fixture, "k", 0, "");
    g_assert_cmpint(begin(&fixture, "k", "{\"name\":\"x\"}", NULL), ==, IDEMPOTENCY_FRESH);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/idempotency/again", test_answer_is_given_again);
    test_each_database("/idempotency/one-request", test_key_is_for_one_request);
    test_each_database("/idempotency/under-way", test_second_request_waits_for_the_first);
    test_each_database("/idempotency/failure", test_failure_frees_the_key);
    return g_test_run();
}
