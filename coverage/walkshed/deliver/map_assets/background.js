// Backgrounds from the network: off until somebody switches one on.
(function (ws) {
  "use strict";

  const FINEST = 19;

  function keyForm(state, tiles, use) {
    const words = state.data.words, input = ws.el("input", "ws-key"), button = ws.el("button", "ws-key-use", words.keyUse);
    const form = ws.el("form", "ws-key-form", "", [input, button, ws.el("div", "ws-small", words.keyNote)]);
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.placeholder = words.key;
    input.setAttribute("aria-label", words.key);
    button.type = "submit";
    // The policy forbids forms to be sent anywhere; this one never is.
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const key = input.value.trim();
      input.value = "";
      if (key) use(key);
    });
    return form;
  }

  ws.Background = function (state) {
    const data = state.data, words = data.words, keys = new Map();
    if (!data.tiles.length) return null;
    const extra = ws.el("div", "ws-base-extra");
    let layers = [], on = null, streetsWere = true;

    const off = function () {
      layers.forEach(function (layer) { state.map.removeLayer(layer); });
      layers = [];
      if (on) state.switchLayer("streets", streetsWere);
      on = null;
      settle();
    };
    const settle = function () {
      const shifted = Boolean(on && on.shifted);
      state.map.getContainer().classList.toggle("ws-on-tiles", Boolean(on));
      state.credit(on ? on.credit : "");
      state.badge.textContent = shifted ? words.baseShifted : "";
      state.badge.hidden = !shifted;
      if (shifted !== ws.shifted) state.shift(shifted);
    };
    const start = function (tiles, key) {
      const failed = ws.el("div", "ws-small ws-base-failed");
      extra.replaceChildren(ws.el("div", "ws-small", words.baseNote), failed);
      // Its own streets would be drawn twice.
      streetsWere = state.shown("streets");
      on = tiles;
      settle();
      state.switchLayer("streets", false);
      layers = tiles.urls.map(function (url, i) {
        const layer = L.tileLayer(url, {
          tk: encodeURIComponent(key), maxZoom: FINEST, maxNativeZoom: tiles.finest, zIndex: i + 1, keepBuffer: 1,
          referrerPolicy: "strict-origin-when-cross-origin",
        });
        layer.on("tileerror", function () { failed.textContent = words.baseFailed; });
        layer.on("tileload", function () { failed.textContent = ""; });
        return layer.addTo(state.map);
      });
    };
    const options = [words.baseNone].concat(data.tiles.map(function (tiles) { return tiles.name; }));
    const box = ws.choice(words.base, options, 0, function (i) {
      off();
      extra.replaceChildren();
      if (!i) return;
      const tiles = data.tiles[i - 1], key = tiles.key || keys.get(tiles.id) || "";
      if (!tiles.needsKey || key) { start(tiles, key); return; }
      extra.replaceChildren(keyForm(state, tiles, function (given) {
        keys.set(tiles.id, given);
        start(tiles, given);
      }));
    });
    box.querySelector("select").classList.add("ws-base");
    return ws.el("section", "ws-section ws-section-base", "", [box, extra]);
  };
})(window.walkshed = window.walkshed || {});
