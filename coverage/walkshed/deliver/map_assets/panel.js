// The panel beside the map: title, choices, legend with a switch for each layer, what is not on the map.
(function (ws) {
  "use strict";

  const LISTED_AT_MOST = 300;
  const NOT_OPEN = ["under_construction", "planned", "closed"];

  function choice(label, options, chosen, choose) {
    if (options.length < 2) return null;
    const select = ws.el("select", "ws-select");
    options.forEach(function (text, i) {
      const option = ws.el("option", "", text);
      option.value = i;
      select.appendChild(option);
    });
    select.value = chosen;
    select.addEventListener("change", function () { choose(Number(select.value)); });
    return ws.el("label", "ws-choice", "", [ws.el("span", "", label), select]);
  }

  // A heading of the legend that switches its layer on and off.
  function section(state, name, title, children, symbol) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.id = "ws-layer-" + name;
    box.addEventListener("change", function () { state.toggle(name, box.checked); });
    const label = ws.el("label", "ws-layer", "", [box, ws.el("span", "", title), symbol]);
    return ws.el("section", "ws-section ws-section-" + name, "", [label].concat(children));
  }

  function row(symbol, text, count) {
    const picture = ws.el("span", "ws-symbol", "", [symbol]);
    return ws.el("div", "ws-row", "", [picture, ws.el("span", "ws-label", text), count ? ws.el("span", "ws-count", count) : null]);
  }

  function estateSymbol(state, klass, radius) {
    return ws.stamp(20, function (pencil) { ws.drawEstate(pencil, radius || 7, state.classColour(klass), klass < 0); });
  }

  function streetSymbol(colours) {
    return ws.stamp(20, function (pencil) {
      [[colours[0], 3, -5], [colours[1], 2, 0.5], [colours[3], 1.2, 5]].forEach(function (line) {
        pencil.strokeStyle = line[0];
        pencil.lineWidth = line[1];
        pencil.beginPath();
        pencil.moveTo(-9, line[2]);
        pencil.lineTo(9, line[2]);
        pencil.stroke();
      });
    });
  }

  function areaSymbol() {
    return ws.stamp(20, function (pencil) {
      pencil.strokeStyle = "#8f959e";
      pencil.fillStyle = "#eceef0";
      pencil.beginPath();
      [[-8, -4], [5, -7], [8, 5], [-4, 7]].forEach(function (corner) { pencil.lineTo(corner[0], corner[1]); });
      pencil.closePath();
      pencil.fill();
      pencil.stroke();
    });
  }

  // How many estates and households each class holds, what is not on the map included.
  function classRows(state) {
    const scale = state.data.scales[state.scale], classes = state.result()["class"], households = state.data.estates.households;
    const counts = new Map();
    classes.forEach(function (klass, estate) {
      const sum = counts.get(klass) || { estates: 0, households: 0 };
      sum.estates += 1;
      sum.households += households[estate] || 0;
      counts.set(klass, sum);
    });
    const known = households.some(function (value) { return value !== null; });
    const line = function (klass, text) {
      const sum = counts.get(klass) || { estates: 0, households: 0 };
      const said = ws.number(sum.estates) + (known ? " · " + ws.number(sum.households) : "");
      const made = row(estateSymbol(state, klass), text, said);
      made.dataset.klass = klass;
      return made;
    };
    const rows = scale.classes.map(function (text, klass) { return line(klass, text); });
    if (counts.get(-1)) rows.push(line(-1, state.data.words.unknown));
    const head = ws.el("div", "ws-row-head", known ? state.data.words.countedHere : state.data.words.estates);
    return [head].concat(rows);
  }

  function sizeRow(state) {
    if (!state.data.estates.households.some(function (value) { return value !== null; })) return null;
    const symbol = ws.stamp(20, function (pencil) {
      pencil.strokeStyle = "#6b7280";
      pencil.lineWidth = 1;
      [[-5.5, 3], [4, 5.5]].forEach(function (circle) {
        pencil.beginPath();
        pencil.arc(circle[0], 0, circle[1], 0, 2 * Math.PI);
        pencil.stroke();
      });
    });
    return row(symbol, state.data.words.size);
  }

  function venueRows(state) {
    const data = state.data, venues = data.venues, rows = [];
    const symbol = function (shape, status) {
      return ws.stamp(22, function (pencil) { ws.drawVenue(pencil, 6, shape, status, data.colours); });
    };
    state.kinds.forEach(function (kind) { rows.push(row(symbol(kind.shape, "open"), kind.label, ws.number(kind.count))); });
    NOT_OPEN.forEach(function (status) {
      const count = venues.drawn.filter(function (found) { return found === status; }).length;
      if (count) rows.push(row(symbol(state.kinds[0].shape, status), data.venueStatuses[status], ws.number(count)));
    });
    return rows;
  }

  function absent(state) {
    const words = state.data.words, lost = [];
    const look = function (table, label) {
      for (let i = 0; i < table.located.length; i++) if (table.located[i] !== "1") lost.push([label, table.name[i] || (table.id && table.id[i]) || words.noName]);
    };
    look(state.data.venues, words.venues);
    look(state.data.estates, words.estates);
    if (!lost.length) return null;
    const items = lost.slice(0, LISTED_AT_MOST).map(function (pair) {
      return ws.el("li", "", "", [ws.el("span", "ws-muted", pair[0] + " "), ws.el("span", "ws-isolated", pair[1])]);
    });
    if (lost.length > LISTED_AT_MOST) items.push(ws.el("li", "ws-muted", "… " + words.more + " " + ws.number(lost.length - LISTED_AT_MOST)));
    return ws.el("details", "ws-absent", "", [
      ws.el("summary", "", words.notOnMap + (state.chinese ? "：" : ": ") + ws.number(lost.length)), ws.el("ul", "", "", items),
    ]);
  }

  function header(state) {
    const title = state.data.title, words = state.data.words;
    return ws.el("header", "ws-head", "", [
      ws.el("h1", "ws-title", title.name || words.noName),
      title.note ? ws.el("div", "ws-note", title.note) : null,
      title.headline ? ws.el("p", "ws-headline", title.headline) : null,
      ws.el("p", "ws-date", words.date + (state.chinese ? "：" : ": ") + title.date),
    ]);
  }

  ws.panel = function (state) {
    const data = state.data, words = data.words;
    const classes = ws.el("div", "ws-classes"), strip = ws.el("div", "ws-strip");
    const more = ws.el("button", "ws-more", words.legend);
    more.type = "button";
    more.setAttribute("aria-expanded", "false");
    const estates = data.estates.name.length ? section(state, "estates", words.walk, [classes, sizeRow(state)])
      : ws.el("p", "ws-empty", words.none);
    const body = ws.el("div", "ws-legend", "", [
      ws.el("div", "ws-choices", "", [
        choice(words.profile, data.profiles, state.profile, function (i) { state.choose(state.scale, i); }),
        choice(words.standard, data.scales.map(function (scale) { return scale.label; }), state.scale, function (i) { state.choose(i, state.profile); }),
      ]),
      ws.el("p", "ws-chosen"),
      estates,
      data.areas.n ? section(state, "areas", words.areas, [], areaSymbol()) : null,
      data.venues.name.length ? section(state, "venues", words.venues, venueRows(state)) : null,
      section(state, "streets", words.streets, [], streetSymbol(data.colours.streets)),
      absent(state),
    ]);
    const foot = ws.el("div", "ws-foot", "", [strip, more]);
    const panel = ws.el("aside", "ws-panel", "", [header(state), foot, body]);
    more.addEventListener("click", function () {
      const open = panel.classList.toggle("ws-open");
      more.setAttribute("aria-expanded", String(open));
      state.map.invalidateSize({ pan: false });
    });
    panel.refresh = function () {
      const scale = data.scales[state.scale];
      classes.replaceChildren.apply(classes, classRows(state));
      strip.replaceChildren.apply(strip, scale.classes.map(function (text, klass) {
        return ws.el("span", "ws-chip", "", [estateSymbol(state, klass, 5), ws.el("span", "", text)]);
      }));
      // On paper the lists to choose from are gone; what was chosen stays.
      const chosen = [data.profiles.length > 1 ? data.profiles[state.profile] : "", data.scales.length > 1 ? scale.label : ""];
      panel.querySelector(".ws-chosen").textContent = chosen.filter(Boolean).join(" · ");
    };
    return panel;
  };
})(window.walkshed = window.walkshed || {});
