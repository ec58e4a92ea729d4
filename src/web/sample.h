/* Something to look at for who starts the service for the first time: an account with a batch of
 * the sample's sheet and photos. */
#pragma once

#include "web/app.h"

#define SAMPLE_NAME "Sample seller"
#define SAMPLE_EMAIL "sample@example.com"

/* Makes the account and its batch from the files in FOLDER and below, unless it has a batch
 * already. In test mode only (INVALID else). */
bool sample_load(App *app, const char *folder, GError **error);
