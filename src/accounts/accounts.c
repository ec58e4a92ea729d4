#include "accounts/accounts.h"

#include "accounts/context.h"
#include "accounts/provider.h"
#include "base/secret.h"

#include <string.h>

void
accounts_free(Accounts *accounts)
{
    if (accounts == NULL) {
        return;
    }
    g_ptr_array_unref(accounts->providers);
    g_array_unref(accounts->choices);
    g_free(accounts->site_origin);
    g_free(accounts->pictures_domain);
    secret_clear(accounts->token_key, sizeof accounts->token_key);
    g_free(accounts);
}

Accounts *
accounts_new(const AccountsOptions *options, GError **error)
{
    g_assert(options->num_providers == 0 || options->net != NULL);
    g_autoptr(Accounts) accounts = g_new0(Accounts, 1);
    accounts->db = options->db;
    accounts->net = options->net;
    accounts->clock = options->clock;
    accounts->site_origin = g_strdup(options->site_origin);
    accounts->pictures_domain = g_strdup(options->pictures_domain);
    memcpy(accounts->token_key, options->token_key, sizeof accounts->token_key);
    accounts->session_idle = options->session_idle;
    accounts->session_lifetime = options->session_lifetime;
    accounts->test_mode = options->test_mode;
    accounts->providers = g_ptr_array_new_with_free_func((GDestroyNotify)provider_free);
    accounts->choices = g_array_new(TRUE, FALSE, sizeof(SignInChoice));
    for (gsize i = 0; i < options->num_providers; i++) {
        Provider *provider =
            provider_new(&options->providers[i], options->net, options->clock, error);
        if (provider == NULL) {
            return NULL;
        }
        g_ptr_array_add(accounts->providers, provider);
        SignInChoice choice = { provider->row->id, provider->row->name };
        g_array_append_val(accounts->choices, choice);
    }
    return g_steal_pointer(&accounts);
}
