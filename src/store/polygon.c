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

static double
signed_area(const Polygon *polygon)
{
    double twice = 0;
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        FloorPoint a = polygon->points[j], b = polygon->points[i];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
}

double
polygon_area(const Polygon *polygon)
{
    return fabs(signed_area(polygon));
}

FloorPoint
polygon_centroid(const Polygon *polygon)
{
    double area = signed_area(polygon);
    FloorPoint sum = { 0, 0 };
    if (area == 0) { /* a line: the mean of its corners */
        for (guint i = 0; i < polygon->num_points; i++) {
            sum.x += polygon->points[i].x / polygon->num_points;
            sum.y += polygon->points[i].y / polygon->num_points;
        }
        return sum;
    }
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        FloorPoint a = polygon->points[j], b = polygon->points[i];
        double cross = a.x * b.y - b.x * a.y;
        sum.x += (a.x + b.x) * cross / (6 * area);
        sum.y += (a.y + b.y) * cross / (6 * area);
    }
    return sum;
}

static double
side(FloorPoint a, FloorPoint b, FloorPoint point)
{
    return (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
}

static bool
segments_cross(FloorPoint a, FloorPoint b, FloorPoint c, FloorPoint d)
{
    return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0 &&
           /* on one line: only where their boxes meet */
           MIN(a.x, b.x) <= MAX(c.x, d.x) && MIN(c.x, d.x) <= MAX(a.x, b.x) &&
           MIN(a.y, b.y) <= MAX(c.y, d.y) && MIN(c.y, d.y) <= MAX(a.y, b.y);
}

bool
polygon_meets_segment(const Polygon *polygon, FloorPoint a, FloorPoint b)
{
    for (guint i = 0, j = polygon->num_points - 1; i < polygon->num_points; j = i++) {
        if (segments_cross(a, b, polygon->points[j], polygon->points[i])) {
            return true;
        }
    }
    return polygon_contains(polygon, a);
}
