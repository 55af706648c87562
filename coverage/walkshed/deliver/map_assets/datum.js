// GCJ-02, the shifted coordinates of public maps in China, after the algorithm that is public.
// Data stay in WGS84; only while a shifted background is on is everything drawn shifted to match it.
(function (ws) {
  "use strict";

  const A = 6378245.0, EE = 0.00669342162296594323;

  function swing(x, parts) {
    return parts.reduce(function (sum, part) { return sum + part[0] * Math.sin(x * Math.PI * part[1]); }, 0) * 2 / 3;
  }

  function northward(x, y) {
    return -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
      swing(x, [[20, 6], [20, 2]]) + swing(y, [[20, 1], [40, 1 / 3], [160, 1 / 12], [320, 1 / 30]]);
  }

  function eastward(x, y) {
    return 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
      swing(x, [[20, 6], [20, 2], [20, 1], [40, 1 / 3], [150, 1 / 12], [300, 1 / 30]]);
  }

  // [lon, lat] in WGS84 to [lon, lat] in GCJ-02; outside China they are the same.
  ws.toGcj = function (lon, lat) {
    if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
    const x = lon - 105, y = lat - 35, radians = lat * Math.PI / 180;
    const magic = 1 - EE * Math.sin(radians) * Math.sin(radians), root = Math.sqrt(magic);
    return [
      lon + eastward(x, y) * 180 / (A / root * Math.cos(radians) * Math.PI),
      lat + northward(x, y) * 180 / (A * (1 - EE) / (magic * root) * Math.PI),
    ];
  };

  // The way back, to within a millimetre.
  ws.fromGcj = function (lon, lat) {
    let at = [lon, lat];
    for (let i = 0; i < 6; i++) {
      const shifted = ws.toGcj(at[0], at[1]);
      at = [at[0] + lon - shifted[0], at[1] + lat - shifted[1]];
    }
    return at;
  };

  // Where a place in WGS84 is drawn.
  ws.shifted = false;
  ws.placed = function (lon, lat) { return ws.shifted ? ws.toGcj(lon, lat) : [lon, lat]; };
})(window.walkshed = window.walkshed || {});
