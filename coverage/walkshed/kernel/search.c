/* Shortest walks from venues, up to a limit. */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

#define BUCKETS 1024
#define BUCKET_M 10.0
#define PATIENCE 64
#define NOBODY (-1)

/* A node that has been reached, and who stands behind it in its bucket. */
typedef struct {
    double metres;
    int32_t node, behind;
} Step;

typedef struct {
    Step *steps;
    int64_t length, room;
} Steps;

/* A queue in buckets of so many metres each, from `base_m` on; the last one holds all that is farther. In a bucket they
   stand as they came, and whoever finds a shorter way to a node puts it in again: with few in a bucket that is quickest.
   Where there are many in the one that is open now, they are sorted: they stand in a heap, the nearest first. */
typedef struct {
    double base_m;
    int64_t now;
    int sorted;
    Steps heap, later;
    int32_t front[BUCKETS + 1];
} Queue;

static void open_queue(Queue *queue)
{
    queue->heap = queue->later = (Steps){NULL, 0, 0};
    for (int64_t bucket = 0; bucket <= BUCKETS; bucket++)
        queue->front[bucket] = NOBODY;
}

static void close_queue(Queue *queue)
{
    free(queue->heap.steps);
    free(queue->later.steps);
}

/* Makes room for another step; returns 0 where memory is short. */
static int extend(Steps *steps)
{
    if (steps->length < steps->room)
        return 1;
    int64_t room = steps->room ? 2 * steps->room : 1024;
    Step *more = room < INT32_MAX ? realloc(steps->steps, (size_t)room * sizeof(Step)) : NULL;
    if (more == NULL)
        return 0;
    steps->steps = more;
    steps->room = room;
    return 1;
}

static int64_t bucket_of(const Queue *queue, double metres)
{
    double bucket = (metres - queue->base_m) / BUCKET_M;
    return bucket < BUCKETS ? (int64_t)fmax(bucket, 0.0) : BUCKETS; /* a seed may lie below nought */
}

static int into_heap(Steps *heap, Step step)
{
    if (!extend(heap))
        return 0;
    int64_t at = heap->length++;
    while (at > 0 && heap->steps[(at - 1) / 2].metres > step.metres) {
        heap->steps[at] = heap->steps[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->steps[at] = step;
    return 1;
}

static Step from_heap(Steps *heap)
{
    Step least = heap->steps[0], last = heap->steps[--heap->length];
    int64_t at = 0;
    for (int64_t child = 1; child < heap->length; child = 2 * at + 1) {
        if (child + 1 < heap->length && heap->steps[child + 1].metres < heap->steps[child].metres)
            child++;
        if (heap->steps[child].metres >= last.metres)
            break;
        heap->steps[at] = heap->steps[child];
        at = child;
    }
    heap->steps[at] = last;
    return least;
}

/* Returns 0 where memory is short. */
static int push(Queue *queue, double metres, int32_t node)
{
    int64_t bucket = bucket_of(queue, metres);
    if (bucket < queue->now)
        bucket = queue->now;
    if (bucket == queue->now && queue->sorted)
        return into_heap(&queue->heap, (Step){metres, node, NOBODY});
    if (!extend(&queue->later))
        return 0;
    queue->later.steps[queue->later.length] = (Step){metres, node, queue->front[bucket]};
    queue->front[bucket] = (int32_t)queue->later.length++;
    return 1;
}

/* Goes on to those who are farther than the buckets reach: these begin anew. Returns 0 where there is nobody. */
static int begin_anew(Queue *queue)
{
    int32_t step = queue->front[BUCKETS];
    queue->front[BUCKETS] = NOBODY;
    queue->base_m = HUGE_VAL;
    for (int32_t at = step; at != NOBODY; at = queue->later.steps[at].behind)
        queue->base_m = fmin(queue->base_m, queue->later.steps[at].metres);
    for (int32_t at = step, behind; at != NOBODY; at = behind) {
        int64_t bucket = bucket_of(queue, queue->later.steps[at].metres);
        behind = queue->later.steps[at].behind;
        queue->later.steps[at].behind = queue->front[bucket];
        queue->front[bucket] = at;
    }
    queue->now = -1;
    return step != NOBODY;
}

/* Opens the next bucket in which anybody stands. Returns 0 where there is none. */
static int open_next(Queue *queue)
{
    do {
        while (++queue->now < BUCKETS)
            if (queue->front[queue->now] != NOBODY)
                return 1;
    } while (begin_anew(queue));
    return 0;
}

/* Sorts those of the bucket that is open. Returns 0 where memory is short. */
static int sort(Queue *queue)
{
    int32_t step = queue->front[queue->now];
    queue->front[queue->now] = NOBODY;
    queue->sorted = 1;
    for (; step != NOBODY; step = queue->later.steps[step].behind)
        if (!into_heap(&queue->heap, queue->later.steps[step]))
            return 0;
    return 1;
}

/* The arcs of node i are first[i]..first[i + 1] - 1; each leads to a next node at a cost. */
typedef struct {
    int64_t n_nodes;
    const int32_t *first, *next;
    const double *cost;
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

/* Goes on from a node to the next ones, unless it was reached on a shorter way since. Returns 0 where memory is short. */
static int go_from(Step here, const Arcs *arcs, double limit_m, Reach *reach, Queue *queue)
{
    if (here.metres > reach->metres[here.node])
        return 1;
    for (int32_t arc = arcs->first[here.node]; arc < arcs->first[here.node + 1]; arc++)
        if (!come(reach, queue, arcs->next[arc], here.metres + arcs->cost[arc], limit_m))
            return 0;
    return 1;
}

/* Dijkstra's algorithm from a venue's seeds; returns how many nodes have been reached, or WALKSHED_NO_MEMORY. */
static int64_t settle(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, Reach *reach, Queue *queue)
{
    reach->count = 0;
    queue->heap.length = queue->later.length = 0;
    queue->base_m = 0.0;
    queue->now = -1;
    queue->sorted = 0;
    for (int64_t seed = seeds->first[venue]; seed < seeds->first[venue + 1]; seed++)
        if (!come(reach, queue, seeds->number[seed], seeds->metres[seed], limit_m))
            return WALKSHED_NO_MEMORY;
    while (open_next(queue)) {
        int32_t *front = &queue->front[queue->now];
        for (int left = PATIENCE; left && *front != NOBODY; left--) {
            Step here = queue->later.steps[*front];
            *front = here.behind;
            if (!go_from(here, arcs, limit_m, reach, queue))
                return WALKSHED_NO_MEMORY;
        }
        if (*front == NOBODY)
            continue;
        if (!sort(queue))
            return WALKSHED_NO_MEMORY;
        while (queue->heap.length)
            if (!go_from(from_heap(&queue->heap), arcs, limit_m, reach, queue))
                return WALKSHED_NO_MEMORY;
        queue->sorted = 0;
    }
    return reach->count;
}

/* The walks from one venue to the nodes: see settle. `metres` must be infinite everywhere, and whoever calls makes it so
   again. */
WALKSHED_API int64_t walkshed_reach(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, double *metres,
                                    int32_t *reached)
{
    Reach reach = {metres, reached, 0};
    Queue queue;
    open_queue(&queue);
    int64_t count = settle(arcs, seeds, venue, limit_m, &reach, &queue);
    close_queue(&queue);
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
    open_queue(&queue);
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
    close_queue(&queue);
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
