#include "store/sim_sensor.h"

#include <math.h>
#include <string.h>

/* Grams; the sum of twelve of them has the quiet half-range of 1.5 to 2 g of the real shelves. */
static const double white_grams = 0.45;
static const double offset_grams = 900; /* plates were seen at -1,898 g */
/* Shaking is what is left of footsteps and hands after the gondola's own resonance. */
static const double resonance_hz = 9, resonance_decay = 0.85;
static const double ambient_grams = 3.4;      /* of a shelf's sum, nobody near */
static const double ambient_per_person = 1.6; /* as many times more for one who is */
static const double ambient_spread = 0.7;     /* of the logarithm */
static const double ambient_seconds = 0.4;
static const double bursts_per_second = 0.03, bursts_per_person = 0.12;
static const double common_share = 0.8;   /* of a shelf's shaking is the gondola's */
static const double coherent_share = 0.7; /* of it reaches all plates of the shelf at once */
static const double longest_transient_s = 2.5;

#define NOISE_TABLE_SIZE 65536u

typedef struct {
    double x1, x2; /* a resonator of variance 1 */
} Resonator;

typedef struct {
    double a1, a2, gain;
} Filter;

typedef struct {
    Prng *prng;
    guint64 bits;
    guint num_left;
} NoiseSource;

typedef enum { TRANSIENT_CHANGE, TRANSIENT_PRESS } TransientKind;

typedef struct {
    TransientKind kind;
    double t, seconds, grams;
    double damping, omega, ramp; /* of a change */
    double wobble_hz, phase;     /* of a press */
} Transient;

typedef struct {
    double load, offset, drift;
    bool is_dead, is_stuck;
    double stuck_at;
    double weight; /* its part of the shelf's coherent shaking */
    Resonator own;
    GArray *transients; /* of Transient */
} PlateState;

typedef struct {
    double t, seconds, grams;
} Shake;

typedef struct {
    double level; /* of the logarithm of the ambient shaking */
    guint num_people;
    double next_burst;
    double skew;
    GArray *shakes; /* of Shake */
    /* One stretch of samples, worked out once for all its shelves. */
    double stretch_t;
    guint num_rows;
    GArray *wave, *amplitude; /* of double */
    Resonator resonator;
    Prng prng;
} GondolaState;

typedef struct {
    double gain;
    Resonator resonator;
    double lost_until;
    Prng prng;
} ShelfState;

struct SimSensor {
    const StoreLayout *layout;
    SimSensorFaults faults;
    PlateState *plates;
    ShelfState *shelves;
    GondolaState *gondolas;
    float *noise; /* NOISE_TABLE_SIZE normal values */
};

void
sim_sensor_free(SimSensor *sensor)
{
    if (sensor == NULL) {
        return;
    }
    for (guint i = 0; i < sensor->layout->num_plates; i++) {
        g_array_unref(sensor->plates[i].transients);
    }
    for (guint i = 0; i < sensor->layout->num_gondolas; i++) {
        g_array_unref(sensor->gondolas[i].shakes);
        g_array_unref(sensor->gondolas[i].wave);
        g_array_unref(sensor->gondolas[i].amplitude);
    }
    g_free(sensor->plates);
    g_free(sensor->shelves);
    g_free(sensor->gondolas);
    g_free(sensor->noise);
    g_free(sensor);
}

static void
set_up_plates(SimSensor *sensor, guint64 seed)
{
    const StoreLayout *layout = sensor->layout;
    for (guint s = 0; s < layout->num_shelves; s++) {
        const LayoutShelf *shelf = &layout->shelves[s];
        double sum = 0;
        for (guint i = 0; i < shelf->num_plates; i++) {
            PlateState *plate = &sensor->plates[shelf->first_plate + i];
            Prng prng = prng_new(seed, "plate", shelf->first_plate + i);
            plate->offset = prng_normal(&prng, 0, offset_grams);
            plate->weight = prng_range(&prng, 0.5, 1.5);
            plate->is_dead = prng_chance(&prng, sensor->faults.dead_share);
            plate->is_stuck = plate->is_dead && prng_chance(&prng, 0.5);
            plate->transients = g_array_new(FALSE, FALSE, sizeof(Transient));
            sum += plate->weight;
        }
        for (guint i = 0; i < shelf->num_plates; i++) {
            sensor->plates[shelf->first_plate + i].weight /= sum;
        }
    }
}

SimSensor *
sim_sensor_new(const StoreLayout *layout, guint64 seed, const SimSensorFaults *faults)
{
    SimSensor *sensor = g_new0(SimSensor, 1);
    sensor->layout = layout;
    sensor->faults = *faults;
    sensor->plates = g_new0(PlateState, layout->num_plates + 1);
    sensor->shelves = g_new0(ShelfState, layout->num_shelves + 1);
    sensor->gondolas = g_new0(GondolaState, layout->num_gondolas + 1);
    sensor->noise = g_new(float, NOISE_TABLE_SIZE);
    Prng prng = prng_new(seed, "noise", 0);
    for (guint i = 0; i < NOISE_TABLE_SIZE; i++) {
        sensor->noise[i] = (float)prng_normal(&prng, 0, 1);
    }
    set_up_plates(sensor, seed);
    for (guint i = 0; i < layout->num_shelves; i++) {
        ShelfState *shelf = &sensor->shelves[i];
        shelf->prng = prng_new(seed, "shelf", i);
        shelf->gain = prng_lognormal_within(&shelf->prng, 1, 0.4, 0.45, 1.6);
    }
    for (guint i = 0; i < layout->num_gondolas; i++) {
        GondolaState *gondola = &sensor->gondolas[i];
        gondola->prng = prng_new(seed, "gondola", i);
        gondola->skew = prng_range(&gondola->prng, -1, 1) * MAX(sensor->faults.skew_seconds, 0.015);
        gondola->shakes = g_array_new(FALSE, FALSE, sizeof(Shake));
        gondola->wave = g_array_new(FALSE, FALSE, sizeof(double));
        gondola->amplitude = g_array_new(FALSE, FALSE, sizeof(double));
        gondola->stretch_t = -1;
    }
    return sensor;
}

void
sim_sensor_set_load(SimSensor *sensor, guint plate, double grams)
{
    sensor->plates[plate].load = grams;
}

void
sim_sensor_set_people(SimSensor *sensor, guint gondola, guint count)
{
    sensor->gondolas[gondola].num_people = count;
}

void
sim_sensor_change(SimSensor *sensor, guint plate, double t, double grams)
{
    PlateState *state = &sensor->plates[plate];
    Prng *prng = &sensor->shelves[sensor->layout->plates[plate].shelf].prng;
    /* The real pick fell 40 % too far and rang for a second; the real put-back rose over 0.3 to
     * 0.4 s, 27 % too far, and rang for 0.7 s. */
    bool is_put = grams > 0;
    Transient change = {
        .kind = TRANSIENT_CHANGE,
        .t = t,
        .seconds = longest_transient_s,
        .grams = grams,
        .damping = prng_normal_within(prng, is_put ? 0.38 : 0.29, 0.05, 0.15, 0.6),
        .omega = prng_range(prng, 9.5, 13.5),
        .ramp = is_put ? prng_range(prng, 0.15, 0.3) : prng_range(prng, 0.02, 0.12),
    };
    g_array_append_val(state->transients, change);
}

void
sim_sensor_press(SimSensor *sensor, guint plate, double t, double seconds, double grams)
{
    PlateState *state = &sensor->plates[plate];
    Prng *prng = &sensor->shelves[sensor->layout->plates[plate].shelf].prng;
    Transient press = {
        .kind = TRANSIENT_PRESS,
        .t = t,
        .seconds = seconds,
        .grams = grams,
        .wobble_hz = prng_range(prng, 0.8, 3),
        .phase = prng_range(prng, 0, 2 * G_PI),
    };
    g_array_append_val(state->transients, press);
}

void
sim_sensor_shake(SimSensor *sensor, guint gondola, double t, double seconds, double grams)
{
    Shake shake = { t, seconds, grams };
    g_array_append_val(sensor->gondolas[gondola].shakes, shake);
}

/* Four values from one draw. */
static double
noise(const SimSensor *sensor, NoiseSource *source)
{
    if (source->num_left == 0) {
        source->bits = prng_next(source->prng);
        source->num_left = 4;
    }
    double value = sensor->noise[source->bits % NOISE_TABLE_SIZE];
    source->bits /= NOISE_TABLE_SIZE;
    source->num_left--;
    return value;
}

static Filter
resonance_at(double hz)
{
    /* At rates below the resonance there is nothing to see of it: plain noise. */
    if (hz < 3 * resonance_hz) {
        return (Filter){ 0, 0, 1 };
    }
    double r2 = resonance_decay * resonance_decay;
    double a1 = 2 * resonance_decay * cos(2 * G_PI * resonance_hz / hz);
    double variance = (1 + r2) / ((1 - r2) * ((1 + r2) * (1 + r2) - a1 * a1));
    return (Filter){ a1, -r2, 1 / sqrt(variance) };
}

static double
resonate(Resonator *resonator, const Filter *filter, double input)
{
    double x = filter->a1 * resonator->x1 + filter->a2 * resonator->x2 + filter->gain * input;
    resonator->x2 = resonator->x1;
    resonator->x1 = x;
    return x;
}

static double
shake_level(GondolaState *gondola, double t)
{
    double sum = 0;
    for (guint i = 0; i < gondola->shakes->len; i++) {
        const Shake *shake = &g_array_index(gondola->shakes, Shake, i);
        double along = (t - shake->t) / shake->seconds;
        if (along > 0 && along < 1) {
            sum += shake->grams * sin(G_PI * sqrt(along));
        }
    }
    return sum;
}

/* A burst of its own accord: a step, a trolley, a neighbour's hand. */
static void
start_bursts(GondolaState *gondola, double t)
{
    double rate = bursts_per_second + bursts_per_person * gondola->num_people;
    if (gondola->next_burst == 0) {
        gondola->next_burst = t + prng_exponential(&gondola->prng, 1 / rate);
    }
    if (t < gondola->next_burst) {
        return;
    }
    double grams = prng_lognormal_within(&gondola->prng, 34, 0.7, 10, 150);
    Shake shake = { t, prng_range(&gondola->prng, 0.6, 2), grams };
    g_array_append_val(gondola->shakes, shake);
    gondola->next_burst = t + prng_exponential(&gondola->prng, 1 / rate);
}

/* The gondola's part of a stretch of samples: how strongly it shakes, and the common wave. */
static void
work_out_gondola(const SimSensor *sensor, GondolaState *gondola, double t, double hz,
                 guint num_rows, const Filter *filter)
{
    if (gondola->stretch_t == t && gondola->num_rows == num_rows) {
        return;
    }
    gondola->stretch_t = t;
    gondola->num_rows = num_rows;
    g_array_set_size(gondola->wave, num_rows);
    g_array_set_size(gondola->amplitude, num_rows);
    start_bursts(gondola, t);
    for (guint i = 0; i < gondola->shakes->len;) {
        const Shake *shake = &g_array_index(gondola->shakes, Shake, i);
        if (shake->t + shake->seconds < t) {
            g_array_remove_index_fast(gondola->shakes, i);
        } else {
            i++;
        }
    }
    double keep = exp(-1 / (hz * ambient_seconds));
    double ambient = ambient_grams * (1 + ambient_per_person * MIN(gondola->num_people, 3));
    NoiseSource source = { .prng = &gondola->prng };
    for (guint row = 0; row < num_rows; row++) {
        gondola->level = keep * gondola->level + sqrt(1 - keep * keep) * noise(sensor, &source);
        g_array_index(gondola->amplitude, double, row) =
            ambient * exp(ambient_spread * gondola->level) + shake_level(gondola, t + row / hz);
        g_array_index(gondola->wave, double, row) =
            resonate(&gondola->resonator, filter, noise(sensor, &source));
    }
}

/* A damped second-order step, handed over within the ramp. 0 before T, 1 long after. */
static double
change_progress(const Transient *change, double since)
{
    enum { NUM_PARTS = 4 };
    double sum = 0;
    double sigma = change->damping * change->omega;
    double omega_d = change->omega * sqrt(1 - change->damping * change->damping);
    for (int i = 0; i < NUM_PARTS; i++) {
        double part = since - change->ramp * i / NUM_PARTS;
        if (part > 0) {
            sum += 1 - exp(-sigma * part) *
                           (cos(omega_d * part) + sigma / omega_d * sin(omega_d * part));
        }
    }
    return sum / NUM_PARTS;
}

static double
press_level(const Transient *press, double since)
{
    if (since <= 0 || since >= press->seconds) {
        return 0;
    }
    double ramp = MIN(0.15, press->seconds / 3);
    double edge = MIN(MIN(since, press->seconds - since) / ramp, 1);
    double wobble = 1 + 0.18 * sin(2 * G_PI * press->wobble_hz * since + press->phase) +
                    0.1 * sin(2 * G_PI * 2.3 * press->wobble_hz * since);
    return edge * wobble;
}

/* What moves on a plate right now. */
static double
moving(PlateState *plate, double t)
{
    double sum = 0;
    for (guint i = 0; i < plate->transients->len; i++) {
        const Transient *transient = &g_array_index(plate->transients, Transient, i);
        double since = t - transient->t;
        sum += transient->grams * (transient->kind == TRANSIENT_CHANGE
                                       ? change_progress(transient, since)
                                       : press_level(transient, since));
    }
    return sum;
}

/* What is over becomes load. */
static void
settle(PlateState *plate, double t)
{
    for (guint i = 0; i < plate->transients->len;) {
        const Transient *transient = &g_array_index(plate->transients, Transient, i);
        if (t < transient->t + transient->seconds) {
            i++;
            continue;
        }
        plate->load += transient->kind == TRANSIENT_CHANGE ? transient->grams : 0;
        g_array_remove_index_fast(plate->transients, i);
    }
}

static bool
is_lost(const SimSensor *sensor, ShelfState *shelf, double t)
{
    if (t < shelf->lost_until) {
        return true;
    }
    if (prng_chance(&shelf->prng, sensor->faults.lost_share)) {
        /* Mostly a message, now and then a gateway that starts anew. */
        shelf->lost_until =
            prng_chance(&shelf->prng, 0.02) ? t + prng_range(&shelf->prng, 1, 5) : t;
        return true;
    }
    return false;
}

/* What a plate without a fault of its own shows at one moment. */
static double
plate_value(const SimSensor *sensor, PlateState *plate, double t, double shaking,
            NoiseSource *source)
{
    double value =
        plate->load + plate->offset + plate->drift + shaking + white_grams * noise(sensor, source);
    return plate->transients->len == 0 ? value : value + moving(plate, t);
}

/* A dead plate says nothing; a stuck one repeats what it said first. */
static double
dead_value(PlateState *plate, double value)
{
    if (!plate->is_stuck) {
        return NAN;
    }
    plate->stuck_at = plate->stuck_at == 0 ? value : plate->stuck_at;
    return plate->stuck_at;
}

static void
sample_row(SimSensor *sensor, guint shelf_index, double t, double amplitude, double wave,
           const Filter *filter, NoiseSource *source, float *grams)
{
    const LayoutShelf *shelf = &sensor->layout->shelves[shelf_index];
    double incoherent = sqrt((1 - coherent_share * coherent_share) / MAX(shelf->num_plates, 1));
    for (guint i = 0; i < shelf->num_plates; i++) {
        PlateState *plate = &sensor->plates[shelf->first_plate + i];
        double own = resonate(&plate->own, filter, noise(sensor, source));
        double shaking = amplitude * (coherent_share * plate->weight * wave + incoherent * own);
        double value = plate_value(sensor, plate, t, shaking, source);
        grams[i] = (float)(plate->is_dead ? dead_value(plate, value) : value);
    }
}

/* Rare values out of nowhere, as cheap cells give them. */
static void
add_spikes(const SimSensor *sensor, const LayoutShelf *shelf, double hz, guint num_rows,
           float *grams, Prng *prng)
{
    double mean = sensor->faults.spikes_per_hour / 3600 / hz * shelf->num_plates * num_rows;
    for (guint left = prng_poisson(prng, mean); left > 0; left--) {
        guint at = prng_below(prng, num_rows * shelf->num_plates);
        double size = prng_range(prng, 300, 6000);
        grams[at] += (float)(prng_chance(prng, 0.5) ? size : -size);
    }
}

bool
sim_sensor_sample(SimSensor *sensor, guint shelf_index, double t, double hz, guint num_rows,
                  float *grams, double *ret_t)
{
    const LayoutShelf *shelf = &sensor->layout->shelves[shelf_index];
    ShelfState *state = &sensor->shelves[shelf_index];
    GondolaState *gondola = &sensor->gondolas[shelf->gondola];
    const Filter filter = resonance_at(hz);
    work_out_gondola(sensor, gondola, t, hz, num_rows, &filter);
    double own_share = sqrt(1 - common_share * common_share);
    NoiseSource source = { .prng = &state->prng };
    for (guint row = 0; row < num_rows; row++) {
        double own = resonate(&state->resonator, &filter, noise(sensor, &source));
        double wave = common_share * g_array_index(gondola->wave, double, row) + own_share * own;
        double amplitude = state->gain * g_array_index(gondola->amplitude, double, row);
        sample_row(sensor, shelf_index, t + row / hz, amplitude, wave, &filter, &source,
                   grams + row * shelf->num_plates);
    }
    add_spikes(sensor, shelf, hz, num_rows, grams, &state->prng);
    double drift_step = sensor->faults.drift_grams * sqrt(num_rows / hz);
    for (guint i = 0; i < shelf->num_plates; i++) {
        PlateState *plate = &sensor->plates[shelf->first_plate + i];
        plate->drift += drift_step * noise(sensor, &source);
        settle(plate, t + num_rows / hz);
    }
    *ret_t = t + gondola->skew + prng_range(&state->prng, -0.002, 0.002);
    return !is_lost(sensor, state, t);
}
