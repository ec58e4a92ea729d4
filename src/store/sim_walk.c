#include "store/sim_walk.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* Fitted to students003 of the UCY set, the most shop-like of the three crowds (bench/store):
 * each person's own mean speed while walking, the time gap kept behind somebody, how much the
 * direction wavers. */
static const double free_speed_mean = 0.83, free_speed_sd = 0.26;
static const double time_gap_s = 0.75;
static const double heading_noise = 0.14; /* radians in 0.4 s */
/* The model's repulsion, as its authors use it. */
static const double push_strength = 3, push_range = 0.1;
static const double speed_relaxation_s = 0.4;

static const double cell_metres = 0.1;
static const guint max_cells = 4000000;
static const guint max_fields = 256; /* kept at a time */

struct SimFloor {
    const StoreLayout *layout;
    double low_x, low_y;
    guint width, height;
    guint8 *room;       /* of each cell */
    GHashTable *fields; /* cell + 1 -> float[] */
};

static FloorPoint
cell_center(const SimFloor *floor, guint cell)
{
    return (FloorPoint){ floor->low_x + (cell % floor->width + 0.5) * cell_metres,
                         floor->low_y + (cell / floor->width + 0.5) * cell_metres };
}

static gint64
cell_at(const SimFloor *floor, FloorPoint point)
{
    double x = (point.x - floor->low_x) / cell_metres, y = (point.y - floor->low_y) / cell_metres;
    if (!(x >= 0 && y >= 0 && x < floor->width && y < floor->height)) {
        return -1;
    }
    return (gint64)y * floor->width + (gint64)x;
}

static bool
fits(const StoreLayout *layout, FloorPoint point)
{
    if (!polygon_contains(&layout->floor, point) ||
        polygon_distance(&layout->floor, point, NULL) < SIM_BODY_METRES / 2) {
        return false;
    }
    for (guint i = 0; i < layout->num_gondolas; i++) {
        const Polygon *body = &layout->gondolas[i].body;
        if (polygon_contains(body, point) ||
            polygon_distance(body, point, NULL) < SIM_BODY_METRES / 2) {
            return false;
        }
    }
    return true;
}

void
sim_floor_free(SimFloor *floor)
{
    if (floor == NULL) {
        return;
    }
    g_clear_pointer(&floor->fields, g_hash_table_unref);
    g_free(floor->room);
    g_free(floor);
}

SimFloor *
sim_floor_new(const StoreLayout *layout, GError **error)
{
    g_autoptr(SimFloor) floor = g_new0(SimFloor, 1);
    floor->layout = layout;
    double high_x = -INFINITY, high_y = -INFINITY;
    floor->low_x = floor->low_y = INFINITY;
    for (guint i = 0; i < layout->floor.num_points; i++) {
        FloorPoint point = layout->floor.points[i];
        floor->low_x = MIN(floor->low_x, point.x);
        floor->low_y = MIN(floor->low_y, point.y);
        high_x = MAX(high_x, point.x);
        high_y = MAX(high_y, point.y);
    }
    double width = ceil((high_x - floor->low_x) / cell_metres);
    double height = ceil((high_y - floor->low_y) / cell_metres);
    if (width * height > max_cells) {
        return fail_null(error, APP_ERROR_TOO_LARGE,
                         "a floor of %.0f by %.0f metres is too large to simulate",
                         high_x - floor->low_x, high_y - floor->low_y);
    }
    floor->width = (guint)MAX(width, 1);
    floor->height = (guint)MAX(height, 1);
    floor->room = g_new0(guint8, (gsize)floor->width * floor->height);
    for (guint cell = 0; cell < floor->width * floor->height; cell++) {
        floor->room[cell] = fits(layout, cell_center(floor, cell));
    }
    floor->fields = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    return g_steal_pointer(&floor);
}

bool
sim_floor_has_room(const SimFloor *floor, FloorPoint point)
{
    return fits(floor->layout, point);
}

bool
sim_floor_nearest(const SimFloor *floor, FloorPoint point, double radius, FloorPoint *ret_point)
{
    for (double r = 0; r <= radius; r += cell_metres / 2) {
        guint num_angles = r == 0 ? 1 : 24;
        for (guint i = 0; i < num_angles; i++) {
            double angle = 2 * G_PI * i / num_angles;
            FloorPoint at = { point.x + r * cos(angle), point.y + r * sin(angle) };
            gint64 cell = cell_at(floor, at);
            if (cell >= 0 && floor->room[cell] && fits(floor->layout, at)) {
                *ret_point = at;
                return true;
            }
        }
    }
    return false;
}

bool
sim_floor_pick_in_zone(const SimFloor *floor, ZoneKind kind, Prng *prng, FloorPoint *ret_point)
{
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint cell = 0; cell < floor->width * floor->height; cell++) {
        if (floor->room[cell] &&
            store_layout_in_zone(floor->layout, kind, cell_center(floor, cell))) {
            g_array_append_val(cells, cell);
        }
    }
    if (cells->len == 0) {
        return false;
    }
    *ret_point = cell_center(floor, g_array_index(cells, guint, prng_below(prng, cells->len)));
    return true;
}

typedef struct {
    float distance;
    guint cell;
} Front;

/* A binary heap in a GArray: enough of it for one search. */
static void
heap_push(GArray *heap, Front front)
{
    g_array_append_val(heap, front);
    Front *all = (Front *)(gpointer)heap->data;
    guint i = heap->len - 1;
    while (i > 0 && all[(i - 1) / 2].distance > front.distance) {
        all[i] = all[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    all[i] = front;
}

static Front
heap_pop(GArray *heap)
{
    Front *all = (Front *)(gpointer)heap->data;
    Front top = all[0], last = all[heap->len - 1];
    guint count = heap->len - 1, i = 0;
    g_array_set_size(heap, count);
    for (;;) {
        guint child = 2 * i + 1;
        if (child >= count) {
            break;
        }
        child += child + 1 < count && all[child + 1].distance < all[child].distance;
        if (all[child].distance >= last.distance) {
            break;
        }
        all[i] = all[child];
        i = child;
    }
    if (count > 0) {
        all[i] = last;
    }
    return top;
}

/* Walking distance of every cell to GOAL's. */
static float *
work_out_field(const SimFloor *floor, guint goal)
{
    gsize num_cells = (gsize)floor->width * floor->height;
    float *field = g_new(float, num_cells);
    for (gsize i = 0; i < num_cells; i++) {
        field[i] = INFINITY;
    }
    g_autoptr(GArray) heap = g_array_new(FALSE, FALSE, sizeof(Front));
    field[goal] = 0;
    heap_push(heap, (Front){ 0, goal });
    while (heap->len > 0) {
        Front front = heap_pop(heap);
        if (front.distance > field[front.cell]) {
            continue;
        }
        int x = (int)(front.cell % floor->width), y = (int)(front.cell / floor->width);
        for (int k = 0; k < 9; k++) {
            int dx = k % 3 - 1, dy = k / 3 - 1;
            if (x + dx < 0 || y + dy < 0 || x + dx >= (int)floor->width ||
                y + dy >= (int)floor->height) {
                continue;
            }
            guint next = (guint)(y + dy) * floor->width + (guint)(x + dx);
            float distance =
                front.distance + (float)(cell_metres * (dx != 0 && dy != 0 ? G_SQRT2 : 1));
            if (floor->room[next] && distance < field[next]) {
                field[next] = distance;
                heap_push(heap, (Front){ distance, next });
            }
        }
    }
    return field;
}

static const float *
field_of(SimFloor *floor, FloorPoint goal)
{
    gint64 cell = cell_at(floor, goal);
    if (cell < 0) {
        return NULL;
    }
    float *field = g_hash_table_lookup(floor->fields, GUINT_TO_POINTER((guint)cell + 1));
    if (field == NULL) {
        if (g_hash_table_size(floor->fields) >= max_fields) {
            g_hash_table_remove_all(floor->fields);
        }
        field = work_out_field(floor, (guint)cell);
        g_hash_table_insert(floor->fields, GUINT_TO_POINTER((guint)cell + 1), field);
    }
    return field;
}

static double
field_value(const SimFloor *floor, const float *field, FloorPoint point)
{
    gint64 cell = cell_at(floor, point);
    return cell < 0 || field == NULL ? INFINITY : field[cell];
}

double
sim_floor_distance(SimFloor *floor, FloorPoint from, FloorPoint to)
{
    const float *field = field_of(floor, to);
    double best = field_value(floor, field, from);
    /* Close to a gondola one may stand in a cell whose middle has no room. */
    for (int i = 0; i < 8 && !isfinite(best); i++) {
        FloorPoint beside = { from.x + cell_metres * cos(i * G_PI / 4),
                              from.y + cell_metres * sin(i * G_PI / 4) };
        best = cell_metres + field_value(floor, field, beside);
    }
    return best;
}

SimWalker
sim_walker_new(Prng prng, FloorPoint at)
{
    SimWalker walker = { .at = at, .goal = at, .heading = { 1, 0 }, .prng = prng };
    walker.free_speed = prng_normal_within(&walker.prng, free_speed_mean, free_speed_sd, 0.35, 1.6);
    walker.side = prng_chance(&walker.prng, 0.7) ? -1 : 1; /* most keep to the right */
    return walker;
}

static FloorPoint
unit(FloorPoint vector)
{
    double length = hypot(vector.x, vector.y);
    return length < 1e-9 ? (FloorPoint){ 1, 0 }
                         : (FloorPoint){ vector.x / length, vector.y / length };
}

static FloorPoint
turned(FloorPoint vector, double angle)
{
    double c = cos(angle), s = sin(angle);
    return (FloorPoint){ c * vector.x - s * vector.y, s * vector.x + c * vector.y };
}

/* Where the way to the goal leads from here. */
static FloorPoint
way(SimFloor *floor, const SimWalker *walker)
{
    double dx = walker->goal.x - walker->at.x, dy = walker->goal.y - walker->at.y;
    if (hypot(dx, dy) < 0.3) {
        return unit((FloorPoint){ dx, dy });
    }
    const float *field = field_of(floor, walker->goal);
    const double look_ahead = 0.25;
    FloorPoint best = unit((FloorPoint){ dx, dy });
    double best_value = INFINITY;
    for (int i = 0; i < 24; i++) {
        FloorPoint direction = turned((FloorPoint){ 1, 0 }, 2 * G_PI * i / 24);
        FloorPoint ahead = { walker->at.x + look_ahead * direction.x,
                             walker->at.y + look_ahead * direction.y };
        /* A straight line to the goal decides among directions of one cell. */
        double value = field_value(floor, field, ahead) +
                       0.2 * hypot(walker->goal.x - ahead.x, walker->goal.y - ahead.y);
        if (value < best_value) {
            best_value = value;
            best = direction;
        }
    }
    return best;
}

/* Pushed away from those who are near. */
static FloorPoint
pushed(const SimWalker *walker, SimWalker *const *walkers, guint num_walkers, FloorPoint direction)
{
    FloorPoint sum = direction;
    for (guint i = 0; i < num_walkers; i++) {
        if (walkers[i] == walker) {
            continue;
        }
        double dx = walker->at.x - walkers[i]->at.x, dy = walker->at.y - walkers[i]->at.y;
        double distance = hypot(dx, dy);
        if (distance > 1.5 || distance < 1e-6) {
            continue;
        }
        double push = push_strength * exp((SIM_BODY_METRES - distance) / push_range);
        sum.x += push * dx / distance;
        sum.y += push * dy / distance;
    }
    return unit(sum);
}

/* Room ahead in that direction, up to the next body. */
static double
gap_ahead(const SimWalker *walker, SimWalker *const *walkers, guint num_walkers,
          FloorPoint direction)
{
    double gap = INFINITY;
    for (guint i = 0; i < num_walkers; i++) {
        double dx = walkers[i]->at.x - walker->at.x, dy = walkers[i]->at.y - walker->at.y;
        double ahead = dx * direction.x + dy * direction.y;
        double aside = fabs(dx * direction.y - dy * direction.x);
        if (walkers[i] != walker && ahead > 0 && aside < SIM_BODY_METRES) {
            gap = MIN(gap, hypot(dx, dy) - SIM_BODY_METRES);
        }
    }
    return MAX(gap, 0);
}

bool
sim_walk_is_free(SimWalker *const *walkers, guint num_walkers, const SimWalker *self,
                 FloorPoint point)
{
    for (guint i = 0; i < num_walkers; i++) {
        if (walkers[i] != self &&
            hypot(walkers[i]->at.x - point.x, walkers[i]->at.y - point.y) < SIM_BODY_METRES) {
            return false;
        }
    }
    return true;
}

static bool
try_move(const SimFloor *floor, SimWalker *walker, SimWalker *const *walkers, guint num_walkers,
         FloorPoint direction, double metres)
{
    FloorPoint to = { walker->at.x + metres * direction.x, walker->at.y + metres * direction.y };
    if (!fits(floor->layout, to) || !sim_walk_is_free(walkers, num_walkers, walker, to)) {
        return false;
    }
    walker->at = to;
    return true;
}

/* The heading follows the movement, not at once. */
static void
turn_towards(SimWalker *walker, FloorPoint direction, double dt)
{
    double share = MIN(dt / 0.25, 1);
    walker->heading = unit((FloorPoint){ walker->heading.x + share * direction.x,
                                         walker->heading.y + share * direction.y });
}

static void
step(SimFloor *floor, SimWalker *walker, SimWalker *const *walkers, guint num_walkers, double dt)
{
    /* In the order of preference; the further ones only after waiting a while. */
    static const double angles[] = { 0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.2, -2.2 };
    double left = hypot(walker->goal.x - walker->at.x, walker->goal.y - walker->at.y);
    FloorPoint direction = pushed(walker, walkers, num_walkers, way(floor, walker));
    direction = turned(direction, prng_normal(&walker->prng, 0, heading_noise * sqrt(dt / 0.4)));
    double gap = gap_ahead(walker, walkers, num_walkers, direction);
    double wanted = MIN(MIN(gap / time_gap_s, walker->free_speed), left / 0.3);
    walker->speed += (wanted - walker->speed) * MIN(dt / speed_relaxation_s, 1);
    /* Who is stuck shuffles sideways rather than stand for ever. */
    double shuffle = walker->stuck_seconds > 1.0 ? 0.3 : 0;
    double metres = MAX(MIN(walker->speed, MAX(gap / dt, 0.05)), shuffle) * dt;
    metres = MIN(metres, left);
    guint num_angles = walker->stuck_seconds > 3 ? 9 : walker->stuck_seconds > 1 ? 7 : 3;
    FloorPoint before = walker->at;
    for (guint i = 0; i < num_angles; i++) {
        FloorPoint tried = turned(direction, walker->side * angles[i]);
        if (try_move(floor, walker, walkers, num_walkers, tried, metres)) {
            turn_towards(walker, tried, dt);
            break;
        }
    }
    double moved = hypot(walker->at.x - before.x, walker->at.y - before.y);
    if (moved < 0.1 * dt) {
        walker->stuck_seconds += dt;
        walker->side = prng_chance(&walker->prng, dt) ? -walker->side : walker->side;
    } else {
        walker->stuck_seconds = MAX(walker->stuck_seconds - dt / 2, 0);
    }
}

void
sim_walk_step(SimFloor *floor, SimWalker **walkers, guint num_walkers, double dt)
{
    for (guint i = 0; i < num_walkers; i++) {
        if (walkers[i]->is_walking) {
            step(floor, walkers[i], walkers, num_walkers, dt);
        } else {
            walkers[i]->speed = 0;
            walkers[i]->stuck_seconds = 0;
        }
    }
}
