/* Walks from the points of the ground. */

#include "kernel.h"

#include <math.h>

/* How walks leave edges: over which vertices, and what that costs. A metre costs infinitely much where one cannot go. */
typedef struct {
    const int64_t *vertex_u, *vertex_v;
    const double *length_m, *ahead, *back, *at_u, *at_v;
} Exits;

/* The walk from each point over an end of the edge it is tied to, given the metres from all vertices; `vertex` says over
   which, and -1 where the point is not tied. */
WALKSHED_API void walkshed_field(const Exits *exits, const double *metres, int64_t n_points, const int32_t *edge,
                           const float *offset_m, const float *leg_m, double *walk, int32_t *vertex)
{
    for (int64_t point = 0; point < n_points; point++) {
        int32_t at = edge[point];
        walk[point] = HUGE_VAL;
        vertex[point] = -1;
        if (at < 0)
            continue;
        double offset = (double)offset_m[point], rest = exits->length_m[at] - offset;
        int64_t u = exits->vertex_u[at], v = exits->vertex_v[at];
        double by_u = metres[u] + ((offset <= 0 ? 0.0 : exits->back[at] * offset) + exits->at_u[at]);
        double by_v = metres[v] + ((rest <= 0 ? 0.0 : exits->ahead[at] * rest) + exits->at_v[at]);
        walk[point] = fmin(by_u, by_v) + (double)leg_m[point];
        vertex[point] = (int32_t)(by_u <= by_v ? u : v);
    }
}
