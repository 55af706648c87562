// Unpacks what map_lines.py packs: whole numbers, points and lines, straight into web-Mercator.
(function (ws) {
  "use strict";

  const STEPS_PER_DEGREE = 1e6, SHAPE_STEPS_PER_DEGREE = 1e5;

  ws.unpack = function (base64) {
    const bytes = atob(base64);
    const numbers = [];
    let value = 0, scale = 1;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes.charCodeAt(i);
      value += (byte & 127) * scale;
      if (byte & 128) { scale *= 128; continue; }
      numbers.push(value % 2 ? -(value + 1) / 2 : value / 2);
      value = 0;
      scale = 1;
    }
    return numbers;
  };

  // Numbers of which each was packed as its difference to the one before.
  ws.unpackRising = function (base64) {
    const numbers = ws.unpack(base64);
    for (let i = 1; i < numbers.length; i++) numbers[i] += numbers[i - 1];
    return numbers;
  };

  // Points as [x0, y0, x1, y1, …] in a world one unit wide.
  ws.unpackPoints = function (base64, perDegree) {
    const steps = ws.unpack(base64), per = perDegree || STEPS_PER_DEGREE;
    const xy = new Float64Array(steps.length);
    let lon = 0, lat = 0;
    for (let i = 0; i < steps.length; i += 2) {
      lon += steps[i];
      lat += steps[i + 1];
      ws.putPlace(xy, i, lon / per, lat / per);
    }
    return xy;
  };

  ws.putPlace = function (xy, i, lon, lat) {
    const at = ws.shifted ? ws.toGcj(lon, lat) : null;
    xy[i] = ws.worldX(at ? at[0] : lon);
    xy[i + 1] = ws.worldY(at ? at[1] : lat);
  };

  // Lines as {xy, start}: line i has the vertices start[i] … start[i + 1] - 1.
  ws.unpackLines = function (packed) {
    const counts = ws.unpack(packed.counts);
    const start = new Int32Array(counts.length + 1);
    counts.forEach(function (count, i) { start[i + 1] = start[i] + count; });
    return { xy: ws.unpackPoints(packed.xy, SHAPE_STEPS_PER_DEGREE), start: start };
  };

  // Walks as a tree: each vertex knows the next one towards the venue; an estate knows its first (-1: no walk).
  ws.unpackWalks = function (packed) {
    const parent = Int32Array.from(ws.unpackRising(packed.parent)), steps = ws.unpack(packed.xy);
    const xy = new Float64Array(steps.length);
    for (let i = 0; i < parent.length; i++) {
      // The first vertex's difference is to -1.
      parent[i] -= 1;
      const up = parent[i];
      if (up >= 0) {
        steps[2 * i] += steps[2 * up];
        steps[2 * i + 1] += steps[2 * up + 1];
      }
      ws.putPlace(xy, 2 * i, steps[2 * i] / SHAPE_STEPS_PER_DEGREE, steps[2 * i + 1] / SHAPE_STEPS_PER_DEGREE);
    }
    const first = Int32Array.from(ws.unpackRising(packed.first));
    for (let i = 0; i < first.length; i++) first[i] -= 1;
    const open = packed.open ? ws.unpackWalks(packed.open) : null, of = new Map();
    if (open) packed.open.estate.forEach(function (estate, i) { of.set(estate, { min: packed.open.min[i], m: packed.open.m[i] }); });
    return { parent: parent, xy: xy, first: first, open: open, ifOpen: of };
  };

  // One place for each row, NaN where the row has none.
  ws.unpackPlaces = function (located, base64) {
    const there = ws.unpackPoints(base64);
    const x = new Float64Array(located.length).fill(NaN);
    const y = new Float64Array(located.length).fill(NaN);
    let next = 0;
    for (let i = 0; i < located.length; i++) {
      if (located[i] !== "1") continue;
      x[i] = there[next++];
      y[i] = there[next++];
    }
    return { x: x, y: y };
  };

  ws.worldX = function (lon) { return (lon + 180) / 360; };

  ws.worldY = function (lat) {
    const sine = Math.sin(Math.max(-85.05, Math.min(85.05, lat)) * Math.PI / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  };

  ws.latitude = function (y) { return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI; };

  // The box of the vertices first … last - 1, for leaving out what is not in view.
  ws.boxOf = function (xy, first, last) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = first; i < last; i++) {
      const x = xy[2 * i], y = xy[2 * i + 1];
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    return box;
  };
})(window.walkshed = window.walkshed || {});
