// The panel beside the map: title, choices, legend with a switch for each layer, what is not on the map.
(function (ws) {
  "use strict";

  const LISTED_AT_MOST = 300;
  const NOT_OPEN = ["under_construction", "planned", "closed"];

  ws.choice = function (label, options, chosen, choose) {
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
  };

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

  // ---- catchments: a switch for all, a button for each standard -------------------------------------------
  function reachButtons(state) {
    const scale = state.data.scales[state.scale], paper = state.data.colours.paper;
    return scale.cuts.map(function (cut, step) {
      const swatch = ws.el("span", "ws-swatch"), button = ws.el("button", "ws-reach-button", "", [swatch, ws.el("span", "", cut)]);
      swatch.style.background = ws.tint(state.classColour(step), paper, ws.TINT + 0.1);
      swatch.style.borderColor = ws.tint(state.classColour(step), paper, 0.8);
      button.type = "button";
      button.setAttribute("aria-pressed", String(state.cutShown(step)));
      button.addEventListener("click", function () {
        state.showCut(step, !state.cutShown(step));
        button.setAttribute("aria-pressed", String(state.cutShown(step)));
      });
      return button;
    });
  }

  function reachSection(state) {
    const found = state.data.catchments, words = state.data.words;
    if (!found.merged && !found.own) return null;
    const said = found.leftOut ? words.mergedOnly : found.own ? words.clickVenue : "";
    return section(state, "catchments", words.catchments, [ws.el("div", "ws-reach"), ws.el("div", "ws-small ws-reach-said", said)]);
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

  // Legend, summary, gaps: one at a time. Arrow keys go from tab to tab.
  function tabs(state, panes) {
    const buttons = panes.map(function (pane) {
      const button = ws.el("button", "ws-tab", pane.title);
      button.type = "button";
      button.id = "ws-tab-" + pane.name;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", "ws-pane-" + pane.name);
      pane.box.id = "ws-pane-" + pane.name;
      pane.box.setAttribute("role", "tabpanel");
      pane.box.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", function () { open(pane.name); });
      return button;
    });
    const bar = ws.el("div", "ws-tabs", "", buttons);
    bar.setAttribute("role", "tablist");
    const open = function (name) {
      state.tab = name;
      panes.forEach(function (pane, i) {
        const mine = pane.name === name;
        buttons[i].setAttribute("aria-selected", String(mine));
        buttons[i].tabIndex = mine ? 0 : -1;
        pane.box.classList.toggle("ws-off", !mine);
      });
      if (state.panel) state.panel.refreshTables();
    };
    bar.addEventListener("keydown", function (event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (panes.findIndex(function (pane) { return pane.name === state.tab; }) + step + panes.length) % panes.length;
      open(panes[next].name);
      buttons[next].focus();
    });
    open("legend");
    return bar;
  }

  function legendPane(state, classes) {
    const data = state.data, words = data.words;
    const estates = data.estates.name.length ? section(state, "estates", words.walk, [classes, sizeRow(state)])
      : ws.el("p", "ws-empty", words.none);
    return ws.el("div", "ws-pane", "", [
      ws.proposalsSection(state, section, row),
      estates,
      reachSection(state),
      data.areas.n ? section(state, "areas", words.areas, [], areaSymbol()) : null,
      data.venues.name.length ? section(state, "venues", words.venues, [ws.el("div", "ws-venue-rows", "", venueRows(state))]) : null,
      ws.gatesSection(state, section, row),
      section(state, "streets", words.streets, [], streetSymbol(data.colours.streets)),
      ws.Background(state),
      absent(state),
    ]);
  }

  ws.panel = function (state) {
    const data = state.data, words = data.words;
    const classes = ws.el("div", "ws-classes"), strip = ws.el("div", "ws-strip");
    const more = ws.el("button", "ws-more", words.legend);
    more.type = "button";
    more.setAttribute("aria-expanded", "false");
    const panes = [{ name: "legend", title: words.tabLegend, box: legendPane(state, classes) }];
    if (data.summary) panes.push({ name: "units", title: words.tabUnits, box: ws.el("div", "ws-pane"), fill: ws.unitsPane });
    if (data.estates.name.length) panes.push({ name: "gaps", title: words.tabGaps, box: ws.el("div", "ws-pane"), fill: ws.gapsPane });
    const body = ws.el("div", "ws-legend", "", [
      ws.el("div", "ws-choices", "", [
        ws.scenarioChoice(state),
        ws.choice(words.profile, data.profiles, state.profile, function (i) { state.choose(state.scale, i); }),
        ws.choice(words.standard, data.scales.map(function (scale) { return scale.label; }), state.scale, function (i) { state.choose(i, state.profile); }),
      ]),
      ws.el("p", "ws-chosen"),
      panes.length > 1 ? tabs(state, panes) : null,
    ].concat(panes.map(function (pane) { return pane.box; })));
    const foot = ws.el("div", "ws-foot", "", [strip, more]);
    const panel = ws.el("aside", "ws-panel", "", [header(state), foot, body]);
    panel.open = function (on) {
      panel.classList.toggle("ws-open", on);
      more.setAttribute("aria-expanded", String(on));
      state.map.invalidateSize({ pan: false });
    };
    more.addEventListener("click", function () { panel.open(!panel.classList.contains("ws-open")); });
    panel.refreshTables = function () {
      panes.forEach(function (pane) { if (pane.fill && pane.name === state.tab) pane.box.replaceChildren.apply(pane.box, pane.fill(state)); });
    };
    panel.refreshLegend = function () {
      const venues = panel.querySelector(".ws-venue-rows"), gates = panel.querySelector(".ws-section-gates");
      if (venues) venues.replaceChildren.apply(venues, venueRows(state));
      const other = gates && ws.gatesSection(state, section, row);
      if (other) {
        other.querySelector("input").checked = gates.querySelector("input").checked;
        gates.replaceWith(other);
      }
      ws.refreshScenario(state);
    };
    panel.refreshReach = function () {
      const said = panel.querySelector(".ws-reach-said"), venue = ws.chosenVenue(state);
      if (!said || data.catchments.leftOut) return;
      said.textContent = venue < 0 ? (data.catchments.own ? words.clickVenue : "") : words.catchmentOf + " " + (data.venues.name[venue] || words.noName);
      said.classList.toggle("ws-reach-own", venue >= 0);
    };
    panel.refresh = function () {
      const scale = data.scales[state.scale], reach = panel.querySelector(".ws-reach");
      classes.replaceChildren.apply(classes, classRows(state));
      strip.replaceChildren.apply(strip, scale.classes.map(function (text, klass) {
        return ws.el("span", "ws-chip", "", [estateSymbol(state, klass, 5), ws.el("span", "", text)]);
      }));
      if (reach) reach.replaceChildren.apply(reach, reachButtons(state));
      // On paper the lists to choose from are gone; what was chosen stays.
      const chosen = [state.scenario >= 0 ? data.scenarios[state.scenario].name : "", data.profiles.length > 1 ? data.profiles[state.profile] : "", data.scales.length > 1 ? scale.label : ""];
      panel.querySelector(".ws-chosen").textContent = chosen.filter(Boolean).join(" · ");
      panel.refreshTables();
    };
    return panel;
  };
})(window.walkshed = window.walkshed || {});
