"""What the kernel's loops answer, beside slow and obvious twins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from walkshed.kernel.field import Exits
from walkshed.kernel.search import Arcs, Lists, Reach
from walkshed.kernel.streets import Streets

# --- the nearest street --------------------------------------------------------------------------------------

PLACE = st.tuples(st.integers(-300, 300), st.integers(-300, 300))
LINES = st.lists(st.lists(PLACE, min_size=2, max_size=4), min_size=1, max_size=12)


def streets_of(lines) -> Streets:
    """Return the streets of some lines; their offsets are given in metres of the plane."""
    ptr = np.cumsum([0, *map(len, lines)])
    length = np.array([shapely.LineString(line).length for line in lines])
    return Streets(np.array([at for line in lines for at in line], dtype=float), ptr, length)


def obvious(lines, classes, zones, point, zone, within_m):
    """Return the edges that may be the nearest, and how far they are."""
    away = np.array([shapely.LineString(line).distance(shapely.Point(point)) for line in lines])
    for best in range(3):
        own = (classes == best) & (zones == zone) & (away <= within_m)
        if own.any():
            return np.flatnonzero(own & (away <= away[own].min() + 1e-9)), away[own].min()
    return np.array([-1]), 0.0


@settings(max_examples=150, deadline=None)
@given(LINES, st.lists(PLACE, min_size=1, max_size=8), st.sampled_from([20.0, 90.5, 1000.0]), st.randoms())
def test_the_nearest_street_is_that_of_a_look_at_all(lines, points, within_m, random):
    classes = np.array([random.choice([-1, 0, 0, 1, 2, 4]) for _ in lines], dtype=np.int8)
    zones, own = (np.array([random.choice([-1, -1, 3]) for _ in some]) for some in (lines, points))
    x, y = np.array(points, dtype=float).T
    feet = streets_of(lines).nearest(
        x, y, within_m=within_m, edge_class=classes, n_classes=3, oneway=np.zeros(len(lines), np.uint8), zone=own,
        edge_zone=zones,
    )  # fmt: skip
    for i, point in enumerate(points):
        edges, metres = obvious(lines, classes, zones, point, own[i], within_m)
        assert feet.edge[i] in edges
        if feet.edge[i] >= 0:
            line = shapely.LineString(lines[feet.edge[i]])
            assert feet.metres[i] == pytest.approx(metres, abs=1e-9)
            foot = shapely.Point(feet.x[i], feet.y[i])
            assert foot.distance(shapely.Point(point)) == pytest.approx(metres, abs=1e-9)
            assert line.interpolate(feet.offset_m[i]).distance(foot) < 1e-6 or line.length == 0
            assert 0 <= feet.offset_m[i] <= line.length


@settings(max_examples=200, deadline=None)
@given(st.lists(PLACE, min_size=2, max_size=6, unique=True), st.floats(0.1, 3.0))
def test_nobody_stands_beyond_the_end_of_a_street(line, stretched):
    ptr, length = np.array([0, len(line)]), np.array([shapely.LineString(line).length * stretched])
    one = Streets(np.array(line, dtype=float), ptr, length)
    x, y = np.array([line[0], line[-1]], dtype=float).T
    feet = one.nearest(
        x, y, within_m=1.0, edge_class=np.zeros(1, np.int8), n_classes=1, oneway=np.zeros(1, np.uint8)
    )
    assert feet.metres.tolist() == [0, 0]
    assert 0 <= feet.offset_m.min() <= feet.offset_m.max() <= length[0]
    assert len(line) > 2 or feet.offset_m.tolist() == [0, length[0]]


@given(st.lists(PLACE, min_size=2, max_size=2, unique=True), PLACE, st.booleans())
def test_of_two_streets_on_one_line_the_lower_number_is_taken_whichever_way_they_are_drawn(
    line, point, oneway
):
    both = streets_of([line, line[::-1]])
    x, y = np.array([point], dtype=float).T
    ask = {"edge_class": np.zeros(2, np.int8), "n_classes": 1, "within_m": np.inf}
    feet = both.nearest(x, y, oneway=np.array([oneway, 0], dtype=np.uint8), **ask)
    assert feet.edge[0] == int(oneway)  # unless only the other is walked both ways
    turned = both.nearest(x, y, oneway=np.array([1, 1 - oneway], dtype=np.uint8), **ask)
    assert turned.edge[0] == int(oneway)


def test_a_place_beyond_a_corner_goes_to_the_street_with_the_lowest_number():
    corner = streets_of([[(7, 7), (100.1, 33.3)], [(-51, 99.9), (7, 7)], [(7, 7), (9, 200)]])
    feet = corner.nearest(
        np.array([6.3]), np.array([-9.1]), within_m=50, edge_class=np.zeros(3, np.int8), n_classes=1,
        oneway=np.zeros(3, np.uint8),
    )  # fmt: skip
    assert feet.edge.tolist() == [0]
    assert (feet.x[0], feet.y[0], feet.offset_m[0]) == (7, 7, 0)


@pytest.mark.parametrize("away", [1e3, 1e5, 2e7])
def test_places_far_outside_find_their_street_if_it_may_be_as_far(away):
    one = streets_of([[(0, 0), (100, 0)], [(0, 50), (100, 50)]])
    ask = {"edge_class": np.zeros(2, np.int8), "n_classes": 1, "oneway": np.zeros(2, np.uint8)}
    at = np.array([0.0, away, 50, -away]), np.array([away, 50, -away, 20])
    assert one.nearest(*at, within_m=np.inf, **ask).edge.tolist() == [1, 1, 0, 0]
    assert one.nearest(*at, within_m=800, **ask).edge.tolist() == [-1] * 4


def test_without_streets_nothing_is_near():
    none = streets_of([[(0, 0), (1, 1)]])
    feet = none.nearest(
        np.array([0.0, np.nan]), np.array([0.0, 1.0]), within_m=np.inf, edge_class=np.array([-1], np.int8), n_classes=4,
        oneway=np.zeros(1, np.uint8),
    )  # fmt: skip
    assert feet.edge.tolist() == [-1, -1]
    empty = Streets(np.zeros((0, 2)), np.array([0]), np.zeros(0))
    nothing = np.zeros(0, np.int8), np.zeros(0, np.uint8)
    feet = empty.nearest(
        np.array([5.0]),
        np.array([5.0]),
        within_m=np.inf,
        edge_class=nothing[0],
        n_classes=4,
        oneway=nothing[1],
    )
    assert feet.edge.tolist() == [-1]


@settings(max_examples=60, deadline=None)
@given(LINES, st.randoms())
def test_a_point_is_marked_if_a_walker_comes_so_far(lines, random):
    streets, cell, side, snap = streets_of(lines), 20.0, 16, 60.0
    left_u, left_v = (
        np.array([random.choice([-np.inf, -30.0, 0.0, 25.0, 400.0]) for _ in lines]) for _ in range(2)
    )
    marks = streets.mark(
        left_u, left_v, least=1.0, within_m=snap, corner=(-160.0, -160.0), cell_m=cell, side=side
    )
    for row, column in np.ndindex(side, side):
        point = shapely.Point(-160.0 + column * cell, -160.0 + row * cell)
        reaches = margin = False
        for number, line in enumerate(lines):
            shape = shapely.LineString(line)
            along = 0.0
            for a, b in itertools.pairwise(line):
                piece = shapely.LineString([a, b])
                most = max(left_u[number] - along, left_v[number] - (shape.length - along - piece.length))
                along += piece.length
                goes = min(most + cell, snap)
                reaches |= goes >= 0 and piece.distance(point) <= goes
                margin |= abs(piece.distance(point) - goes) < 1e-6
        assert marks[row, column] == reaches or margin


def test_what_does_not_fit_together_is_refused():
    one = streets_of([[(0, 0), (100, 0)]])
    ask = {"within_m": 10.0, "n_classes": 1}
    at = np.zeros(2), np.zeros(2)
    good = {"edge_class": np.zeros(1, np.int8), "oneway": np.zeros(1, np.uint8)}
    for bad in (
        {"edge_class": np.zeros(2, np.int8)}, {"oneway": np.zeros(0, np.uint8)}, {"zone": np.zeros(2, np.int64)},
        {"zone": np.zeros(1, np.int64), "edge_zone": np.zeros(1, np.int64)},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"each|zones"):
            one.nearest(*at, **ask, **{**good, **bad})
    with pytest.raises(ValueError, match="each edge"):
        one.mark(np.zeros(2), np.zeros(1), least=1, within_m=1, corner=(0, 0), cell_m=1, side=1)
    for at in (np.nan, np.inf):  # C must not leave its arrays for it
        for odd in ({"within_m": at, "corner": (0, 0)}, {"within_m": 1, "corner": (at, -at)}):
            assert one.mark(np.ones(1), np.ones(1), least=1, cell_m=20.0, side=4, **odd).shape == (4, 4)
    for ptr, edges in (([1, 2], 1), ([0, 1, 1, 2], 3), ([0, 1], 1), ([0, 2], 2)):
        with pytest.raises(ValueError, match="vertices"):
            Streets(np.zeros((2, 2)), np.array(ptr), np.ones(edges))
    with pytest.raises(ValueError, match="plane"):
        Streets(np.array([[0, 0], [np.inf, 0]]), np.array([0, 2]), np.ones(1))


# --- walks ---------------------------------------------------------------------------------------------------


@st.composite
def towns(draw):
    """Draw arcs between nodes, seeds of venues, exits of estates and direct walks."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, arcs = draw(st.integers(1, 30)), draw(st.integers(0, 90))
    cost = rng.choice([0.0, 0.5, 1, 2, 3.25, 7], (n, n))
    kept = rng.random((n, n)) < arcs / n**2
    row, column = np.nonzero(kept)
    matrix = csr_array((cost[kept], (row, column)), shape=(n, n))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    venues, estates = draw(st.integers(0, 80)), draw(st.integers(0, 9))

    def lists(owners, numbers):
        count = int(rng.integers(0, 2 * owners + 1)) if owners and numbers else 0
        metres = rng.choice([0.0, 0.25, 1, 4, 9], count)
        return (
            rng.integers(0, max(owners, 1), count),
            rng.integers(0, max(numbers, 1), count),
            metres,
            owners,
        )

    return matrix, cost, kept, lists(venues, n), lists(n, estates), lists(venues, estates), estates


def distances(cost, kept, seeds, venue):
    """Return the metres from every node to a venue, by Bellman and Ford."""
    away = np.full(len(cost), np.inf)
    for owner, node, metres, *_ in zip(*seeds[:3], strict=True):
        if owner == venue:
            away[node] = min(away[node], metres)
    for _ in range(len(cost)):
        for here, there in zip(*np.nonzero(kept), strict=True):
            away[there] = min(away[there], away[here] + cost[here, there])
    return away


@settings(max_examples=80, deadline=None)
@given(towns(), st.sampled_from([0.0, 3.0, 8.5, np.inf]))
def test_pairs_are_those_of_bellman_and_ford(town, limit_m):
    matrix, cost, kept, seeds, exits, direct, n_estates = town
    expected = {}
    for venue in range(seeds[3]):
        away = distances(cost, kept, seeds, venue)
        away[away > limit_m] = np.inf
        walks = [(estate, away[node] + metres) for node, estate, metres in zip(*exits[:3], strict=True)]
        walks += [
            (estate, metres) for owner, estate, metres in zip(*direct[:3], strict=True) if owner == venue
        ]
        for estate, metres in walks:
            if metres <= limit_m and np.isfinite(metres):
                pair = int(estate), venue
                expected[pair] = min(expected.get(pair, np.inf), metres)
    found, searched = {}, 0
    for part in Arcs(matrix).pairs(
        Lists(*seeds), Lists(*exits), Lists(*direct), n_estates=n_estates, limit_m=limit_m
    ):
        for estate, venue, metres in zip(*part[:3], strict=True):
            assert (int(estate), int(venue)) not in found  # each once
            found[int(estate), int(venue)] = float(metres)
        searched = part.searched
    assert found == expected
    assert searched == seeds[3]


@settings(max_examples=40, deadline=None)
@given(towns(), st.sampled_from([0.0, 3.0, np.inf]))
def test_one_venue_after_another_is_searched_in_the_same_array(town, limit_m):
    matrix, cost, kept, seeds, *_ = town
    reach = Reach(Arcs(matrix), Lists(*seeds), limit_m)
    for venue in [*range(seeds[3]), *range(min(seeds[3], 2))]:
        reach.search(venue)
        away = distances(cost, kept, seeds, venue)
        away[away > limit_m] = np.inf
        assert reach.metres.tolist() == away.tolist()
        assert sorted(reach.nodes.tolist()) == np.flatnonzero(np.isfinite(away)).tolist()
    with pytest.raises(IndexError):
        reach.search(seeds[3])


def test_walks_are_the_floating_point_sums_of_scipy():
    rng = np.random.default_rng(3)
    n = 2000
    row, column = rng.integers(0, n, (2, 5 * n))
    matrix = csr_array((rng.random(5 * n) * 100, (row, column)), shape=(n, n))
    matrix.sum_duplicates()
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    start = np.arange(25)
    reach = Reach(Arcs(matrix), Lists(start, start * 7, np.zeros(25), 25), 180.0)
    away = dijkstra(matrix, indices=start * 7, limit=180.0)
    for venue in start:
        reach.search(int(venue))
        assert np.array_equal(reach.metres, away[venue])


def test_more_pairs_than_there_is_room_for_come_in_several_parts(monkeypatch):
    from walkshed.kernel import search

    monkeypatch.setattr(search, "_ROOM", 7)
    n = 5
    matrix = csr_array((n, n))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    every = np.repeat(np.arange(n), n), np.tile(np.arange(n), n), np.arange(n * n, dtype=float), n
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), n
    parts = list(Arcs(matrix).pairs(Lists(*none), Lists(*none), Lists(*every), n_estates=n, limit_m=np.inf))
    assert len(parts) > 3
    assert sum(len(part.metres) for part in parts) == n * n


def test_numbers_that_are_not_there_are_refused():
    one = np.array([1]), np.array([5]), np.array([1.0])
    with pytest.raises(ValueError, match="owner"):
        Lists(*one, 1)
    matrix = csr_array((5, 5))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    with pytest.raises(ValueError, match="range"):
        Reach(Arcs(matrix), Lists(*one, 2), 1.0)
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    with pytest.raises(ValueError, match="by node"):
        list(Arcs(matrix).pairs(Lists(*none, 2), Lists(*none, 4), Lists(*none, 2), n_estates=1, limit_m=1))
    matrix = csr_array((np.array([-1.0]), ([0], [1])), shape=(2, 2))
    with pytest.raises(ValueError, match="less than nothing"):
        Arcs(matrix)


def arcs_of(cost, following, first, n):
    """Return the arcs of a matrix that may be no matrix."""
    matrix = csr_array((n, n))
    matrix.data, matrix.indices, matrix.indptr = (
        np.array(cost, dtype=float), np.array(following, np.int32), np.array(first, np.int32),
    )  # fmt: skip
    return Arcs(matrix)


@pytest.mark.parametrize(
    "matrix",
    [
        ([np.nan, -1e9], [0, 1], [0, 2, 2]), ([1.0], [2], [0, 1, 1]), ([1.0], [-1], [0, 1, 1]), ([1.0], [1], [0, 9, 1]),
        ([1.0], [1], [0, 1, 9]), ([1.0], [1], [-5, 1, 1]), ([], [1], [0, 1, 1]), ([1.0], [1], [0, 1]),
    ],
)  # fmt: skip
def test_arcs_that_lead_out_of_the_graph_or_cost_what_is_no_number_are_refused(matrix):
    with pytest.raises(ValueError, match=r"arc"):
        arcs_of(*matrix, 2)


def test_owners_and_numbers_beyond_what_c_counts_are_refused():
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    with pytest.raises(ValueError, match="owner"):
        Lists(*none, -1)
    for number in (2**32, -(2**32)):  # as 32 bits both are nought
        with pytest.raises(ValueError, match="range"):
            Lists(np.array([0]), np.array([number]), np.zeros(1), 1)


@pytest.mark.parametrize("below", [-1e-13, -7.0, -1e9, -np.inf])
def test_a_seed_below_nought_is_searched_like_any_other(below):
    start = np.zeros(1, np.int64)
    reach = Reach(
        arcs_of([3.0, 4.0], [1, 2], [0, 1, 2, 2], 3), Lists(start, start, np.array([below]), 1), 5.0
    )
    reach.search(0)
    walks = below + np.array([0.0, 3.0, 7.0])
    assert reach.metres.tolist() == pytest.approx(np.where(walks <= 5, walks, np.inf).tolist())


def test_after_a_search_without_memory_the_next_one_is_right(monkeypatch):
    from walkshed.kernel import search

    start = np.zeros(1, np.int64)
    reach = Reach(arcs_of([3.0], [1], [0, 1, 1, 1], 3), Lists(start, start, np.zeros(1), 1), 9.0)
    reach.search(0)

    def half(*arguments):
        arguments[4][2] = 1.0
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(search, "_reach", half)
        with pytest.raises(MemoryError):
            reach.search(0)
    reach.search(0)
    assert reach.metres.tolist() == [0, 3, np.inf]


@pytest.mark.parametrize("far", [3.0, 40_000.0, 1e9])
def test_walks_longer_than_all_buckets_are_found(far):
    """A line of nodes far apart, and a short cut that is found last."""
    n = 9
    row, column = np.r_[np.arange(n - 1), 0], np.r_[np.arange(1, n), n - 1]
    cost = np.r_[np.full(n - 1, far), 7.5 * far]
    matrix = csr_array((cost, (row, column)), shape=(n, n))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    start = np.zeros(1, np.int64)
    reach = Reach(Arcs(matrix), Lists(start, start, np.zeros(1), 1), np.inf)
    reach.search(0)
    assert reach.metres.tolist() == [*(far * np.arange(n - 1)), 7.5 * far]


@pytest.mark.parametrize("longest", [0.03, 50.0])
def test_streets_of_a_few_centimetres_are_searched_no_less_quickly(longest):
    """A grid of 300 x 300 nodes within six metres: in any order within a bucket, memory would not suffice."""
    n = 300
    at = np.arange(n * n).reshape(n, n)
    here, there = np.r_[at[:, :-1].ravel(), at[:-1].ravel()], np.r_[at[:, 1:].ravel(), at[1:].ravel()]
    cost = np.random.default_rng(0).uniform(0.01, 0.03, len(here))
    cost[here // n > n - 50] = longest  # beside ordinary ones
    matrix = csr_array((np.r_[cost, cost], (np.r_[here, there], np.r_[there, here])), shape=(n * n, n * n))
    start = np.zeros(1, np.int64)
    reach = Reach(Arcs(matrix), Lists(start, start, np.zeros(1), 1), np.inf)
    reach.search(0)
    assert np.array_equal(reach.metres, dijkstra(matrix, indices=0))


# --- walks from the ground -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_walk_from_the_ground_leaves_over_the_nearer_end(seed):
    rng = np.random.default_rng(seed)
    edges, vertices, shape = 6, 5, (3, 4)
    u, v = rng.integers(0, vertices, (2, edges))
    length = rng.choice([0.0, 10, 55.5], edges)
    ahead, back = rng.choice([1.0, 1.5, np.inf], (2, edges))
    at_u, at_v = rng.choice([0.0, 4.0], (2, edges))
    metres = rng.choice([0.0, 20, 33, np.inf], vertices)
    edge = rng.integers(-1, edges, shape).astype(np.int32)
    offset = (length[np.maximum(edge, 0)] * rng.choice([0, 0.25, 1], shape)).astype(np.float32)
    leg = rng.choice([0, 7.5], shape).astype(np.float32)
    walk, vertex = Exits(vertices, u, v, length, ahead, back, at_u, at_v).walks(metres, edge, offset, leg)
    for at in np.ndindex(*shape):
        e = edge[at]
        if e < 0:
            assert (walk[at], vertex[at]) == (np.inf, -1)
            continue
        rest = length[e] - offset[at]
        to_u = metres[u[e]] + at_u[e] + (back[e] * offset[at] if offset[at] else 0)
        to_v = metres[v[e]] + at_v[e] + (ahead[e] * rest if rest else 0)
        assert walk[at] == pytest.approx(min(to_u, to_v) + leg[at])
        assert vertex[at] in {n for n, cost in ((u[e], to_u), (v[e], to_v)) if cost <= min(to_u, to_v) + 1e-9}


def test_edges_and_vertices_that_are_not_there_are_refused():
    one = np.ones(1)
    with pytest.raises(ValueError, match="vertex"):
        Exits(1, np.array([0]), np.array([1]), one, one, one, one, one)
    exits = Exits(2, np.array([0]), np.array([1]), one, one, one, one, one)
    at = np.array([1], np.int32), np.zeros(1, np.float32), np.zeros(1, np.float32)
    with pytest.raises(ValueError, match="edges"):
        exits.walks(np.zeros(2), *at)
    with pytest.raises(ValueError, match="vertex"):
        exits.walks(np.zeros(3), at[0] - 1, *at[1:])
