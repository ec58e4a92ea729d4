/* The store engine: weights, tracks and the gate go in as they come; receipts, events and doubts
 * come out through the listener, as soon as nothing more can change them. No clock of its own, no
 * threads, no files: the same input gives the same output, from a recording or from a live store.
 *
 * Seconds since the epoch, metres, grams. Memory grows with the number of people in the store, not
 * with time. */
#pragma once

#include "store/readings.h"
#include "store/receipts.h"
#include "store/recording.h"
#include "store/visits.h"

/* All are called from inside engine_push and engine_finish; what they are given is valid during the
 * call. TRACE may be NULL. */
typedef struct {
    void (*receipt)(const Receipt *receipt, gpointer data);
    void (*event)(const ReceiptEvent *event, guint plate,
                  gpointer data); /* index of the layout's */
    void (*unattributed)(const Unattributed *unattributed, gpointer data);
    void (*trace)(const char *text, gpointer data);
    gpointer data;
} EngineListener;

typedef struct Engine Engine;

/* LAYOUT must live as long; LISTENER is copied. */
Engine *engine_new(const StoreLayout *layout, const EngineListener *listener);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* Items in the order in which they become known. */
void engine_push(Engine *engine, const RecordingItem *item);

/* No more will come: closes what is leaving, tells of those still inside (with NAN for the times)
 * and of all events not told yet. */
void engine_finish(Engine *engine);

/* What was degraded, and what the master data may have wrong, for people: of char *. */
const GPtrArray *engine_troubles(const Engine *engine);

/* The visit that the target most likely belongs to now; NULL: none. Valid until the next push. */
const char *engine_visit_of(const Engine *engine, const char *target);

typedef struct {
    guint64 num_changes;
    guint64 num_receipts, num_reviews;
} EngineCounts;

EngineCounts engine_counts(const Engine *engine);
