/* The reader of calibrations; what it accepts is also asked for places. */
#include "track/calibration.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Calibration) calibration = calibration_parse("fuzz", (const char *)data, size, NULL);
    const Camera *camera = calibration == NULL ? NULL : calibration_find(calibration, "c1");
    if (camera == NULL) {
        return 0;
    }
    const Box boxes[] = { { 600, 300, 60, 170 }, { -1e7, -1e7, 1e7, 1e7 }, { 0, 700, 0.01, 0.01 } };
    for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
        FloorPlace place;
        if (camera_place(camera, &boxes[i], &place)) {
            g_assert(isfinite(place.x) && isfinite(place.y));
            g_assert(place.xx > 0 && place.yy > 0);
        }
    }
    return 0;
}
