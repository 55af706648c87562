// Scenarios: a choice that swaps what the page speaks of, and the study as it is beside the scenario.
(function (ws) {
  "use strict";

  const SWAPPED = ["results", "venues", "gates", "summary", "estates", "areas", "streets"];

  // What is shown is swapped as a whole, so that dots, counts, lists and cards all speak of the same.
  ws.showScenario = function (state, number) {
    const data = state.data, list = data.scenarios;
    if (!list || !list.length || number === state.scenario) return;
    if (number >= 0 && state.after) {
      ws.showAfter(state, false);
      const choice = document.querySelector(".ws-before-after select");
      if (choice) choice.value = 0;
    }
    if (!state.asIs) {
      state.asIs = { walks: data.walks };
      SWAPPED.forEach(function (key) { state.asIs[key] = data[key]; });
    }
    const one = number < 0 ? state.asIs : list[number], streets = data.streets;
    state.scenario = number;
    SWAPPED.forEach(function (key) { data[key] = key in one ? one[key] : state.asIs[key]; });
    // Walks, catchments and proposals are those of the study as it is.
    data.walks = number < 0 ? state.asIs.walks : null;
    if (data.summary) state.level = Math.min(state.level, data.summary.levels.length - 1);
    if (data.streets === streets) state.place(); else state.unpack();
    ["catchments", "proposals"].forEach(function (name) { state.switchLayer(name, number < 0); });
    badge(state, number < 0 ? "" : data.words.scenarioNow.replace("{name}", one.name));
    state.panel.refreshLegend();
    state.choose(state.scale, state.profile);
    const select = document.querySelector(".ws-scenario select");
    if (select) select.value = number + 1;
    if (number < 0) ws.beside(state, false);
  };

  function badge(state, text) {
    if (!state.scenarioBadge) {
      state.scenarioBadge = ws.el("div", "ws-badge ws-badge-after ws-badge-scenario");
      state.scenarioBadge.setAttribute("role", "status");
      state.map.getContainer().appendChild(state.scenarioBadge);
    }
    state.scenarioBadge.textContent = text;
    state.scenarioBadge.hidden = !text;
  }

  // ---- side by side ---------------------------------------------------------------------------------------
  // The study as it is on a second map at the left, which goes wherever the other goes, and back.
  ws.beside = function (state, on) {
    if (on === Boolean(state.second)) return;
    if (on && state.scenario < 0) ws.showScenario(state, 0);
    if (on) open(state); else close(state);
    document.querySelectorAll(".ws-beside-button").forEach(function (button) { button.setAttribute("aria-pressed", String(on)); });
    state.map.invalidateSize({ animate: false, pan: false });
    if (on) { state.second.map.invalidateSize({ animate: false, pan: false }); state.fit(); }
  };

  function open(state) {
    const box = ws.el("div", "folium-map ws-second"), options = state.map.options;
    document.body.insertBefore(box, state.map.getContainer());
    document.documentElement.classList.add("ws-beside");
    const map = L.map(box, {
      zoomControl: false, attributionControl: false, zoomSnap: options.zoomSnap, maxZoom: options.maxZoom,
      wheelPxPerZoomLevel: options.wheelPxPerZoomLevel, fadeAnimation: false, zoomAnimation: false,
    });
    box.style.background = state.data.colours.paper;
    map.setView(state.map.getCenter(), state.map.getZoom(), { animate: false });
    const second = ws.makeState(map, Object.assign({}, state.data, state.asIs));
    second.scale = state.scale;
    second.profile = state.profile;
    second.orderEstates();
    ws.makeLayers(second);
    ["streets", "areas", "gates", "estates", "venues"].forEach(function (name) { map.addLayer(second.layers[name]); });
    badge(second, state.data.words.asItIs);
    state.second = second;
    let moving = false;
    const follow = function (from, to) {
      return function () {
        if (moving) return;
        moving = true;
        to.setView(from.getCenter(), from.getZoom(), { animate: false });
        moving = false;
      };
    };
    second.unfollow = follow(state.map, map);
    state.map.on("move zoomend", second.unfollow);
    map.on("move zoomend", follow(map, state.map));
  }

  function close(state) {
    if (!state.second) return;
    const box = state.second.map.getContainer();
    state.map.off("move zoomend", state.second.unfollow);
    state.second.map.remove();
    box.remove();
    state.second = null;
    document.documentElement.classList.remove("ws-beside");
  }

  // Walker and standard of the second map follow the first.
  ws.chooseBeside = function (state) {
    const second = state.second;
    if (!second) return;
    second.scale = state.scale;
    second.profile = state.profile;
    second.orderEstates();
    second.redraw();
  };

  // ---- the panel ------------------------------------------------------------------------------------------
  ws.scenarioChoice = function (state) {
    const data = state.data, words = data.words, list = data.scenarios;
    if (!list || !list.length) return null;
    const names = [words.asItIs].concat(list.map(function (one) { return one.name; }));
    const choice = ws.choice(words.scenario, names, state.scenario + 1, function (i) { ws.showScenario(state, i - 1); });
    choice.classList.add("ws-scenario");
    const button = ws.el("button", "ws-beside-button", words.beside);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () { ws.beside(state, !state.second); });
    return ws.el("div", "ws-scenario-box", "", [choice, button, ws.el("div", "ws-scenario-said")]);
  };

  ws.refreshScenario = function (state) {
    const box = document.querySelector(".ws-scenario-said");
    if (!box) return;
    const one = state.scenario < 0 ? null : state.data.scenarios[state.scenario];
    box.replaceChildren.apply(box, one ? [
      ws.el("ul", "ws-small", "", one.said.map(function (text) { return ws.el("li", "", text); })),
      ws.el("p", "ws-small", state.data.words.scenarioNote),
    ] : []);
  };

  // What is different of a venue in the scenario that is shown, in words; "" where nothing is.
  ws.venueChange = function (state, venue) {
    const one = state.scenario >= 0 && state.data.scenarios ? state.data.scenarios[state.scenario] : null;
    return (one && one.changed[venue]) || "";
  };
})(window.walkshed = window.walkshed || {});
