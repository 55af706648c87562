/* The nearest street of points, found in a grid of buckets. */

#include "kernel.h"

#include <math.h>
#include <stddef.h>

/* Streets as straight pieces, in buckets. Piece i leads from vertex i to vertex i + 1, if both are of one edge. Buckets
   lie row by row from the south-west; `first` says where each one's pieces begin in `piece`. */
typedef struct {
    int64_t n_vertices;
    const double *x, *y;   /* of the vertices */
    const double *along_m; /* from the beginning of their edge */
    const int32_t *edge;
    double west, south, size;
    int64_t columns, rows;
    int32_t *first;
    int64_t n_pieces; /* how many there is room for */
    int32_t *piece;
    double *ends; /* of each piece in a bucket, once more, for they are read together: see ends_of */
} Streets;

static int64_t clamp(double at, int64_t n)
{
    return !(at > 0) ? 0 : at >= (double)n ? n - 1 : (int64_t)at; /* what is no number counts as nought */
}

static int turned(const Streets *streets, int64_t i)
{
    double right = streets->x[i + 1] - streets->x[i];
    return right < 0 || (right == 0 && streets->y[i + 1] < streets->y[i]);
}

/* Writes where a piece begins and ends: x, y, x, y. The same whichever way it is drawn, so that two streets on one line
   are equally far. */
static void ends_of(const Streets *streets, int64_t i, double *ends)
{
    int64_t from = i + turned(streets, i), to = 2 * i + 1 - from;
    ends[0] = streets->x[from];
    ends[1] = streets->y[from];
    ends[2] = streets->x[to];
    ends[3] = streets->y[to];
}

#define SLACK_M 1e-6 /* a piece that only just touches a bucket is in it */

/* Counts the pieces of each bucket (where there is no room for them), or writes them there: `first` then says where each
   bucket begins, and is left where the next one does. A piece is in every bucket that it touches. */
WALKSHED_API void walkshed_buckets(Streets *streets)
{
    for (int64_t i = 0; i + 1 < streets->n_vertices; i++) {
        if (streets->edge[i] != streets->edge[i + 1])
            continue;
        int64_t below = streets->y[i] <= streets->y[i + 1] ? i : i + 1, above = 2 * i + 1 - below;
        double x0 = streets->x[below], y0 = streets->y[below], x1 = streets->x[above], y1 = streets->y[above];
        double slope = y1 > y0 ? (x1 - x0) / (y1 - y0) : 0.0;
        int64_t low = clamp((y0 - SLACK_M - streets->south) / streets->size, streets->rows);
        int64_t high = clamp((y1 + SLACK_M - streets->south) / streets->size, streets->rows);
        for (int64_t row = low; row <= high; row++) {
            double enters = streets->south + (double)row * streets->size - SLACK_M;
            double leaves = streets->south + (double)(row + 1) * streets->size + SLACK_M;
            double from = enters > y0 ? x0 + (enters - y0) * slope : x0, to = leaves < y1 ? x0 + (leaves - y0) * slope : x1;
            int64_t left = clamp((fmin(from, to) - SLACK_M - streets->west) / streets->size, streets->columns);
            int64_t right = clamp((fmax(from, to) + SLACK_M - streets->west) / streets->size, streets->columns);
            for (int64_t column = left; column <= right; column++) {
                int32_t at = streets->first[row * streets->columns + column]++;
                if (streets->n_pieces) {
                    streets->piece[at] = (int32_t)i;
                    ends_of(streets, i, streets->ends + 4 * (int64_t)at);
                }
            }
        }
    }
}

typedef struct {
    int32_t class, oneway, piece;
    double square, share; /* of the distance; of the way along the piece */
} Foot;

static int better(const Foot *one, const Foot *other, const int32_t *edge)
{
    if (one->class != other->class)
        return one->class < other->class;
    if (one->square != other->square)
        return one->square < other->square;
    if (one->oneway != other->oneway)
        return one->oneway < other->oneway;
    if (edge[one->piece] != edge[other->piece])
        return edge[one->piece] < edge[other->piece];
    return one->piece < other->piece;
}

/* The foot of a point on a piece. At an end the distance is measured from there, so that two streets that meet there are
   equally far. */
static void drop(const double *ends, double x, double y, Foot *foot)
{
    double far_x = ends[2] - ends[0], far_y = ends[3] - ends[1], right = x - ends[0], up = y - ends[1];
    double length = far_x * far_x + far_y * far_y, along = right * far_x + up * far_y;
    foot->share = 0.0;
    if (along >= length && length > 0) {
        foot->share = 1.0;
        right = x - ends[2];
        up = y - ends[3];
    } else if (along > 0.0) {
        foot->share = along / length;
        right -= foot->share * far_x;
        up -= foot->share * far_y;
    }
    foot->square = right * right + up * up;
}

/* Who asks for the nearest street, and which streets count: those of a class from 0 to n_classes - 1 and, where there
   are zones, of the asker's own. */
typedef struct {
    const uint8_t *class, *oneway; /* of the edges */
    const int64_t *zone;
    int64_t n_classes;
    double within_m;
} Asked;

typedef struct {
    double x, y;
    int64_t zone;
} Point;

static void look_at(const Streets *streets, int32_t piece, const double *ends, const Asked *asked, const Point *point,
                    Foot *best)
{
    int32_t edge = streets->edge[piece];
    if (asked->class[edge] > best->class || (asked->zone != NULL && asked->zone[edge] != point->zone))
        return;
    Foot foot = {asked->class[edge], asked->oneway[edge] > 0, piece, 0.0, 0.0};
    drop(ends, point->x, point->y, &foot);
    if (foot.square <= asked->within_m * asked->within_m && (best->piece < 0 || better(&foot, best, streets->edge)))
        *best = foot;
}

/* How far a point is from a band that begins at `low`. */
static double beside(double at, double low, double size)
{
    return at < low ? low - at : at > low + size ? at - low - size : 0.0;
}

static void look_in(const Streets *streets, int64_t column, int64_t row, const Asked *asked, const Point *point, Foot *best)
{
    double right = beside(point->x, streets->west + (double)column * streets->size, streets->size);
    double up = beside(point->y, streets->south + (double)row * streets->size, streets->size);
    double most = best->piece >= 0 && best->class == 0 ? best->square : asked->within_m * asked->within_m;
    if (right * right + up * up > most + SLACK_M)
        return;
    int64_t bucket = row * streets->columns + column;
    for (int32_t at = streets->first[bucket]; at < streets->first[bucket + 1]; at++)
        look_at(streets, streets->piece[at], streets->ends + 4 * (int64_t)at, asked, point, best);
}

static int64_t least_of(int64_t one, int64_t other) { return one < other ? one : other; }
static int64_t most_of(int64_t one, int64_t other) { return one > other ? one : other; }

/* Looks in the buckets that are so many buckets away from one, as far as there are any. */
static void look_around(const Streets *streets, int64_t column, int64_t row, int64_t ring, const Asked *asked,
                        const Point *point, Foot *best)
{
    int64_t left = column - ring, right = column + ring, low = row - ring, high = row + ring;
    int64_t last_column = least_of(right, streets->columns - 1), last_row = least_of(high, streets->rows - 1);
    for (int64_t at_row = most_of(low, 0); at_row <= last_row; at_row++) {
        if (at_row == low || at_row == high) {
            for (int64_t at = most_of(left, 0); at <= last_column; at++)
                look_in(streets, at, at_row, asked, point, best);
            continue;
        }
        if (left >= 0 && left < streets->columns)
            look_in(streets, left, at_row, asked, point, best);
        if (right >= 0 && right < streets->columns)
            look_in(streets, right, at_row, asked, point, best);
    }
}

/* Looks around a point ring by ring of buckets, until nothing better can come. `guess`, where it is not negative, is a
   piece that may be near. */
static Foot nearest(const Streets *streets, const Asked *asked, const Point *point, int32_t guess)
{
    Foot best = {(int32_t)asked->n_classes - 1, 0, -1, HUGE_VAL, 0.0};
    double size = streets->size, column_at = floor((point->x - streets->west) / size);
    double row_at = floor((point->y - streets->south) / size);
    if (!(fabs(column_at) < 1e9 && fabs(row_at) < 1e9))
        return best; /* nowhere on Earth */
    int64_t column = (int64_t)column_at, row = (int64_t)row_at;
    int64_t first = most_of(most_of(-column, column - streets->columns + 1), most_of(-row, row - streets->rows + 1));
    int64_t last = most_of(most_of(column, streets->columns - 1 - column), most_of(row, streets->rows - 1 - row));
    double right = point->x - (streets->west + column_at * size), up = point->y - (streets->south + row_at * size);
    double rim = fmin(fmin(right, size - right), fmin(up, size - up)) - SLACK_M; /* to the border of its own bucket */
    if (guess >= 0) {
        double ends[4];
        ends_of(streets, guess, ends);
        look_at(streets, guess, ends, asked, point, &best);
    }
    for (int64_t ring = most_of(first, 0); ring <= last; ring++) {
        double least = ring ? rim + (double)(ring - 1) * size : 0.0; /* nothing in this ring is nearer */
        if (least > asked->within_m || (best.piece >= 0 && best.class == 0 && least * fabs(least) > best.square))
            break;
        look_around(streets, column, row, ring, asked, point, &best);
    }
    return best;
}

/* A number on the way from one to another, and never beyond them. */
static double between(double from, double to, double share)
{
    double at = from + share * (to - from);
    return share >= 1.0 ? to : fmin(fmax(at, fmin(from, to)), fmax(from, to));
}

/* Ties points to the nearest street of the best class that has one within reach. Of streets equally near, one that is
   walked both ways, then the one with the lowest number. `edge` is -1 where there is none; the rest then says nothing. */
WALKSHED_API void walkshed_nearest(const Streets *streets, const uint8_t *edge_class, const uint8_t *edge_oneway,
                             const int64_t *edge_zone, int64_t n_classes, double within_m, int64_t n_points,
                             const double *x, const double *y, const int64_t *zone, int64_t in_zones, int32_t *edge,
                             double *offset_m, double *metres, double *foot_x, double *foot_y)
{
    Asked asked = {edge_class, edge_oneway, in_zones ? edge_zone : NULL, n_classes, within_m};
    int32_t at = -1;
    for (int64_t i = 0; i < n_points; i++) {
        Point point = {x[i], y[i], in_zones ? zone[i] : 0};
        Foot foot = nearest(streets, &asked, &point, at); /* points often follow each other */
        at = foot.piece;
        edge[i] = -1;
        if (at < 0)
            continue;
        edge[i] = streets->edge[at];
        double share = turned(streets, at) ? 1.0 - foot.share : foot.share;
        offset_m[i] = between(streets->along_m[at], streets->along_m[at + 1], share);
        metres[i] = sqrt(foot.square);
        foot_x[i] = between(streets->x[at], streets->x[at + 1], share);
        foot_y[i] = between(streets->y[at], streets->y[at + 1], share);
    }
}

/* How far a walker can still go from the ends of each edge; a metre of the street costs `least` at least. */
typedef struct {
    const double *u, *v, *length_m;
    double least;
} Left;

static double left_beside(const Left *left, const Streets *streets, int32_t i)
{
    int32_t edge = streets->edge[i];
    double from_u = left->u[edge] - left->least * streets->along_m[i];
    double from_v = left->v[edge] - left->least * (left->length_m[edge] - streets->along_m[i + 1]);
    return fmax(from_u, from_v);
}

/* A square of grid points. */
typedef struct {
    double west, south, cell_m;
    int64_t side;
    uint8_t *marks;
} Square;

/* Marks the points that are no farther from a piece than this. */
static void mark_around(const Square *square, const double *ends, double metres)
{
    double x0 = fmin(ends[0], ends[2]) - metres - square->west, x1 = fmax(ends[0], ends[2]) + metres - square->west;
    double y0 = fmin(ends[1], ends[3]) - metres - square->south, y1 = fmax(ends[1], ends[3]) + metres - square->south;
    double last = (double)(square->side - 1) * square->cell_m;
    if (x1 < 0 || y1 < 0 || x0 > last || y0 > last)
        return;
    int64_t left = clamp(ceil(x0 / square->cell_m), square->side), right = clamp(floor(x1 / square->cell_m), square->side);
    int64_t low = clamp(ceil(y0 / square->cell_m), square->side), high = clamp(floor(y1 / square->cell_m), square->side);
    for (int64_t row = low; row <= high; row++)
        for (int64_t column = left; column <= right; column++) {
            uint8_t *mark = &square->marks[row * square->side + column];
            Foot foot;
            if (*mark)
                continue;
            drop(ends, square->west + (double)column * square->cell_m, square->south + (double)row * square->cell_m, &foot);
            *mark = foot.square <= metres * metres;
        }
}

/* Marks the points of a square grid to which a walker can go: no farther from a street than `within_m`, nor than he can
   still go from there and a cell more, for the outline runs beyond the last point he comes to. */
WALKSHED_API void walkshed_mark(const Streets *streets, const double *left_u, const double *left_v, const double *length_m,
                          double least, double within_m, double west, double south, double cell_m, int64_t side,
                          uint8_t *marks)
{
    Left left = {left_u, left_v, length_m, least};
    Square square = {west, south, cell_m, side, marks};
    double rim = within_m, last = (double)(side - 1) * cell_m;
    int64_t from = clamp((west - rim - streets->west) / streets->size, streets->columns);
    int64_t to = clamp((west + last + rim - streets->west) / streets->size, streets->columns);
    int64_t low = clamp((south - rim - streets->south) / streets->size, streets->rows);
    int64_t high = clamp((south + last + rim - streets->south) / streets->size, streets->rows);
    for (int64_t row = low; row <= high; row++)
        for (int64_t bucket = row * streets->columns + from; bucket <= row * streets->columns + to; bucket++)
            for (int32_t at = streets->first[bucket]; at < streets->first[bucket + 1]; at++) {
                double metres = fmin(left_beside(&left, streets, streets->piece[at]) + cell_m, within_m);
                if (metres >= 0.0)
                    mark_around(&square, streets->ends + 4 * (int64_t)at, metres);
            }
}
