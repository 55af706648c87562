// What is drawn on each canvas: streets, estates' areas, estates, venues, and rings around what is pointed at.
(function (ws) {
  "use strict";

  const FULL_CIRCLE = 2 * Math.PI;
  const LINES_A_CHUNK = 48;
  // Beyond this many metres to a pixel a rank of streets is too fine to be seen: main, street, service, path.
  const COARSEST = [Infinity, 90, 14, 9];
  const WIDTH = [2.4, 1.5, 1.0, 0.8];

  // ---- streets --------------------------------------------------------------------------------------
  ws.unpackStreets = function (packed) {
    const lines = ws.unpackLines(packed), ranks = [];
    let first = 0;
    packed.ranks.forEach(function (count) {
      const chunks = [];
      for (let from = first; from < first + count; from += LINES_A_CHUNK) {
        const to = Math.min(from + LINES_A_CHUNK, first + count);
        chunks.push({ from: from, to: to, box: ws.boxOf(lines.xy, lines.start[from], lines.start[to]) });
      }
      ranks.push(chunks);
      first += count;
    });
    return { lines: lines, ranks: ranks, plazas: ws.unpackLines(packed.plazas) };
  };

  ws.streetsLayer = function (state) {
    const colours = state.data.colours.streets;
    return new ws.Canvas("streets", function (pencil, view) {
      const wider = Math.max(0.55, Math.min(3.2, Math.pow(1.45, view.zoom - 15)));
      pencil.lineCap = pencil.lineJoin = "round";
      pencil.fillStyle = colours[4];
      const lines = state.streets.lines, plazas = state.streets.plazas, ranks = state.streets.ranks;
      for (let i = 0; i + 1 < plazas.start.length; i++) {
        tracePath(pencil, view, plazas.xy, [[plazas.start[i], plazas.start[i + 1]]]);
        pencil.fill();
      }
      for (let rank = ranks.length - 1; rank >= 0; rank--) {
        if (view.metresPerPixel > COARSEST[rank]) continue;
        pencil.strokeStyle = colours[rank];
        pencil.lineWidth = WIDTH[rank] * wider;
        for (const chunk of ranks[rank]) if (ws.meets(chunk.box, view.box)) strokeChunk(pencil, view, lines, chunk);
      }
    });
  };

  function strokeChunk(pencil, view, lines, chunk) {
    const xy = lines.xy, scale = view.scale, left = view.left, top = view.top;
    pencil.beginPath();
    for (let line = chunk.from; line < chunk.to; line++) {
      const end = lines.start[line + 1];
      let i = lines.start[line], x = xy[2 * i] * scale - left, y = xy[2 * i + 1] * scale - top;
      pencil.moveTo(x, y);
      for (i++; i < end; i++) {
        const nextX = xy[2 * i] * scale - left, nextY = xy[2 * i + 1] * scale - top;
        // A step of less than a pixel cannot be seen; the last vertex keeps the junction closed.
        if (i + 1 < end && Math.abs(nextX - x) + Math.abs(nextY - y) < 1) continue;
        x = nextX;
        y = nextY;
        pencil.lineTo(x, y);
      }
    }
    pencil.stroke();
  }

  // ---- estates' areas -------------------------------------------------------------------------------
  ws.unpackAreas = function (packed) {
    const lines = ws.unpackLines(packed), areas = [];
    packed.owner.forEach(function (estate, ring) {
      const from = lines.start[ring], to = lines.start[ring + 1], box = ws.boxOf(lines.xy, from, to);
      const last = areas[areas.length - 1];
      if (!last || last.estate !== estate) { areas.push({ estate: estate, rings: [[from, to]], box: box }); return; }
      last.rings.push([from, to]);
      last.box = [Math.min(last.box[0], box[0]), Math.min(last.box[1], box[1]),
        Math.max(last.box[2], box[2]), Math.max(last.box[3], box[3])];
    });
    areas.xy = lines.xy;
    return areas;
  };

  ws.areasLayer = function (state) {
    return new ws.Canvas("areas", function (pencil, view) {
      const areas = state.areas;
      pencil.lineWidth = 1;
      for (const area of areas) {
        const tooSmall = (area.box[2] - area.box[0]) * view.scale < 3;
        if (tooSmall || !ws.meets(area.box, view.box)) continue;
        const colour = state.colourOf(area.estate);
        tracePath(pencil, view, areas.xy, area.rings);
        if (state.classOf(area.estate) >= 0) {
          pencil.globalAlpha = 0.16;
          pencil.fillStyle = colour;
          pencil.fill("evenodd");
        }
        pencil.globalAlpha = 0.55;
        pencil.strokeStyle = "#6b7280";
        pencil.stroke();
        pencil.globalAlpha = 1;
      }
    });
  };

  function tracePath(pencil, view, xy, rings) {
    pencil.beginPath();
    for (const ring of rings) {
      for (let i = ring[0]; i < ring[1]; i++) {
        const x = xy[2 * i] * view.scale - view.left, y = xy[2 * i + 1] * view.scale - view.top;
        if (i === ring[0]) pencil.moveTo(x, y); else pencil.lineTo(x, y);
      }
      pencil.closePath();
    }
  }

  ws.areaAt = function (areas, x, y) {
    for (let n = areas.length - 1; n >= 0; n--) {
      const area = areas[n], box = area.box;
      if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) continue;
      let inside = false;
      for (const ring of area.rings) {
        for (let i = ring[0], j = ring[1] - 1; i < ring[1]; j = i++) {
          const xi = areas.xy[2 * i], yi = areas.xy[2 * i + 1], xj = areas.xy[2 * j], yj = areas.xy[2 * j + 1];
          if ((yi > y) !== (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) inside = !inside;
        }
      }
      if (inside) return area.estate;
    }
    return -1;
  };

  // ---- estates --------------------------------------------------------------------------------------
  // A circle of a class; what cannot be judged is hollow and hatched, so that it never passes for a class.
  ws.drawEstate = function (pencil, radius, colour, hollow) {
    const disc = function (size) {
      pencil.beginPath();
      pencil.arc(0, 0, size, 0, FULL_CIRCLE);
    };
    // A white rim keeps neighbours apart where circles lie on each other.
    disc(radius + (radius < 3 ? 0.6 : 1.2));
    pencil.fillStyle = "#fff";
    pencil.fill();
    disc(radius);
    if (!hollow) {
      pencil.fillStyle = colour;
      pencil.fill();
      pencil.lineWidth = 0.7;
      pencil.strokeStyle = "rgba(31,41,51,.6)";
      pencil.stroke();
      return;
    }
    pencil.save();
    pencil.clip();
    pencil.strokeStyle = colour;
    pencil.lineWidth = 0.9;
    pencil.beginPath();
    for (let at = -2 * radius; at < 2 * radius; at += 3) {
      pencil.moveTo(at - radius, radius);
      pencil.lineTo(at + radius, -radius);
    }
    pencil.stroke();
    pencil.restore();
    disc(radius);
    pencil.lineWidth = 1.4;
    pencil.strokeStyle = colour;
    pencil.stroke();
  };

  ws.estateRadius = function (state, estate, zoom) {
    const base = Math.max(1.9, Math.min(8, 4.6 + (zoom - 14) * 0.95));
    return Math.round(2 * base * state.estateSize[estate]) / 2;
  };

  ws.estatesLayer = function (state) {
    const stamps = new Map();
    const stampOf = function (klass, radius) {
      const sharp = ws.sharpness(), key = [state.scale, klass, radius, sharp].join();
      let stamp = stamps.get(key);
      if (!stamp) {
        const colour = state.classColour(klass);
        stamp = ws.stamp(2 * radius + 4, function (pencil) { ws.drawEstate(pencil, radius, colour, klass < 0); }, sharp);
        stamps.set(key, stamp);
      }
      return stamp;
    };
    return new ws.Canvas("estates", function (pencil, view) {
      const x = state.estatePlaces.x, y = state.estatePlaces.y, margin = 20;
      const classes = state.result()["class"], sharp = ws.sharpness();
      const width = (view.box[2] - view.box[0]) * view.scale + margin;
      const height = (view.box[3] - view.box[1]) * view.scale + margin;
      for (const estate of state.drawOrder) {
        const px = x[estate] * view.scale - view.left, py = y[estate] * view.scale - view.top;
        if (px < -margin || py < -margin || px > width || py > height) continue;
        const radius = ws.estateRadius(state, estate, view.zoom), size = 2 * radius + 4;
        // On whole pixels a stamp is copied as it is; anywhere else each pixel of it would be worked out anew.
        const stamp = stampOf(classes[estate], radius);
        pencil.drawImage(stamp, Math.round((px - size / 2) * sharp) / sharp, Math.round((py - size / 2) * sharp) / sharp, stamp.width / sharp, stamp.height / sharp);
      }
    });
  };

  // ---- venues ---------------------------------------------------------------------------------------
  ws.SHAPES = ["square", "diamond", "triangle", "star", "hexagon", "wedge"];
  const CORNERS = {
    square: [4, 0.25, 1.15], diamond: [4, 0, 1.3], triangle: [3, 0, 1.4],
    hexagon: [6, 0, 1.15], wedge: [3, 0.5, 1.4],
  };

  function traceShape(pencil, shape, radius) {
    pencil.beginPath();
    const star = shape === "star", plan = star ? [10, 0, 1.5] : CORNERS[shape];
    for (let i = 0; i < plan[0]; i++) {
      const turn = FULL_CIRCLE * ((i + plan[1] * (plan[0] === 4 ? 2 : plan[0] === 3 ? 1 : 0)) / plan[0] - 0.25);
      const reach = radius * plan[2] * (star && i % 2 ? 0.48 : 1);
      pencil.lineTo(reach * Math.cos(turn), reach * Math.sin(turn));
    }
    pencil.closePath();
  }

  // Open: filled. Under construction: hollow. Planned: hollow, dashed. Closed: hollow, grey, crossed out.
  ws.drawVenue = function (pencil, radius, shape, status, colours) {
    const colour = status === "closed" ? colours.notYet : colours.venue;
    pencil.lineJoin = "round";
    traceShape(pencil, shape, radius);
    pencil.lineWidth = 4.4;
    pencil.strokeStyle = "rgba(255,255,255,.95)";
    pencil.stroke();
    pencil.fillStyle = status === "open" ? colour : "#fff";
    pencil.fill();
    pencil.lineWidth = status === "open" ? 1.1 : 2;
    pencil.strokeStyle = status === "open" ? "rgba(60,25,0,.75)" : colour;
    if (status === "planned") pencil.setLineDash([2.2, 2]);
    pencil.stroke();
    pencil.setLineDash([]);
    if (status === "closed") {
      const arm = 0.55 * radius;
      pencil.beginPath();
      pencil.moveTo(-arm, -arm);
      pencil.lineTo(arm, arm);
      pencil.moveTo(arm, -arm);
      pencil.lineTo(-arm, arm);
      pencil.stroke();
    }
  };

  ws.venueRadius = function (zoom) { return Math.round(2 * Math.max(3, Math.min(9, 6 + (zoom - 14) * 0.8))) / 2; };

  ws.venuesLayer = function (state) {
    const stamps = new Map();
    return new ws.Canvas("venues", function (pencil, view) {
      const radius = ws.venueRadius(view.zoom), size = 3 * radius + 8, venues = state.data.venues, x = state.venuePlaces.x, y = state.venuePlaces.y;
      for (const venue of state.venueOrder) {
        const px = x[venue] * view.scale - view.left, py = y[venue] * view.scale - view.top;
        const shape = state.shapeOf(venue), status = venues.drawn[venue], key = [shape, status, radius, ws.sharpness()].join();
        if (!stamps.has(key)) {
          stamps.set(key, ws.stamp(size, function (pen) { ws.drawVenue(pen, radius, shape, status, state.data.colours); }, ws.sharpness()));
        }
        pencil.drawImage(stamps.get(key), px - size / 2, py - size / 2, size, size);
        if (!ws.venueChange(state, venue)) continue;
        pencil.beginPath();
        pencil.arc(px, py, 1.5 * radius + 4, 0, FULL_CIRCLE);
        pencil.lineWidth = 2.2;
        pencil.strokeStyle = state.data.colours.venue;
        pencil.stroke();
      }
    });
  };

  // ---- rings around what is pointed at, and around what belongs to it -----------------------------------
  ws.ringsLayer = function (state) {
    return new ws.Canvas("rings", function (pencil, view) {
      const found = state.pointed;
      if (!found) return;
      const ring = function (places, i, radius, width) {
        const px = places.x[i] * view.scale - view.left, py = places.y[i] * view.scale - view.top;
        pencil.beginPath();
        pencil.arc(px, py, radius, 0, FULL_CIRCLE);
        pencil.lineWidth = width;
        pencil.stroke();
      };
      const estateRing = function (estate, width) {
        ring(state.estatePlaces, estate, ws.estateRadius(state, estate, view.zoom) + 3, width);
      };
      const venueRing = function (venue, width) { ring(state.venuePlaces, venue, ws.venueRadius(view.zoom) * 1.5 + 3.5, width); };
      // Hundreds of rings would hide what they mark.
      const ringAll = function (estates) {
        pencil.globalAlpha = estates.length > 100 ? 0.5 : 1;
        estates.forEach(function (estate) { estateRing(estate, estates.length > 100 ? 0.8 : 1.2); });
        pencil.globalAlpha = 1;
      };
      pencil.strokeStyle = state.data.colours.ink;
      if (found.type === "venue") {
        ringAll(state.estatesNearest(found.i));
        venueRing(found.i, 2.5);
      } else if (found.type === "proposal") {
        ringAll(ws.gainedOf(state, found.i));
      } else if (found.type === "unit") {
        ringAll(state.estatesOf(found.level, found.i));
      } else {
        const venue = state.result().venue[found.i];
        if (venue >= 0 && venue < state.data.venues.name.length) venueRing(venue, 2);
        estateRing(found.i, 2.5);
      }
    });
  };
})(window.walkshed = window.walkshed || {});
