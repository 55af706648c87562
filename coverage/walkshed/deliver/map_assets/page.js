// Puts the page together: reads the data, makes the layers and the panel, answers pointer, keys and printer.
(function (ws) {
  "use strict";

  const PANES = ["catchments", "streets", "areas", "walks", "gates", "estates", "venues", "proposals", "rings", "paper"];
  const VENUE_ORDER = { closed: 0, planned: 1, under_construction: 2, open: 3 };
  const TOUCH_PX = 7;
  const CLOSEST_FIT = 16, CLOSEST_JUMP = 16.5;

  function makeState(map, data) {
    const state = {
      map: map, data: data, scale: 0, profile: 0, pointed: null, scenario: -1,
      // Of the lists: the standard looked at, the level (0 is the total) and the order.
      step: 0, level: data.summary && data.summary.levels.length > 1 ? 1 : 0, sort: { key: "gap", down: true }, tab: "legend",
      chinese: data.language === "zh",
      hiddenCuts: new Set(),
    };
    state.result = function () { return data.results[state.scale][state.profile]; };
    state.classOf = function (estate) { return state.result()["class"][estate]; };
    state.classColour = function (klass) { return klass < 0 ? data.colours.unknown : data.scales[state.scale].colours[klass]; };
    state.colourOf = function (estate) { return state.classColour(state.classOf(estate)); };
    state.estatesNearest = function (venue) {
      return state.drawOrder.filter(function (estate) { return state.result().venue[estate] === venue; });
    };
    state.estatesOf = function (level, unit) {
      const cache = state.cache.units;
      if (!cache.has(level)) cache.set(level, ws.unpackRising(data.summary.levels[level].of));
      const units = cache.get(level);
      return state.drawOrder.filter(function (estate) { return units[estate] === unit; });
    };
    state.cutShown = function (step) { return !state.hiddenCuts.has(state.scale + "," + step); };
    state.place = function () { place(state); };
    state.unpack = function () { unpack(state); };
    state.orderEstates = function () { sortEstates(state); };
    unpack(state);
    return state;
  }

  // From the data block to what is drawn; done anew when everything has to be shifted.
  function unpack(state) {
    state.streets = ws.unpackStreets(state.data.streets);
    place(state);
  }

  // Estates and venues, which a scenario may swap.
  function place(state) {
    const data = state.data, venues = data.venues;
    state.estatePlaces = ws.unpackPlaces(data.estates.located, data.estates.points);
    state.estateSize = sizes(data.estates.households);
    state.venuePlaces = ws.unpackPlaces(data.venues.located, data.venues.points);
    state.venueOrder = rowsWithPlace(state.venuePlaces)
      .sort(function (a, b) { return (VENUE_ORDER[venues.drawn[a]] || 0) - (VENUE_ORDER[venues.drawn[b]] || 0) || a - b; });
    nameKinds(state);
    state.areas = ws.unpackAreas(data.areas);
    state.cache = { catchments: new Map(), walks: new Map(), units: new Map() };
  }

  function rowsWithPlace(places) {
    return Array.from(places.x.keys()).filter(function (i) { return !Number.isNaN(places.x[i]); });
  }

  // Circles grow with the root of the households, so that their areas compare; the middle estate has size 1.
  function sizes(households) {
    const known = households.filter(function (value) { return value > 0; }).sort(function (a, b) { return a - b; });
    const middle = known.length ? known[known.length >> 1] : 1;
    return households.map(function (value) {
      return value === null || !known.length ? 1 : Math.max(0.65, Math.min(1.9, Math.sqrt(value / middle)));
    });
  }

  // The commonest kinds get a shape each, the rest share the last one.
  function nameKinds(state) {
    const counts = new Map();
    const venues = state.data.venues;
    // Those that are not open yet are counted by their status below.
    venues.kind.forEach(function (kind, i) { counts.set(kind, (counts.get(kind) || 0) + (venues.drawn[i] === "open" ? 1 : 0)); });
    const words = state.data.words, last = ws.SHAPES.length - 1, shapes = new Map();
    const sorted = Array.from(counts).sort(function (a, b) { return b[1] - a[1]; });
    state.kinds = [];
    sorted.forEach(function (pair, i) {
      const shared = i >= last && sorted.length > ws.SHAPES.length;
      shapes.set(pair[0], ws.SHAPES[Math.min(i, last)]);
      if (shared && i > last) { state.kinds[last].count += pair[1]; return; }
      state.kinds.push({ shape: ws.SHAPES[i], count: pair[1], label: shared ? words.othersKind : pair[0] || words.noKind });
    });
    state.shapeOf = function (venue) { return shapes.get(state.data.venues.kind[venue]); };
  }

  // The longer the walk the later it is drawn, so that gaps lie on top; what is unknown lies just below them.
  function sortEstates(state) {
    const classes = state.result()["class"], last = state.data.scales[state.scale].cuts.length;
    const height = function (estate) { return classes[estate] < 0 ? last - 0.5 : classes[estate]; };
    state.drawOrder = rowsWithPlace(state.estatePlaces).sort(function (a, b) {
      return height(a) - height(b) || state.estateSize[b] - state.estateSize[a] || a - b;
    });
  }

  ws.makeState = makeState;
  ws.makeLayers = makeLayers;

  function makeLayers(state) {
    PANES.forEach(function (name, i) {
      const pane = state.map.createPane("ws-" + name);
      pane.style.zIndex = 400 + i;
      pane.style.pointerEvents = "none";
    });
    state.layers = {
      catchments: ws.catchmentsLayer(state),
      streets: ws.streetsLayer(state),
      areas: ws.areasLayer(state),
      walks: ws.walksLayer(state),
      gates: ws.gatesLayer(state),
      estates: ws.estatesLayer(state),
      venues: ws.venuesLayer(state),
      proposals: ws.proposalsLayer(state),
      rings: ws.ringsLayer(state),
    };
    state.redraw = function () { Object.values(state.layers).forEach(function (layer) { layer.redraw(); }); };
    state.shown = function (name) { return state.map.hasLayer(state.layers[name]); };
  }

  // ---- what is under the pointer ------------------------------------------------------------------------
  function nearestOf(state, rows, places, at, reach) {
    const scale = state.map.options.crs.scale(state.map.getZoom());
    const origin = state.map.getPixelOrigin(), point = state.map.containerPointToLayerPoint(at);
    const left = origin.x + point.x, top = origin.y + point.y;
    let best = -1, shortest = Infinity;
    for (let n = rows.length - 1; n >= 0; n--) {
      const dx = places.x[rows[n]] * scale - left, dy = places.y[rows[n]] * scale - top;
      const distance = Math.sqrt(dx * dx + dy * dy) - reach(rows[n]);
      if (distance < shortest) { shortest = distance; best = rows[n]; }
    }
    return shortest <= TOUCH_PX ? best : -1;
  }

  ws.find = function (state, at) {
    const zoom = state.map.getZoom(), site = ws.proposalAt(state, at);
    if (site >= 0) return { type: "proposal", i: site };
    let i = state.shown("venues") ? nearestOf(state, state.venueOrder, state.venuePlaces, at, function () { return ws.venueRadius(zoom) - 3; }) : -1;
    if (i >= 0) return { type: "venue", i: i };
    i = state.shown("estates") ? nearestOf(state, state.drawOrder, state.estatePlaces, at, function (row) { return ws.estateRadius(state, row, zoom) - 4; }) : -1;
    if (i < 0 && state.shown("areas")) {
      const place = state.map.containerPointToLatLng(at);
      i = ws.areaAt(state.areas, ws.worldX(place.lng), ws.worldY(place.lat));
    }
    return i >= 0 ? { type: "estate", i: i } : null;
  };

  function answerPointer(state) {
    const map = state.map, card = state.card;
    let waiting = null, venueShown = -1;
    const point = function (found) {
      const was = state.pointed, same = (was && found && was.type === found.type && was.i === found.i && was.level === found.level) || (!was && !found);
      state.pointed = found;
      if (!same) {
        state.layers.walks.redraw();
        state.layers.rings.redraw();
      }
      map.getContainer().classList.toggle("ws-on-something", Boolean(found));
      const venue = ws.chosenVenue(state);
      if (venue === venueShown) return;
      venueShown = venue;
      state.layers.catchments.redraw();
      state.panel.refreshReach();
    };
    state.release = function () { card.hide(); point(null); };
    state.pin = function (found, at) {
      card.show(found, at, true);
      point(found);
    };
    state.pointAt = point;
    const loose = function () { return !card.pinned && !(state.pointed && state.pointed.type === "unit"); };
    map.on("mousemove", function (event) {
      if (card.pinned) return;
      if (waiting === null) requestAnimationFrame(function () {
        const at = waiting;
        waiting = null;
        if (card.pinned || !at) return;
        const found = ws.find(state, at);
        if (!found && !loose()) return;
        point(found);
        if (found) card.show(found, at, false); else card.hide();
      });
      waiting = event.containerPoint;
    });
    map.on("mouseout", function () { if (loose()) state.release(); });
    map.on("movestart zoomstart", function () { if (loose()) state.release(); else if (!card.pinned) card.hide(); });
    map.on("move zoomend", function () { if (!map._animatingZoom) card.follow(); });
    map.on("click", function (event) {
      const found = ws.find(state, event.containerPoint);
      if (found) state.pin(found, event.containerPoint); else state.release();
    });
    document.addEventListener("keydown", function (event) { if (event.key === "Escape") state.release(); });
  }

  // ---- going somewhere ---------------------------------------------------------------------------------------
  function boundsOf(points) {
    const box = ws.boxOf(points, 0, points.length / 2);
    return L.latLngBounds([ws.latitude(box[3]), box[0] * 360 - 180], [ws.latitude(box[1]), box[2] * 360 - 180]);
  }

  function makeJumps(state) {
    const map = state.map;
    const placesOf = function (type) { return type === "venue" ? state.venuePlaces : type === "proposal" ? ws.proposalPlaces(state) : state.estatePlaces; };
    state.pointOf = function (found) {
      const places = placesOf(found.type);
      if (found.type === "unit" || Number.isNaN(places.x[found.i])) return null;
      return map.latLngToContainerPoint([ws.latitude(places.y[found.i]), places.x[found.i] * 360 - 180]);
    };
    const show = function (points) {
      // On a phone the list gives way to the map, and the card stands at its foot.
      const narrow = document.documentElement.classList.contains("ws-narrow");
      if (narrow) state.panel.open(false);
      const room = map.getSize(), pad = Math.min(90, room.x / 8, room.y / 6);
      map.fitBounds(boundsOf(points), {
        paddingTopLeft: [pad, pad], paddingBottomRight: [pad, narrow ? Math.min(240, 0.45 * room.y) : pad], maxZoom: CLOSEST_JUMP, animate: false,
      });
    };
    // An estate with its whole walk, a venue with all the walks to it; then the card.
    state.jump = function (type, i) {
      const found = { type: type, i: i }, places = placesOf(type), room = map.getSize();
      state.release();
      if (Number.isNaN(places.x[i])) { state.pin(found, room.divideBy(2)); return; }
      const points = [places.x[i], places.y[i]];
      (type === "venue" ? state.estatesNearest(i) : [i]).forEach(function (estate) {
        ws.walkOf(state, estate).forEach(function (value) { points.push(value); });
      });
      if (type === "venue") ws.ownBoxes(state, i).forEach(function (box) { points.push.apply(points, box); });
      show(points);
      state.pin(found, state.pointOf(found));
    };
    state.showUnit = function (level, unit) {
      const points = [];
      state.release();
      state.estatesOf(level, unit).forEach(function (estate) { points.push(state.estatePlaces.x[estate], state.estatePlaces.y[estate]); });
      if (points.length) show(points);
      state.pointAt({ type: "unit", level: level, i: unit });
    };
  }

  // ---- controls on the map ---------------------------------------------------------------------------------
  function addControls(state) {
    const map = state.map, words = state.data.words;
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(map);
    const Fit = L.Control.extend({
      options: { position: "topleft" },
      onAdd: function () {
        const button = ws.el("button", "ws-fit", words.fit);
        button.type = "button";
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", function () { state.fit(); });
        return button;
      },
    });
    map.addControl(new Fit());
    const credits = ws.el("div", "ws-credits", state.data.credits.join(" · "));
    const Credits = L.Control.extend({ options: { position: "bottomright" }, onAdd: function () { return credits; } });
    map.addControl(new Credits());
    state.credit = function (more) { credits.textContent = [more].concat(state.data.credits).filter(Boolean).join(" · "); };
    const search = ws.Search(state), Finder = L.Control.extend({ options: { position: "topright" }, onAdd: function () { return search; } });
    map.addControl(new Finder());
    state.badge = ws.el("div", "ws-badge");
    state.badge.hidden = true;
    state.badge.setAttribute("role", "status");
    map.getContainer().appendChild(state.badge);
    state.fit = function () {
      const box = state.data.bounds, small = map.getSize().x < 500;
      const bounds = box && box.map(function (corner) { return ws.placed(corner[1], corner[0]).reverse(); });
      if (bounds) map.fitBounds(bounds, { padding: small ? [14, 14] : [40, 40], maxZoom: CLOSEST_FIT, animate: false });
    };
  }

  // ---- paper ------------------------------------------------------------------------------------------
  // The map takes the paper's size and comes back afterwards. Browsers print a canvas as the strokes on it,
  // with a white sheet below: so on paper all layers share one canvas.
  function answerPrinter(state) {
    const map = state.map, names = Object.keys(state.layers);
    let hidden = [], before = null;
    const paper = new ws.Canvas("paper", function (pencil, view) {
      pencil.fillStyle = state.data.colours.paper;
      pencil.fillRect(0, 0, view.size.x, view.size.y);
      hidden.forEach(function (name) { state.layers[name].drawOn(pencil, view); });
    });
    window.addEventListener("beforeprint", function () {
      if (ws.printing) return;
      before = { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
      hidden = names.filter(state.shown);
      hidden.forEach(function (name) { map.removeLayer(state.layers[name]); });
      ws.printing = true;
      state.fold();
      document.documentElement.classList.add("ws-printing");
      map.invalidateSize({ animate: false, pan: false });
      map.fitBounds(before.bounds, { animate: false });
      map.addLayer(paper);
    });
    window.addEventListener("afterprint", function () {
      if (!ws.printing) return;
      ws.printing = false;
      map.removeLayer(paper);
      document.documentElement.classList.remove("ws-printing");
      state.fold();
      map.invalidateSize({ animate: false, pan: false });
      map.setView(before.centre, before.zoom, { animate: false });
      hidden.forEach(function (name) { map.addLayer(state.layers[name]); });
    });
  }

  ws.show = function (map, id) {
    const data = JSON.parse(document.getElementById(id).textContent);
    const state = makeState(map, data);
    ws.state = state;
    map.getContainer().style.background = data.colours.paper;
    sortEstates(state);
    makeLayers(state);
    state.card = ws.Card(state);
    map.getContainer().appendChild(state.card.box);
    state.toggle = function (name, on) {
      if (on) map.addLayer(state.layers[name]); else map.removeLayer(state.layers[name]);
      if (name === "estates" || name === "venues" || name === "areas" || name === "proposals") state.release();
    };
    // As if its switch in the legend were used.
    state.switchLayer = function (name, on) {
      const box = document.getElementById("ws-layer-" + name);
      if (!box || box.checked === on) return;
      box.checked = on;
      state.toggle(name, on);
    };
    state.showCut = function (step, on) {
      const key = state.scale + "," + step;
      if (on) state.hiddenCuts.delete(key); else state.hiddenCuts.add(key);
      state.layers.catchments.redraw();
    };
    // Draw everything where a shifted background has it, or back; what is in the middle stays there.
    state.shift = function (on) {
      const centre = map.getCenter(), plain = ws.shifted ? ws.fromGcj(centre.lng, centre.lat) : [centre.lng, centre.lat];
      ws.shifted = on;
      unpack(state);
      if (state.second) { unpack(state.second); state.second.redraw(); }
      map.setView(ws.placed(plain[0], plain[1]).reverse(), map.getZoom(), { animate: false });
      state.redraw();
      state.card.follow();
    };
    state.choose = function (scale, profile) {
      state.scale = scale;
      state.profile = profile;
      state.step = Math.min(state.step, data.scales[scale].cuts.length - 1);
      sortEstates(state);
      state.release();
      state.redraw();
      state.panel.refresh();
      ws.chooseBeside(state);
    };
    // Title above and legend below the map where there is no room beside it.
    const narrow = window.matchMedia("(max-width: 760px)");
    state.fold = function () { document.documentElement.classList.toggle("ws-narrow", narrow.matches && !ws.printing); };
    narrow.addEventListener("change", state.fold);
    state.fold();
    makeJumps(state);
    state.panel = ws.panel(state);
    document.body.insertBefore(state.panel, document.body.firstChild);
    state.panel.refresh();
    addControls(state);
    answerPointer(state);
    answerPrinter(state);
    map.invalidateSize({ animate: false, pan: false });
    state.fit();
    Object.values(state.layers).forEach(function (layer) { map.addLayer(layer); });
    new ResizeObserver(function () { if (!ws.printing) map.invalidateSize({ pan: false }); }).observe(map.getContainer());
    document.documentElement.classList.add("ws-ready");
  };
})(window.walkshed = window.walkshed || {});
