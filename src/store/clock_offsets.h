/* By how much the clock of each gondola is off the cameras': when weights change, somebody's hand
 * is there. Every change with a plain edge is held against what was seen at moments around it;
 * those that fit best, over many changes, tell. */
#pragma once

#include "store/attribution.h"

#define CLOCK_OFFSETS_MAX_SECONDS 0.8

typedef struct ClockOffsets ClockOffsets;

ClockOffsets *clock_offsets_new(guint num_gondolas);
void clock_offsets_free(ClockOffsets *offsets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClockOffsets, clock_offsets_free)

/* A change of the gondola, by the gondola's clock. What PEOPLE know must reach
 * CLOCK_OFFSETS_MAX_SECONDS beyond it, or it says less. */
void clock_offsets_learn(ClockOffsets *offsets, guint gondola, const People *people,
                         const Touch *touch);

/* What is to be added to the gondola's times, as far as is known; 0 at first. */
double clock_offsets_seconds(const ClockOffsets *offsets, guint gondola);

/* Of how many changes that was learned. */
guint clock_offsets_num_changes(const ClockOffsets *offsets, guint gondola);
