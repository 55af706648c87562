// The map of a review: every place that is in doubt, its candidates by number, streets and estates to judge them by.
(function (ws) {
  "use strict";

  const INK = "#1f2933", STREET = "#b8c0c8", ESTATE = "#9aa5b1", LIST_ZOOM = 17, FINEST = 19;

  function el(tag, name, text, children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    // Names come from tables and servers: they are text, never markup.
    if (text) element.textContent = text;
    (children || []).forEach(function (child) { element.appendChild(child); });
    return element;
  }

  function context(map, data) {
    data.outlines.forEach(function (outline) {
      L.polygon(outline.rings, { color: ESTATE, weight: 1, fillColor: ESTATE, fillOpacity: 0.12, bubblingMouseEvents: true })
        .bindTooltip(el("span", "", outline.name), { sticky: true }).addTo(map);
    });
    data.streets.forEach(function (street) {
      L.polyline(street.line, { color: STREET, weight: 2 }).bindTooltip(el("span", "", street.name), { sticky: true }).addTo(map);
    });
  }

  function numbered(candidate, colour) {
    const badge = el("span", "wr-pin", String(candidate.number));
    badge.style.background = colour;
    return L.marker([candidate.lat, candidate.lon], {
      icon: L.divIcon({ className: "wr-icon", html: badge, iconSize: [22, 22] }), keyboard: true, alt: candidate.place,
    });
  }

  function card(words, place, candidate) {
    const rows = [
      [words.place, candidate.place], [words.source, candidate.source], [words.level, candidate.level],
      [words.community, candidate.community], [words.about, candidate.about],
      [words.at, candidate.lon.toFixed(6) + ", " + candidate.lat.toFixed(6)],
    ].filter(function (row) { return row[1]; });
    return el("div", "wr-card", "", [el("b", "", place.name + " · " + candidate.number)].concat(rows.map(function (row) {
      return el("div", "", "", [el("span", "wr-label", row[0]), el("span", "", row[1])]);
    })));
  }

  function background(map, data, panel) {
    if (!data.tiles.length) return;
    const tiles = data.tiles[0], box = el("input"), label = el("label", "wr-base", "", [box, el("span", "", tiles.name)]);
    const credit = el("div", "wr-small");
    box.type = "checkbox";
    const layer = L.tileLayer(tiles.urls[0], { maxZoom: FINEST, maxNativeZoom: tiles.finest });
    box.addEventListener("change", function () {
      if (box.checked) layer.addTo(map); else map.removeLayer(layer);
      credit.textContent = box.checked ? tiles.credit : "";
    });
    panel.appendChild(label);
    panel.appendChild(credit);
  }

  ws.review = function (map, id) {
    const data = JSON.parse(document.getElementById(id).textContent), words = data.words;
    const panel = el("aside", "wr-panel", "", [el("h1", "", data.title), el("p", "wr-small", words.how)]);
    document.body.insertBefore(panel, document.body.firstChild);
    background(map, data, panel);
    context(map, data);
    const list = el("ol", "wr-list"), shown = L.layerGroup().addTo(map);
    const all = [];
    data.places.forEach(function (place) {
      const pins = place.candidates.map(function (candidate, i) {
        all.push([candidate.lat, candidate.lon]);
        return numbered(candidate, i ? "#6b7280" : data.colours[place.status] || INK)
          .bindPopup(function () { return card(words, place, candidate); })
          .bindTooltip(el("span", "", place.name + " · " + candidate.place)).addTo(map);
      });
      if (place.given) {
        all.push([place.given[1], place.given[0]]);
        pins.push(L.circleMarker([place.given[1], place.given[0]], { radius: 7, color: INK, weight: 3, fillOpacity: 0 })
          .bindTooltip(el("span", "", place.name + " · " + words.given)).addTo(map));
      }
      const button = el("button", "wr-item", "", [
        el("b", "", place.name || place.id), el("span", "wr-status", place.statusName), el("span", "wr-small", place.reason),
      ]);
      button.type = "button";
      button.addEventListener("click", function () {
        const points = place.candidates.map(function (c) { return [c.lat, c.lon]; });
        if (place.given) points.push([place.given[1], place.given[0]]);
        if (!points.length) return;
        map.fitBounds(points, { maxZoom: LIST_ZOOM, padding: [60, 60] });
        shown.clearLayers();
        if (place.outline) L.polygon(place.outline, { color: data.colours[place.status] || INK, weight: 3, fillOpacity: 0.05 }).addTo(shown);
        if (pins.length && pins[0].openPopup && place.candidates.length) pins[0].openPopup();
      });
      list.appendChild(el("li", "", "", [button]));
    });
    if (!data.places.length) panel.appendChild(el("p", "", words.none));
    panel.appendChild(list);
    panel.appendChild(el("p", "wr-small", data.credit));
    if (all.length) map.fitBounds(all, { padding: [40, 40], maxZoom: LIST_ZOOM });
    else if (data.bounds) map.fitBounds(data.bounds);
  };
})(window.walkshed = window.walkshed || {});
