#include "track/calibration.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_reader.h"

#include <math.h>
#include <string.h>

static const gsize max_file_size = 64 * 1024 * 1024; /* a layout of a large store is a few MB */
static const double max_number = 1e6;
static const double farthest_m = 1000;

/* Adults: mean and spread of height. Those who stoop or are children are told by their feet. */
static const double head_height_m = 1.7;
static const double head_spread_m = 0.12;
/* A box's edges, in box heights, and the least error of feet and calibration on the floor. */
static const double edge_noise_heights = 0.05;
static const double least_noise_m = 0.15;

struct Camera {
    char *id;
    double k[9], r[9], t[3], dist[5];
    double centre[3]; /* the camera's place in the world */
};

struct Calibration {
    GPtrArray *cameras; /* of Camera, owned */
};

static void
camera_free(gpointer camera)
{
    g_free(((Camera *)camera)->id);
    g_free(camera);
}

static void
read_matrix(JsonReader *reader, const char *what, double *numbers)
{
    guint row = 0;
    json_read_array(reader);
    for (; json_read_element(reader); row++) {
        double ignored[3];
        json_read_doubles(reader, what, row < 3 ? numbers + 3 * row : ignored, 3);
    }
    if (row != 3) {
        json_read_wrong(reader, "%s has %u rows, not 3", what, row);
    }
}

/* World to camera is a rotation: rows of length 1, at right angles, right-handed. */
static bool
is_rotation(const double *r)
{
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            double product =
                r[3 * i] * r[3 * j] + r[3 * i + 1] * r[3 * j + 1] + r[3 * i + 2] * r[3 * j + 2];
            if (!(fabs(product - (i == j)) < 1e-3)) {
                return false;
            }
        }
    }
    double determinant = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) +
                         r[2] * (r[3] * r[7] - r[4] * r[6]);
    return determinant > 0;
}

static bool
are_moderate(const double *numbers, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (!(fabs(numbers[i]) <= max_number)) {
            return false;
        }
    }
    return true;
}

static void
check_camera(JsonReader *reader, const Camera *camera)
{
    const double *k = camera->k;
    if (!are_moderate(k, 9) || !are_moderate(camera->t, 3) || !are_moderate(camera->dist, 5)) {
        json_read_wrong(reader, "camera \"%s\" has a number beyond 1,000,000", camera->id);
    } else if (!(k[0] >= 1 && k[4] >= 1) || k[3] != 0 || k[6] != 0 || k[7] != 0 ||
               fabs(k[8] - 1) > 1e-6) {
        json_read_wrong(reader, "K of camera \"%s\" is not [[fx,s,cx],[0,fy,cy],[0,0,1]] in pixels",
                        camera->id);
    } else if (!is_rotation(camera->r)) {
        json_read_wrong(reader, "R of camera \"%s\" is not a rotation", camera->id);
    }
}

static void
read_camera(JsonReader *reader, Calibration *calibration)
{
    static const char *const keys[] = { "id", "K", "R", "t", "dist", "size" };
    Camera *camera = g_new0(Camera, 1);
    g_ptr_array_add(calibration->cameras, camera);
    double size[2];
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case 0:
            camera->id = g_strdup(json_read_string(reader));
            break;
        case 1:
            read_matrix(reader, "K", camera->k);
            break;
        case 2:
            read_matrix(reader, "R", camera->r);
            break;
        case 3:
            json_read_doubles(reader, "t", camera->t, 3);
            break;
        case 4:
            json_read_doubles(reader, "dist", camera->dist, 5);
            break;
        default:
            json_read_doubles(reader, "size", size, 2);
        }
    }
    json_read_require(reader, keys, seen, 0xf);
    if (json_reader_is_wrong(reader)) {
        return;
    }
    check_camera(reader, camera);
    if (calibration_find(calibration, camera->id) != camera) {
        json_read_wrong(reader, "camera \"%s\" is there twice", camera->id);
    }
    for (int i = 0; i < 3; i++) {
        camera->centre[i] = -(camera->r[i] * camera->t[0] + camera->r[3 + i] * camera->t[1] +
                              camera->r[6 + i] * camera->t[2]);
    }
}

static void
read_cameras(JsonReader *reader, Calibration *calibration)
{
    static const char *const keys[] = { "cameras" };
    guint64 seen = json_read_object(reader);
    while (json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        json_read_array(reader);
        while (json_read_element(reader)) {
            if (calibration->cameras->len == CALIBRATION_MAX_CAMERAS) {
                json_read_wrong(reader, "more than %d cameras", CALIBRATION_MAX_CAMERAS);
                json_read_skip(reader);
                continue;
            }
            read_camera(reader, calibration);
        }
    }
    json_read_require(reader, keys, seen, 1);
}

Calibration *
calibration_parse(const char *name, const char *text, gsize size, GError **error)
{
    g_autoptr(Calibration) calibration = g_new0(Calibration, 1);
    calibration->cameras = g_ptr_array_new_with_free_func(camera_free);
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start(reader, text, size);
    read_cameras(reader, calibration);
    return json_reader_finish(reader, name, 1, error) ? g_steal_pointer(&calibration) : NULL;
}

Calibration *
calibration_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_size, error);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return calibration_parse(path, data == NULL ? "" : data, size, error);
}

void
calibration_free(Calibration *calibration)
{
    if (calibration != NULL) {
        g_clear_pointer(&calibration->cameras, g_ptr_array_unref);
        g_free(calibration);
    }
}

const Camera *
calibration_find(const Calibration *calibration, const char *id)
{
    for (guint i = 0; i < calibration->cameras->len; i++) {
        const Camera *camera = calibration->cameras->pdata[i];
        if (g_strcmp0(camera->id, id) == 0) {
            return camera;
        }
    }
    return NULL;
}

/* Brown's model as OpenCV documents it: x and y are in units of the focal length. */
static void
distort(const double *dist, double x, double y, double *ret_x, double *ret_y)
{
    double r2 = x * x + y * y;
    double radial = 1 + r2 * (dist[0] + r2 * (dist[1] + r2 * dist[4]));
    *ret_x = x * radial + 2 * dist[2] * x * y + dist[3] * (r2 + 2 * x * x);
    *ret_y = y * radial + dist[2] * (r2 + 2 * y * y) + 2 * dist[3] * x * y;
}

static void
undistort(const double *dist, double x, double y, double *ret_x, double *ret_y)
{
    double guess_x = x, guess_y = y;
    for (int round = 0; round < 20; round++) {
        double found_x, found_y;
        distort(dist, guess_x, guess_y, &found_x, &found_y);
        guess_x += x - found_x;
        guess_y += y - found_y;
    }
    *ret_x = guess_x;
    *ret_y = guess_y;
}

bool
camera_project(const Camera *camera, double x, double y, double z, double *ret_u, double *ret_v)
{
    const double *r = camera->r;
    double ahead = r[6] * x + r[7] * y + r[8] * z + camera->t[2];
    if (!(ahead > 1e-6)) {
        return false;
    }
    double right = (r[0] * x + r[1] * y + r[2] * z + camera->t[0]) / ahead;
    double down = (r[3] * x + r[4] * y + r[5] * z + camera->t[1]) / ahead;
    distort(camera->dist, right, down, &right, &down);
    *ret_u = camera->k[0] * right + camera->k[1] * down + camera->k[2];
    *ret_v = camera->k[4] * down + camera->k[5];
    return true;
}

bool
camera_unproject(const Camera *camera, double u, double v, double z, double *ret_x, double *ret_y)
{
    double down = (v - camera->k[5]) / camera->k[4];
    double right = (u - camera->k[2] - camera->k[1] * down) / camera->k[0];
    undistort(camera->dist, right, down, &right, &down);
    const double *r = camera->r;
    double direction[3];
    for (int i = 0; i < 3; i++) {
        direction[i] = r[i] * right + r[3 + i] * down + r[6 + i];
    }
    double way = (z - camera->centre[2]) / direction[2];
    double far = way * hypot(direction[0], direction[1]);
    if (!(way > 0) || !(far <= farthest_m)) {
        return false;
    }
    *ret_x = camera->centre[0] + way * direction[0];
    *ret_y = camera->centre[1] + way * direction[1];
    return true;
}

/* A plane at the height of the camera is seen edge-on: nothing can be measured on it. */
static const double least_view_from_above_m = 0.5;

/* The place seen at a pixel at height Z, its uncertainty from that of the pixel and of Z. */
static bool
place_at_height(const Camera *camera, double u, double v, double z, double pixel_noise,
                double z_noise, FloorPlace *ret_place)
{
    double x, y, dx[3], dy[3];
    if (camera->centre[2] - z < least_view_from_above_m) {
        return false;
    }
    /* Differences over one deviation: they see the horizon coming. */
    double dz = z_noise > 0 ? z_noise : 0.01;
    if (!camera_unproject(camera, u, v, z, &x, &y) ||
        !camera_unproject(camera, u + pixel_noise, v, z, &dx[0], &dy[0]) ||
        !camera_unproject(camera, u, v - pixel_noise, z, &dx[1], &dy[1]) ||
        !camera_unproject(camera, u, v, z - dz, &dx[2], &dy[2])) {
        return false;
    }
    FloorPlace place = { x, y, least_noise_m * least_noise_m, 0, least_noise_m * least_noise_m };
    for (int i = 0; i < (z_noise > 0 ? 3 : 2); i++) {
        place.xx += (dx[i] - x) * (dx[i] - x);
        place.xy += (dx[i] - x) * (dy[i] - y);
        place.yy += (dy[i] - y) * (dy[i] - y);
    }
    *ret_place = place;
    return true;
}

/* Squared distance of two places in units of their common uncertainty. */
static double
disagreement(const FloorPlace *a, const FloorPlace *b)
{
    double xx = a->xx + b->xx, xy = a->xy + b->xy, yy = a->yy + b->yy;
    double dx = a->x - b->x, dy = a->y - b->y;
    double determinant = xx * yy - xy * xy;
    return (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant;
}

FloorPlace
floor_place_fuse(const FloorPlace *a, const FloorPlace *b)
{
    /* Gain of b over a: A (A + B)^-1. */
    double sxx = a->xx + b->xx, sxy = a->xy + b->xy, syy = a->yy + b->yy;
    double determinant = sxx * syy - sxy * sxy;
    double g00 = (a->xx * syy - a->xy * sxy) / determinant;
    double g01 = (a->xy * sxx - a->xx * sxy) / determinant;
    double g10 = (a->xy * syy - a->yy * sxy) / determinant;
    double g11 = (a->yy * sxx - a->xy * sxy) / determinant;
    double dx = b->x - a->x, dy = b->y - a->y;
    return (FloorPlace){
        a->x + g00 * dx + g01 * dy,        a->y + g10 * dx + g11 * dy,
        a->xx - g00 * a->xx - g01 * a->xy, a->xy - g00 * a->xy - g01 * a->yy,
        a->yy - g10 * a->xy - g11 * a->yy,
    };
}

bool
camera_place(const Camera *camera, const Box *box, FloorPlace *ret_place)
{
    double u = box->left + box->width / 2;
    double noise = edge_noise_heights * box->height;
    FloorPlace feet, head;
    bool has_feet = place_at_height(camera, u, box->top + box->height, 0, noise, 0, &feet);
    bool has_head =
        place_at_height(camera, u, box->top, head_height_m, noise, head_spread_m, &head);
    if (has_feet && has_head) {
        /* Feet and head apart: what hides people hides their feet, and then these seem farther. */
        *ret_place = disagreement(&feet, &head) < 9 ? floor_place_fuse(&feet, &head) : head;
        return true;
    }
    *ret_place = has_feet ? feet : head;
    return has_feet || has_head;
}
