/* Shortest walks from venues, up to a limit. */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define BUCKETS 1024
#define NOBODY (-1)

/* A node that has been reached, and who stands behind it in its bucket. */
typedef struct {
    double metres;
    int32_t node, behind;
} Step;

/* A queue in buckets of `bucket_m` metres each, from `base_m` on; the last one holds all that is farther. A node may stand
   in it several times, and within a bucket in any order: whoever finds a shorter way to it puts it in again. */
typedef struct {
    double base_m, bucket_m;
    int32_t front[BUCKETS + 1];
    Step *steps;
    int64_t length, room;
} Queue;

static void open_queue(Queue *queue, double bucket_m)
{
    queue->base_m = 0.0;
    queue->bucket_m = bucket_m;
    queue->steps = NULL;
    queue->length = queue->room = 0;
    for (int64_t bucket = 0; bucket <= BUCKETS; bucket++)
        queue->front[bucket] = NOBODY;
}

static int32_t *bucket_of(Queue *queue, double metres)
{
    double bucket = (metres - queue->base_m) / queue->bucket_m;
    return &queue->front[bucket < BUCKETS ? (int64_t)fmax(bucket, 0.0) : BUCKETS]; /* a seed may lie below nought */
}

/* Returns 0 where memory is short. */
static int push(Queue *queue, double metres, int32_t node)
{
    if (queue->length == queue->room) {
        int64_t room = queue->room ? 2 * queue->room : 4096;
        Step *steps = room < INT32_MAX ? realloc(queue->steps, (size_t)room * sizeof(Step)) : NULL;
        if (steps == NULL)
            return 0;
        queue->steps = steps;
        queue->room = room;
    }
    int32_t *front = bucket_of(queue, metres);
    queue->steps[queue->length] = (Step){metres, node, *front};
    *front = (int32_t)queue->length++;
    return 1;
}

/* Goes on to those who are farther than all buckets, once these are empty. Returns 0 where there is nobody. */
static int go_on(Queue *queue)
{
    int32_t step = queue->front[BUCKETS];
    if (step == NOBODY)
        return 0;
    queue->front[BUCKETS] = NOBODY;
    queue->base_m = HUGE_VAL;
    for (int32_t at = step; at != NOBODY; at = queue->steps[at].behind)
        queue->base_m = fmin(queue->base_m, queue->steps[at].metres);
    while (step != NOBODY) {
        int32_t behind = queue->steps[step].behind, *front = bucket_of(queue, queue->steps[step].metres);
        queue->steps[step].behind = *front;
        *front = step;
        step = behind;
    }
    return 1;
}

/* The arcs of node i are first[i]..first[i + 1] - 1; each leads to a next node at a cost. Buckets should not be much wider
   than most of them. */
typedef struct {
    int64_t n_nodes;
    const int32_t *first, *next;
    const double *cost;
    double bucket_m;
} Arcs;

/* Numbers with their metres; those of owner i are first[i]..first[i + 1] - 1. */
typedef struct {
    const int64_t *first;
    const int32_t *number;
    const double *metres;
} Lists;

typedef struct {
    double *metres;   /* of each node; infinite everywhere at first */
    int32_t *reached; /* the nodes for which they are finite, as they were first seen */
    int64_t count;
} Reach;

/* Returns 0 where memory is short. */
static int come(Reach *reach, Queue *queue, int32_t node, double walk, double limit_m)
{
    if (!(walk <= limit_m && walk < reach->metres[node]))
        return 1;
    if (reach->metres[node] == HUGE_VAL)
        reach->reached[reach->count++] = node;
    reach->metres[node] = walk;
    return push(queue, walk, node);
}

/* Dijkstra's algorithm from a venue's seeds, bucket by bucket: within one a node may be settled again. Returns how many nodes have been reached, or WALKSHED_NO_MEMORY. */
static int64_t settle(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, Reach *reach, Queue *queue)
{
    reach->count = 0;
    queue->length = 0;
    queue->base_m = 0.0;
    for (int64_t seed = seeds->first[venue]; seed < seeds->first[venue + 1]; seed++)
        if (!come(reach, queue, seeds->number[seed], seeds->metres[seed], limit_m))
            return WALKSHED_NO_MEMORY;
    do {
        for (int64_t bucket = 0; bucket < BUCKETS; bucket++)
            while (queue->front[bucket] != NOBODY) {
                Step here = queue->steps[queue->front[bucket]];
                queue->front[bucket] = here.behind;
                if (here.metres > reach->metres[here.node])
                    continue; /* it was reached on a shorter way since */
                for (int32_t arc = arcs->first[here.node]; arc < arcs->first[here.node + 1]; arc++)
                    if (!come(reach, queue, arcs->next[arc], here.metres + arcs->cost[arc], limit_m))
                        return WALKSHED_NO_MEMORY;
            }
    } while (go_on(queue));
    return reach->count;
}

/* The walks from one venue to the nodes: see settle. `metres` must be infinite everywhere, and whoever calls makes it so
   again. */
WALKSHED_API int64_t walkshed_reach(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, double *metres,
                                    int32_t *reached)
{
    Reach reach = {metres, reached, 0};
    Queue queue;
    open_queue(&queue, arcs->bucket_m);
    int64_t count = settle(arcs, seeds, venue, limit_m, &reach, &queue);
    free(queue.steps);
    return count;
}

static double *infinite(int64_t n)
{
    double *numbers = malloc((size_t)(n ? n : 1) * sizeof(double));
    for (int64_t i = 0; numbers != NULL && i < n; i++)
        numbers[i] = HUGE_VAL;
    return numbers;
}

typedef struct {
    double *metres;
    int32_t *estates;
    int64_t count;
} Best;

static void offer(Best *best, int32_t estate, double walk, double limit_m)
{
    if (!(walk <= limit_m && walk < best->metres[estate]))
        return;
    if (best->metres[estate] == HUGE_VAL)
        best->estates[best->count++] = estate;
    best->metres[estate] = walk;
}

/* The shortest walk of each pair of an estate and one of the venues first..last-1 that is within the limit: from the
   venue's seeds to a node, and over an exit of that node's to the estate; or one of the venue's direct walks.

   Stops where there may be no room for another venue's pairs; `done` says how many venues there were. Returns how many
   pairs were written, or WALKSHED_NO_MEMORY. */
WALKSHED_API int64_t walkshed_pairs(const Arcs *arcs, const Lists *seeds, const Lists *exits, const Lists *direct,
                              int64_t n_estates, int64_t first, int64_t last, double limit_m, int64_t room,
                              int32_t *pair_estate, int32_t *pair_venue, double *pair_m, int64_t *done)
{
    Queue queue;
    Reach reach = {infinite(arcs->n_nodes), malloc((size_t)(arcs->n_nodes + 1) * sizeof(int32_t)), 0};
    Best best = {infinite(n_estates), malloc((size_t)(n_estates + 1) * sizeof(int32_t)), 0};
    int64_t written = reach.metres && reach.reached && best.metres && best.estates ? 0 : WALKSHED_NO_MEMORY;
    open_queue(&queue, arcs->bucket_m);
    *done = 0;
    for (int64_t venue = first; venue < last && written >= 0 && room - written >= n_estates; venue++, ++*done) {
        if (settle(arcs, seeds, venue, limit_m, &reach, &queue) < 0) {
            written = WALKSHED_NO_MEMORY;
            break;
        }
        for (int64_t i = 0; i < reach.count; i++) {
            int32_t node = reach.reached[i];
            for (int64_t exit = exits->first[node]; exit < exits->first[node + 1]; exit++)
                offer(&best, exits->number[exit], reach.metres[node] + exits->metres[exit], limit_m);
            reach.metres[node] = HUGE_VAL;
        }
        for (int64_t walk = direct->first[venue]; walk < direct->first[venue + 1]; walk++)
            offer(&best, direct->number[walk], direct->metres[walk], limit_m);
        for (int64_t i = 0; i < best.count; i++, written++) {
            int32_t estate = best.estates[i];
            pair_estate[written] = estate;
            pair_venue[written] = (int32_t)venue;
            pair_m[written] = best.metres[estate];
            best.metres[estate] = HUGE_VAL;
        }
        best.count = 0;
    }
    free(queue.steps);
    free(reach.metres);
    free(reach.reached);
    free(best.metres);
    free(best.estates);
    return written;
}

/* Sorts numbers 0..n-1 by their owners, those of one owner ascending: first[i]..first[i + 1] - 1 are owner i's in `order`.
   `first` is nought everywhere at first, and one longer than there are owners. */
WALKSHED_API void walkshed_by_owner(int64_t n, const int64_t *owner, int64_t n_owners, int64_t *first, int64_t *order)
{
    for (int64_t i = 0; i < n; i++)
        first[owner[i] + 1]++;
    for (int64_t i = 0; i < n_owners; i++)
        first[i + 1] += first[i];
    for (int64_t i = 0; i < n; i++)
        order[first[owner[i]]++] = i;
    for (int64_t i = n_owners; i > 0; i--)
        first[i] = first[i - 1];
    first[0] = 0;
}
