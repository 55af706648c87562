/* Shortest walks from venues, up to a limit. */

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    double metres;
    int32_t node;
} Step;

typedef struct {
    Step *steps;
    int64_t length, room;
} Heap;

/* Returns 0 where memory is short. */
static int push(Heap *heap, double metres, int32_t node)
{
    if (heap->length == heap->room) {
        int64_t room = heap->room ? 2 * heap->room : 1024;
        Step *steps = realloc(heap->steps, (size_t)room * sizeof(Step));
        if (steps == NULL)
            return 0;
        heap->steps = steps;
        heap->room = room;
    }
    int64_t at = heap->length++;
    while (at > 0) {
        int64_t above = (at - 1) / 4;
        if (heap->steps[above].metres <= metres)
            break;
        heap->steps[at] = heap->steps[above];
        at = above;
    }
    heap->steps[at] = (Step){metres, node};
    return 1;
}

static Step pop(Heap *heap)
{
    Step least = heap->steps[0], last = heap->steps[--heap->length];
    int64_t at = 0;
    for (;;) {
        int64_t first = 4 * at + 1, end = first + 4 < heap->length ? first + 4 : heap->length;
        if (first >= end)
            break;
        int64_t smallest = first;
        for (int64_t child = first + 1; child < end; child++)
            if (heap->steps[child].metres < heap->steps[smallest].metres)
                smallest = child;
        if (heap->steps[smallest].metres >= last.metres)
            break;
        heap->steps[at] = heap->steps[smallest];
        at = smallest;
    }
    heap->steps[at] = last;
    return least;
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

/* Dijkstra's algorithm from a venue's seeds. `metres` is infinite everywhere at first; returns how many nodes have been
   reached (written to `reached`, in the order they were first seen), or WALKSHED_NO_MEMORY. */
static int64_t settle(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, double *metres,
                      int32_t *reached, Heap *heap)
{
    int64_t count = 0;
    heap->length = 0;
    for (int64_t seed = seeds->first[venue]; seed < seeds->first[venue + 1]; seed++) {
        int32_t node = seeds->number[seed];
        double start = seeds->metres[seed];
        if (!(start <= limit_m && start < metres[node]))
            continue;
        if (metres[node] == HUGE_VAL)
            reached[count++] = node;
        metres[node] = start;
        if (!push(heap, start, node))
            return WALKSHED_NO_MEMORY;
    }
    while (heap->length) {
        Step here = pop(heap);
        if (here.metres > metres[here.node])
            continue; /* it was reached on a shorter way since */
        for (int32_t arc = arcs->first[here.node]; arc < arcs->first[here.node + 1]; arc++) {
            double walk = here.metres + arcs->cost[arc];
            int32_t there = arcs->next[arc];
            if (!(walk <= limit_m && walk < metres[there]))
                continue;
            if (metres[there] == HUGE_VAL)
                reached[count++] = there;
            metres[there] = walk;
            if (!push(heap, walk, there))
                return WALKSHED_NO_MEMORY;
        }
    }
    return count;
}

/* The walks from one venue to the nodes: see settle. `metres` must be infinite everywhere, and whoever calls makes it so
   again. */
WALKSHED_API int64_t walkshed_reach(const Arcs *arcs, const Lists *seeds, int64_t venue, double limit_m, double *metres,
                              int32_t *reached)
{
    Heap heap = {NULL, 0, 0};
    int64_t count = settle(arcs, seeds, venue, limit_m, metres, reached, &heap);
    free(heap.steps);
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
    Heap heap = {NULL, 0, 0};
    double *metres = infinite(arcs->n_nodes);
    int32_t *reached = malloc((size_t)(arcs->n_nodes + 1) * sizeof(int32_t));
    Best best = {infinite(n_estates), malloc((size_t)(n_estates + 1) * sizeof(int32_t)), 0};
    int64_t written = metres && reached && best.metres && best.estates ? 0 : WALKSHED_NO_MEMORY;
    *done = 0;
    for (int64_t venue = first; venue < last && written >= 0 && room - written >= n_estates; venue++, ++*done) {
        int64_t count = settle(arcs, seeds, venue, limit_m, metres, reached, &heap);
        if (count < 0) {
            written = WALKSHED_NO_MEMORY;
            break;
        }
        for (int64_t i = 0; i < count; i++) {
            int32_t node = reached[i];
            for (int64_t exit = exits->first[node]; exit < exits->first[node + 1]; exit++)
                offer(&best, exits->number[exit], metres[node] + exits->metres[exit], limit_m);
            metres[node] = HUGE_VAL;
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
    free(heap.steps);
    free(metres);
    free(reached);
    free(best.metres);
    free(best.estates);
    return written;
}
