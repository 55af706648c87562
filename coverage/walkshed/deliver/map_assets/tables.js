// The two lists beside the map: communities with what they lack, and the estates that lack it most.
(function (ws) {
  "use strict";

  const ROWS_AT_MOST = 400, GAPS_AT_A_TIME = 60;

  function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, function (whole, key) { return key in values ? values[key] : whole; });
  }

  // Buttons for the standards of the scale: one is looked at.
  function cutButtons(state) {
    return ws.el("div", "ws-cuts", "", state.data.scales[state.scale].cuts.map(function (cut, step) {
      const button = ws.el("button", "ws-cut-button", cut);
      button.type = "button";
      button.setAttribute("aria-pressed", String(step === state.step));
      button.addEventListener("click", function () {
        state.step = step;
        state.panel.refreshTables();
      });
      return button;
    }));
  }

  // ---- communities ----------------------------------------------------------------------------------------
  // How a unit's households divide: nearest standard first, then beyond all, then unknown.
  function bar(state, numbers, unit) {
    const total = numbers.total[unit], steps = numbers.covered.length, parts = [];
    let before = 0;
    for (let step = 0; step < steps; step++) {
      const share = Math.max(0, numbers.covered[step][unit] - before);
      before += share;
      parts.push([share, state.classColour(step)]);
    }
    parts.push([numbers.uncovered[steps - 1][unit], state.classColour(steps)]);
    const strip = ws.el("div", "ws-bar");
    parts.forEach(function (part) {
      if (!(part[0] > 0) || !(total > 0)) return;
      const piece = ws.el("span", "ws-bar-part");
      piece.style.width = 100 * part[0] / total + "%";
      piece.style.background = part[1];
      strip.appendChild(piece);
    });
    return strip;
  }

  const COLUMNS = [
    { key: "name", word: "unit" },
    { key: "gap", word: "gapHead" },
    { key: "covered", word: "coveredHead" },
    { key: "share", word: "shareHead" },
  ];

  function unitRows(state, numbers, level) {
    const step = state.step;
    return level.units.map(function (name, unit) {
      const total = numbers.total[unit], covered = numbers.covered[step][unit];
      return { unit: unit, name: name, total: total, gap: numbers.uncovered[step][unit], covered: covered, share: total > 0 ? covered / total : null };
    });
  }

  function sorted(rows, sort) {
    const value = function (row) { return row[sort.key] === null ? (sort.down ? -Infinity : Infinity) : row[sort.key]; };
    return rows.slice().sort(function (a, b) {
      const order = sort.key === "name" ? a.name.localeCompare(b.name, "zh-CN") : value(a) - value(b);
      return (sort.down ? -order : order) || a.unit - b.unit;
    });
  }

  function percent(share) { return share === null ? "–" : ws.number(100 * share, share > 0.995 && share < 1 ? 1 : 0) + "%"; }

  function cells(row) {
    return [
      ws.el("td", "ws-num ws-gap", ws.number(row.gap)),
      ws.el("td", "ws-num", "", [ws.el("span", "", ws.number(row.covered)), ws.el("span", "ws-muted", " / " + ws.number(row.total))]),
      ws.el("td", "ws-num", percent(row.share)),
    ];
  }

  function unitLine(state, numbers, number, row) {
    const button = ws.el("button", "ws-unit", "", [ws.el("span", "ws-isolated", row.name), bar(state, numbers, row.unit)]);
    button.type = "button";
    button.addEventListener("click", function () { state.showUnit(number, row.unit); });
    return ws.el("tr", "", "", [ws.el("td", "", "", [button])].concat(cells(row)));
  }

  function head(state) {
    return ws.el("tr", "", "", COLUMNS.map(function (column) {
      const button = ws.el("button", "ws-sort", column.key === "name" ? state.data.summary.levels[state.level].name : state.data.words[column.word]);
      const mine = state.sort.key === column.key, cell = ws.el("th", column.key === "name" ? "" : "ws-num", "", [button]);
      button.type = "button";
      cell.setAttribute("aria-sort", mine ? (state.sort.down ? "descending" : "ascending") : "none");
      cell.setAttribute("scope", "col");
      button.addEventListener("click", function () {
        // Worst first on the first click: large gaps, small shares.
        state.sort = { key: column.key, down: mine ? !state.sort.down : column.key === "gap" || column.key === "covered" };
        state.panel.refreshTables();
      });
      return cell;
    }));
  }

  ws.unitsPane = function (state) {
    const summary = state.data.summary, words = state.data.words;
    const level = summary.levels[state.level], numbers = summary.results[state.scale][state.profile][state.level];
    const whole = summary.results[state.scale][state.profile][0], rows = sorted(unitRows(state, numbers, level), state.sort);
    const total = unitRows(state, whole, summary.levels[0])[0];
    const foot = ws.el("tr", "ws-total", "", [ws.el("td", "", "", [ws.el("span", "", total.name), bar(state, whole, 0)])].concat(cells(total)));
    const lines = rows.slice(0, ROWS_AT_MOST).map(function (row) { return unitLine(state, numbers, state.level, row); });
    const choose = summary.levels.length > 2 ? ws.choice(words.level, summary.levels.slice(1).map(function (one) { return one.name; }), state.level - 1, function (i) {
      state.level = i + 1;
      state.panel.refreshTables();
    }) : null;
    return [
      cutButtons(state),
      choose,
      ws.el("table", "ws-units", "", [
        ws.el("thead", "", "", [head(state)]),
        ws.el("tbody", "", "", (state.level ? [foot] : []).concat(lines)),
      ]),
      rows.length > ROWS_AT_MOST ? ws.el("p", "ws-small", "… " + words.more + " " + ws.number(rows.length - ROWS_AT_MOST)) : null,
      ws.el("p", "ws-small", filled(words.unitsNote, { measure: summary.measure })),
    ].filter(Boolean);
  };

  // ---- gaps -------------------------------------------------------------------------------------------------
  // Households × distance; who reaches no venue at all is taken to be as far as the farthest who does.
  ws.gaps = function (state) {
    const result = state.result(), letters = result.verdicts[state.step], verdicts = state.data.verdicts;
    const households = state.data.estates.households, known = households.some(function (value) { return value !== null; });
    let farthest = 0, unknown = 0;
    const rows = [];
    result.m.forEach(function (metres) { if (metres > farthest) farthest = metres; });
    for (let estate = 0; estate < letters.length; estate++) {
      const status = verdicts[letters[estate]].status;
      if (status === "unknown") unknown++;
      if (status !== "uncovered") continue;
      const metres = result.m[estate] === null ? farthest || 1 : result.m[estate];
      rows.push({ estate: estate, metres: metres, weight: (known ? households[estate] || 0 : 1) * metres });
    }
    rows.sort(function (a, b) { return b.weight - a.weight || b.metres - a.metres || a.estate - b.estate; });
    return { rows: rows, unknown: unknown, known: known };
  };

  function gapLine(state, row) {
    const words = state.data.words, estates = state.data.estates, estate = row.estate, homes = estates.households[estate];
    const dot = ws.stamp(16, function (pencil) { ws.drawEstate(pencil, 5, state.colourOf(estate), state.classOf(estate) < 0); });
    const button = ws.el("button", "ws-gap-row", "", [
      dot,
      ws.el("span", "ws-gap-name", "", [
        ws.el("span", "ws-isolated", estates.name[estate] || estates.id[estate] || words.noName),
        ws.el("span", "ws-gap-place ws-isolated", estates.places[estates.place[estate]]),
      ]),
      ws.el("span", "ws-gap-facts", "", [
        ws.el("span", "", homes === null ? "" : ws.number(homes) + " " + words.households),
        ws.el("span", "ws-gap-place", ws.walked(state, estate) || words.outOfReach),
      ]),
    ]);
    button.type = "button";
    button.addEventListener("click", function () { state.jump("estate", estate); });
    return ws.el("li", "", "", [button]);
  }

  ws.gapsPane = function (state) {
    const words = state.data.words, found = ws.gaps(state), list = ws.el("ol", "ws-gaps"), more = ws.el("button", "ws-show-more", words.showMore);
    const cut = state.data.scales[state.scale].cuts[state.step];
    let shown = 0;
    const grow = function () {
      found.rows.slice(shown, shown + GAPS_AT_A_TIME).forEach(function (row) { list.appendChild(gapLine(state, row)); });
      shown = Math.min(shown + GAPS_AT_A_TIME, found.rows.length);
      more.hidden = shown >= found.rows.length;
    };
    more.type = "button";
    more.addEventListener("click", grow);
    grow();
    return [
      cutButtons(state),
      ws.el("p", "ws-small", found.rows.length ? filled(found.known ? words.gapsNote : words.gapsNoteDistance, { cut: cut, measure: words.householdsHead }) : words.gapsNone),
      list,
      more,
      found.unknown ? ws.el("p", "ws-small", filled(words.gapsUnknown, { n: ws.number(found.unknown) })) : null,
    ].filter(Boolean);
  };
})(window.walkshed = window.walkshed || {});
