#include "store/polygon.h"

#include <math.h>

bool
polygon_contains(const Polygon *polygon, FloorPoint point)
{
    bool inside = false;
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        FloorPoint a = polygon->points[i], b = polygon->points[j];
        if ((a.y > point.y) != (b.y > point.y) &&
            point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x) {
            inside = !inside;
        }
    }
    return inside;
}

static FloorPoint
nearest_of_segment(FloorPoint a, FloorPoint b, FloorPoint point)
{
    double dx = b.x - a.x, dy = b.y - a.y;
    double length2 = dx * dx + dy * dy;
    double along = length2 == 0 ? 0 : ((point.x - a.x) * dx + (point.y - a.y) * dy) / length2;
    along = CLAMP(along, 0, 1);
    return (FloorPoint){ a.x + along * dx, a.y + along * dy };
}

double
polygon_distance(const Polygon *polygon, FloorPoint point, FloorPoint *ret_nearest)
{
    double best = INFINITY;
    FloorPoint nearest = polygon->points[0];
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        FloorPoint candidate = nearest_of_segment(polygon->points[j], polygon->points[i], point);
        double distance = hypot(candidate.x - point.x, candidate.y - point.y);
        if (distance < best) {
            best = distance;
            nearest = candidate;
        }
    }
    if (ret_nearest != NULL) {
        *ret_nearest = nearest;
    }
    return best;
}

double
polygon_area(const Polygon *polygon)
{
    double twice = 0;
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        FloorPoint a = polygon->points[j], b = polygon->points[i];
        twice += a.x * b.y - b.x * a.y;
    }
    return fabs(twice) / 2;
}
