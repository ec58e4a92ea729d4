/* Polygons on the floor plan, in metres. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    double x, y;
} FloorPoint;

typedef struct {
    guint num_points; /* at least 3; the last is joined to the first */
    FloorPoint *points;
} Polygon;

/* By the even-odd rule; a point on the border may fall on either side. */
bool polygon_contains(const Polygon *polygon, FloorPoint point);
/* From POINT to the border, and the nearest point of it; inside as well as outside it is positive.
 */
double polygon_distance(const Polygon *polygon, FloorPoint point, FloorPoint *ret_nearest);
/* Positive, however the corners run. */
double polygon_area(const Polygon *polygon);
