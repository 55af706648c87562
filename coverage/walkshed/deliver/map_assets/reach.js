// How far one gets: the ground within a walk of a venue, and the walks themselves.
(function (ws) {
  "use strict";

  const TINT = 0.26, TINT_OF_OWN = 0.36;
  ws.TINT = TINT;

  function channels(colour) { return [1, 3, 5].map(function (i) { return parseInt(colour.slice(i, i + 2), 16); }); }

  // A colour thinned with that of the paper: opaque, so that catchments inside each other do not mix.
  ws.tint = function (colour, paper, share) {
    const under = channels(paper);
    return "rgb(" + channels(colour).map(function (value, i) { return Math.round(value * share + under[i] * (1 - share)); }).join() + ")";
  };

  // ---- catchments -------------------------------------------------------------------------------------
  function unpackRings(packed) {
    const lines = ws.unpackLines(packed), owner = ws.unpackRising(packed.owner), boxes = [], first = new Map();
    owner.forEach(function (venue, ring) {
      boxes.push(ws.boxOf(lines.xy, lines.start[ring], lines.start[ring + 1]));
      if (!first.has(venue)) first.set(venue, ring);
    });
    return { xy: lines.xy, start: lines.start, owner: owner, boxes: boxes, first: first };
  }

  // The rings of what is shown for one standard: all venues', or one's.
  ws.catchmentsOf = function (state, which, step) {
    const packed = state.data.catchments[which];
    if (!packed) return null;
    const cache = state.cache.catchments, key = [which, state.scale, state.profile, step].join();
    if (!cache.has(key)) cache.set(key, unpackRings(packed[state.scale][state.profile][step]));
    return cache.get(key);
  };

  function trace(pencil, view, rings, from, to) {
    const xy = rings.xy, scale = view.scale, left = view.left, top = view.top;
    pencil.beginPath();
    for (let ring = from; ring < to; ring++) {
      const box = rings.boxes[ring];
      if (!ws.meets(box, view.box) || (box[2] - box[0]) * scale + (box[3] - box[1]) * scale < 1) continue;
      let i = rings.start[ring], x = xy[2 * i] * scale - left, y = xy[2 * i + 1] * scale - top;
      pencil.moveTo(x, y);
      for (i++; i < rings.start[ring + 1]; i++) {
        const nextX = xy[2 * i] * scale - left, nextY = xy[2 * i + 1] * scale - top;
        if (Math.abs(nextX - x) + Math.abs(nextY - y) < 1) continue;
        x = nextX;
        y = nextY;
        pencil.lineTo(x, y);
      }
      pencil.closePath();
    }
  }

  function fill(pencil, state, view, rings, from, to, step, share) {
    const colour = state.classColour(step);
    trace(pencil, view, rings, from, to);
    pencil.fillStyle = ws.tint(colour, state.data.colours.paper, share);
    pencil.fill("evenodd");
    pencil.lineWidth = 1;
    pencil.strokeStyle = ws.tint(colour, state.data.colours.paper, Math.min(1, share + 0.25));
    pencil.stroke();
  }

  // The venue whose own catchments are asked for; -1 where all are shown together.
  ws.chosenVenue = function (state) {
    const found = state.pointed;
    if (!found || found.type !== "venue" || !state.card.pinned || !state.data.catchments.own) return -1;
    return found.i;
  };

  ws.catchmentsLayer = function (state) {
    return new ws.Canvas("catchments", function (pencil, view) {
      const venue = ws.chosenVenue(state), steps = state.data.scales[state.scale].cuts.length;
      for (let step = steps - 1; step >= 0; step--) {
        if (!state.cutShown(step)) continue;
        const rings = ws.catchmentsOf(state, venue < 0 ? "merged" : "own", step);
        if (!rings) continue;
        if (venue < 0) { fill(pencil, state, view, rings, 0, rings.owner.length, step, TINT); continue; }
        const mine = ringsOf(rings, venue);
        fill(pencil, state, view, rings, mine[0], mine[1], step, TINT_OF_OWN);
      }
    });
  };

  // The first ring of a venue and the one after its last; they stand side by side.
  function ringsOf(rings, venue) {
    const from = rings.first.has(venue) ? rings.first.get(venue) : rings.owner.length;
    let to = from;
    while (to < rings.owner.length && rings.owner[to] === venue) to++;
    return [from, to];
  }

  // The boxes of a venue's own catchments that are shown.
  ws.ownBoxes = function (state, venue) {
    const boxes = [];
    state.data.scales[state.scale].cuts.forEach(function (cut, step) {
      const rings = state.shown("catchments") && state.cutShown(step) ? ws.catchmentsOf(state, "own", step) : null;
      if (!rings) return;
      const mine = ringsOf(rings, venue);
      for (let ring = mine[0]; ring < mine[1]; ring++) boxes.push(rings.boxes[ring]);
    });
    return boxes;
  };

  // ---- walks --------------------------------------------------------------------------------------------
  ws.walksOf = function (state) {
    const packed = state.data.walks;
    if (!packed) return null;
    const number = packed.of[state.scale][state.profile], cache = state.cache.walks;
    if (!cache.has(number)) cache.set(number, ws.unpackWalks(packed.sets[number]));
    return cache.get(number);
  };

  // The vertices of an estate's walk, [x0, y0, x1, y1, …] from the estate to the venue; empty where it has none.
  ws.walkOf = function (state, estate) { return lineOf(ws.walksOf(state), estate); };

  // The same with all gates open, where that is shorter; and how long it then is.
  ws.openWalkOf = function (state, estate) {
    const walks = ws.walksOf(state);
    return lineOf(walks && walks.ifOpen.has(estate) ? walks.open : null, estate);
  };
  ws.ifGatesWereOpen = function (state, estate) {
    const walks = ws.walksOf(state);
    return walks ? walks.ifOpen.get(estate) || null : null;
  };

  function lineOf(walks, estate) {
    const line = [];
    if (!walks) return line;
    for (let at = walks.first[estate]; at >= 0; at = walks.parent[at]) line.push(walks.xy[2 * at], walks.xy[2 * at + 1]);
    return line;
  }

  function traceWalk(pencil, view, line) {
    for (let i = 0; i < line.length; i += 2) {
      const x = line[i] * view.scale - view.left, y = line[i + 1] * view.scale - view.top;
      if (i) pencil.lineTo(x, y); else pencil.moveTo(x, y);
    }
  }

  ws.walksLayer = function (state) {
    return new ws.Canvas("walks", function (pencil, view) {
      const found = state.pointed;
      if (!found || found.type === "unit" || found.type === "proposal") return;
      const many = found.type === "venue", estates = many ? state.estatesNearest(found.i) : [found.i];
      pencil.lineCap = pencil.lineJoin = "round";
      // All walks to a venue are one path: where they share a street it is drawn once.
      pencil.beginPath();
      estates.forEach(function (estate) { traceWalk(pencil, view, ws.walkOf(state, estate)); });
      pencil.lineWidth = many ? 4 : 7;
      pencil.strokeStyle = "rgba(255,255,255,.9)";
      pencil.stroke();
      pencil.lineWidth = many ? 1.6 : 3.4;
      pencil.strokeStyle = many ? state.data.colours.ink : state.data.colours.venue;
      pencil.stroke();
      if (many) return;
      pencil.beginPath();
      traceWalk(pencil, view, ws.openWalkOf(state, found.i));
      pencil.lineWidth = 5;
      pencil.strokeStyle = "rgba(255,255,255,.9)";
      pencil.stroke();
      pencil.lineWidth = 2.2;
      pencil.setLineDash([6, 6]);
      pencil.strokeStyle = state.data.colours.ink;
      pencil.stroke();
      pencil.setLineDash([]);
    });
  };
})(window.walkshed = window.walkshed || {});
