/* For tests: accounts on a test database, with a clock that stands still until it is moved. */
#pragma once

#include "accounts/sign_in.h"
#include "db/test_database.h"

typedef struct {
    Timestamp now; /* move it */
    Clock clock;
    Net *net; /* NULL without providers */
    Accounts *accounts;
} TestAccounts;

#define TEST_START G_GINT64_CONSTANT(1800000000000000)

/* In test mode at https://cloudpick.example, pictures below pictures.example; sessions end after 14
 * days unused and after 60. PROVIDERS (NULL: none) have a base_url. */
void test_accounts_init(TestAccounts *test, TestDatabase *database,
                        const AccountsProvider *providers, gsize num_providers);
void test_accounts_clear(TestAccounts *test);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestAccounts, test_accounts_clear)

/* Signs in as EMAIL, which must work. */
SignInDone test_accounts_enter(TestAccounts *test, const char *email);

/* The only number that SQL selects, as column "number". */
gint64 test_accounts_number(TestDatabase *database, const char *sql);
