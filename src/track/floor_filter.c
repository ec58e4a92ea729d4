#include "track/floor_filter.h"

#include <math.h>

/* The same people as in motion.c. */
static const double acceleration_m2_s3 = 1.0;
static const double speed_fades_s = 2.0;
static const double first_speed_m_s = 1.5;

void
floor_filter_start(FloorFilter *filter, const FloorPlace *place)
{
    double speed_variance = first_speed_m_s * first_speed_m_s;
    *filter = (FloorFilter){
        .place = { place->x, place->y },
        .pp = { { place->xx, place->xy }, { place->xy, place->yy } },
        .ss = { { speed_variance, 0 }, { 0, speed_variance } },
    };
}

void
floor_filter_predict(FloorFilter *filter, double seconds)
{
    double fade = exp(-seconds / speed_fades_s);
    double travel = speed_fades_s * (1 - fade);
    for (int i = 0; i < 2; i++) {
        filter->place[i] += travel * filter->speed[i];
        filter->speed[i] *= fade;
    }
    double pp[2][2], ps[2][2], ss[2][2];
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            double noise = i == j ? acceleration_m2_s3 * seconds : 0;
            pp[i][j] = filter->pp[i][j] + travel * (filter->ps[i][j] + filter->ps[j][i]) +
                       travel * travel * filter->ss[i][j] + noise * seconds * seconds / 3;
            ps[i][j] = fade * (filter->ps[i][j] + travel * filter->ss[i][j]) + noise * seconds / 2;
            ss[i][j] = fade * fade * filter->ss[i][j] + noise;
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            filter->pp[i][j] = pp[i][j];
            filter->ps[i][j] = ps[i][j];
            filter->ss[i][j] = ss[i][j];
        }
    }
}

void
floor_filter_update(FloorFilter *filter, const FloorPlace *place)
{
    double xx = filter->pp[0][0] + place->xx, xy = filter->pp[0][1] + place->xy;
    double yy = filter->pp[1][1] + place->yy;
    double determinant = xx * yy - xy * xy;
    double inverse[2][2] = { { yy / determinant, -xy / determinant },
                             { -xy / determinant, xx / determinant } };
    double off[2] = { place->x - filter->place[0], place->y - filter->place[1] };
    double gain_p[2][2], gain_s[2][2];
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            gain_p[i][j] = filter->pp[i][0] * inverse[0][j] + filter->pp[i][1] * inverse[1][j];
            gain_s[i][j] = filter->ps[0][i] * inverse[0][j] + filter->ps[1][i] * inverse[1][j];
        }
    }
    double pp[2][2], ps[2][2];
    for (int i = 0; i < 2; i++) {
        filter->place[i] += gain_p[i][0] * off[0] + gain_p[i][1] * off[1];
        filter->speed[i] += gain_s[i][0] * off[0] + gain_s[i][1] * off[1];
        for (int j = 0; j < 2; j++) {
            pp[i][j] = gain_p[i][0] * filter->pp[0][j] + gain_p[i][1] * filter->pp[1][j];
            ps[i][j] = gain_p[i][0] * filter->ps[0][j] + gain_p[i][1] * filter->ps[1][j];
            filter->ss[i][j] -= gain_s[i][0] * filter->ps[0][j] + gain_s[i][1] * filter->ps[1][j];
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            filter->pp[i][j] -= pp[i][j];
            filter->ps[i][j] -= ps[i][j];
        }
    }
}

FloorPlace
floor_filter_place(const FloorFilter *filter)
{
    return (FloorPlace){ filter->place[0], filter->place[1], filter->pp[0][0],
                         (filter->pp[0][1] + filter->pp[1][0]) / 2, filter->pp[1][1] };
}
