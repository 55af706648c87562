// Unpacks what map_lines.py packs: whole numbers, points and lines, straight into web-Mercator.
(function (ws) {
  "use strict";

  const STEPS_PER_DEGREE = 1e6;

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

  // Points as [x0, y0, x1, y1, …] in a world one unit wide.
  ws.unpackPoints = function (base64) {
    const steps = ws.unpack(base64);
    const xy = new Float64Array(steps.length);
    let lon = 0, lat = 0;
    for (let i = 0; i < steps.length; i += 2) {
      lon += steps[i];
      lat += steps[i + 1];
      xy[i] = ws.worldX(lon / STEPS_PER_DEGREE);
      xy[i + 1] = ws.worldY(lat / STEPS_PER_DEGREE);
    }
    return xy;
  };

  // Lines as {xy, start}: line i has the vertices start[i] … start[i + 1] - 1.
  ws.unpackLines = function (packed) {
    const counts = ws.unpack(packed.counts);
    const start = new Int32Array(counts.length + 1);
    counts.forEach(function (count, i) { start[i + 1] = start[i] + count; });
    return { xy: ws.unpackPoints(packed.xy), start: start };
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
