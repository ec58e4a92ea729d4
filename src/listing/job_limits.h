/* From the settings to the limits of the rooms below, in one place. */
#pragma once

#include "archive/zip.h"
#include "config/settings.h"
#include "image/pool.h"
#include "listing/intake.h"
#include "sheet/sheet.h"

SheetLimits limits_for_sheet(const Settings *settings);
ZipLimits limits_for_zip(const Settings *settings);
IntakeLimits limits_for_intake(const Settings *settings);
ImageLimits limits_for_image(const Settings *settings);
/* NUM_JOBS 0: one worker for each processor. */
ImagePoolOptions limits_for_pool(const Settings *settings, guint num_jobs);
