// The gates of walled estates: a small doorway each, by whom it lets pass.
(function (ws) {
  "use strict";

  const FROM_ZOOM = 15;
  const CLOSED = 3;

  function placesOf(state) {
    const data = state.data.gates;
    if (!state.cache.gates) state.cache.gates = ws.unpackPlaces(data.located, data.points);
    return state.cache.gates;
  }

  // Everyone: open. A passage: open, with a bar through it. Residents: half filled. Closed: filled and crossed.
  ws.drawGate = function (pencil, size, kind, colours) {
    pencil.beginPath();
    pencil.rect(-size, -size, 2 * size, 2 * size);
    pencil.lineWidth = 3.5;
    pencil.strokeStyle = "rgba(255,255,255,.9)";
    pencil.stroke();
    pencil.fillStyle = kind === CLOSED ? colours.ink : "#fff";
    pencil.fill();
    pencil.lineWidth = 1.4;
    pencil.strokeStyle = colours.ink;
    pencil.stroke();
    if (kind === 2) {
      pencil.fillStyle = colours.ink;
      pencil.fillRect(-size, 0, 2 * size, size);
    }
    if (kind === 0) return;
    pencil.beginPath();
    if (kind === 1) { pencil.moveTo(-size * 1.8, 0); pencil.lineTo(size * 1.8, 0); }
    if (kind === CLOSED) {
      pencil.strokeStyle = "#fff";
      pencil.moveTo(-size * 0.55, -size * 0.55); pencil.lineTo(size * 0.55, size * 0.55);
      pencil.moveTo(size * 0.55, -size * 0.55); pencil.lineTo(-size * 0.55, size * 0.55);
    }
    pencil.stroke();
  };

  ws.gatesLayer = function (state) {
    return new ws.Canvas("gates", function (pencil, view) {
      const data = state.data.gates;
      if (!data || view.zoom < FROM_ZOOM) return;
      const places = placesOf(state), size = Math.min(6, 3.2 + (view.zoom - FROM_ZOOM) * 0.8);
      for (let i = 0; i < data.openTo.length; i++) {
        if (Number.isNaN(places.x[i])) continue;
        pencil.save();
        pencil.translate(places.x[i] * view.scale - view.left, places.y[i] * view.scale - view.top);
        ws.drawGate(pencil, size, Number(data.openTo[i]), state.data.colours);
        pencil.restore();
      }
    });
  };

  ws.gatesSection = function (state, section, row) {
    const data = state.data.gates;
    if (!data) return null;
    const rows = data.words.map(function (word, kind) {
      const count = data.openTo.split("").filter(function (one) { return Number(one) === kind; }).length;
      const symbol = ws.stamp(22, function (pencil) { ws.drawGate(pencil, 5, kind, state.data.colours); });
      return count ? row(symbol, word, ws.number(count)) : null;
    }).filter(Boolean);
    rows.push(ws.el("p", "ws-muted", data.note));
    return section(state, "gates", data.title, rows);
  };
})(window.walkshed = window.walkshed || {});
