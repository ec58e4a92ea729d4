#include "listing/job_limits.h"

SheetLimits
limits_for_sheet(const Settings *settings)
{
    return (SheetLimits){
        .max_sheet_bytes = (guint64)settings->sheet_max_bytes,
        .max_entries = (guint64)settings->archive_max_entries,
        .max_ratio = (guint64)settings->archive_max_ratio,
    };
}

ZipLimits
limits_for_zip(const Settings *settings)
{
    return (ZipLimits){
        .max_entries = (guint64)settings->archive_max_entries,
        .max_ratio = (guint64)settings->archive_max_ratio,
        .max_name_bytes = (guint64)settings->archive_max_name,
        .max_total_bytes = (guint64)settings->archive_max_total_bytes,
    };
}

IntakeLimits
limits_for_intake(const Settings *settings)
{
    return (IntakeLimits){
        .zip = limits_for_zip(settings),
        .max_photos = (guint64)settings->listing_max_photos,
        .max_photo_bytes = (guint64)settings->image_max_input_bytes,
    };
}

ImageLimits
limits_for_image(const Settings *settings)
{
    return (ImageLimits){
        .max_input_bytes = (guint64)settings->image_max_input_bytes,
        .max_pixels = (guint64)settings->image_max_pixels,
        .max_side = (guint32)settings->image_max_side,
        .max_frames = (guint32)settings->image_max_frames,
        .max_scans = (guint32)settings->image_max_scans,
    };
}

ImagePoolOptions
limits_for_pool(const Settings *settings, guint num_jobs)
{
    return (ImagePoolOptions){
        .num_workers = num_jobs > 0 ? num_jobs : g_get_num_processors(),
        .max_memory_bytes = (guint64)settings->image_max_memory,
        .max_seconds = (guint)settings->image_max_seconds,
    };
}
