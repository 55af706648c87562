// The card that says what is under the pointer. All text goes in as text, none as HTML.
(function (ws) {
  "use strict";

  // An element with a class, text and children. There is no other way here to put words on the page.
  ws.el = function (tag, name, text, children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined && text !== null && text !== "") element.textContent = text;
    (children || []).forEach(function (child) { if (child) element.appendChild(child); });
    return element;
  };

  ws.number = function (value, digits) {
    return value.toLocaleString("en-US", { minimumFractionDigits: digits || 0, maximumFractionDigits: digits || 0 });
  };

  function fact(label, value) {
    return ws.el("div", "ws-fact", "", [ws.el("span", "ws-fact-label", label), ws.el("span", "ws-fact-value", value)]);
  }

  // A walk of 5.02 minutes must not read "5.0" beside "not within 5": where rounding would cross a limit, say more.
  function measured(state, value, unit, digits) {
    const scale = state.data.scales[state.scale], rounded = Number(value.toFixed(digits));
    const crosses = scale.unit === unit && scale.limits.some(function (limit) { return (value <= limit) !== (rounded <= limit); });
    return ws.number(value, crosses ? digits + 1 : digits);
  }

  ws.walked = function (state, estate) {
    const result = state.result();
    return length(state, result.min[estate], result.m[estate]);
  };

  function length(state, min, m) {
    const words = state.data.words;
    if (min === null && m === null) return null;
    const parts = [];
    if (min !== null) parts.push(measured(state, min, "min", 1) + " " + words.minutes);
    if (m !== null) parts.push(measured(state, m, "m", 0) + " " + words.metres);
    return parts.join(" · ");
  }

  function ifOpen(state, estate) {
    const walk = ws.ifGatesWereOpen(state, estate);
    return walk ? ws.el("div", "ws-fact ws-if-open", "", [
      ws.el("span", "ws-fact-label", state.data.words.gatesOpen), ws.el("span", "ws-fact-value", length(state, walk.min, walk.m)),
    ]) : null;
  }

  // One line for each standard: the mark, the standard, and the reason in words.
  function verdictLines(state, estate) {
    const scale = state.data.scales[state.scale];
    return scale.cuts.map(function (cut, step) {
      const verdict = state.data.verdicts[state.result().verdicts[step][estate]];
      const mark = { covered: "✓", uncovered: "✗", unknown: "?" }[verdict.status] || "?";
      const said = verdict.words + (verdict.reason ? (state.chinese ? "：" : ": ") + verdict.reason : "");
      return ws.el("div", "ws-verdict ws-" + verdict.status, "", [
        ws.el("span", "ws-mark", mark), ws.el("span", "ws-cut", cut), ws.el("span", "ws-said", said),
      ]);
    });
  }

  function people(state, estate) {
    const words = state.data.words, estates = state.data.estates, parts = [];
    const joined = function (count, word) { return ws.number(count) + " " + word; };
    if (estates.households[estate] !== null) parts.push(joined(estates.households[estate], words.households));
    if (estates.over60[estate] !== null) parts.push(state.chinese ? words.over60 + " " + ws.number(estates.over60[estate]) + " 人"
      : joined(estates.over60[estate], words.over60));
    return parts.join(" · ");
  }

  ws.estateCard = function (state, estate) {
    const words = state.data.words, estates = state.data.estates, venue = state.result().venue[estate];
    const place = estates.places[estates.place[estate]], walked = ws.walked(state, estate), count = people(state, estate);
    return [
      ws.el("div", "ws-name", estates.name[estate] || estates.id[estate] || words.noName),
      place ? ws.el("div", "ws-place", place) : null,
      count ? ws.el("div", "ws-place", count) : null,
      walked ? ws.el("div", "ws-walk", walked) : ws.el("div", "ws-walk ws-nowalk", words.noValue),
      venue >= 0 ? fact(words.nearest, ws.venueName(state, venue)) : null,
      ifOpen(state, estate),
    ].concat(verdictLines(state, estate));
  };

  function withinTable(state, venue) {
    const words = state.data.words, scale = state.data.scales[state.scale];
    const within = state.data.venues.within[state.scale][state.profile];
    const columns = [["estates", words.estatesHead], ["households", words.householdsHead], ["aged_60_plus", words.over60]]
      .filter(function (column) { return within[column[0]] && within[column[0]].some(function (row) { return row[venue] !== null; }); });
    if (!columns.length) return null;
    const head = ws.el("tr", "", "", [ws.el("th", "", words.within)].concat(columns.map(function (column) { return ws.el("th", "", column[1]); })));
    const rows = scale.cuts.map(function (cut, step) {
      return ws.el("tr", "", "", [ws.el("td", "", cut)].concat(columns.map(function (column) {
        const count = within[column[0]][step][venue];
        return ws.el("td", "", count === null ? "–" : ws.number(count));
      })));
    });
    return ws.el("table", "ws-within", "", [head].concat(rows));
  }

  ws.venueCard = function (state, venue) {
    const words = state.data.words, venues = state.data.venues, status = venues.status[venue];
    const sorts = [venues.kind[venue], venues.tier[venue], venues.place[venue]].filter(Boolean).join(" · ");
    const area = venues.floorArea[venue], reason = venues.reasons[state.scale][state.profile][venue];
    return [
      ws.el("div", "ws-name", venues.name[venue] || words.noName),
      sorts ? ws.el("div", "ws-place", sorts) : null,
      ws.el("div", "ws-status ws-status-" + (status === "open" ? "open" : "other"), state.data.venueStatuses[status] || status),
      ws.venueChange(state, venue) ? ws.el("div", "ws-place ws-changed", ws.venueChange(state, venue)) : null,
      reason ? ws.el("div", "ws-place", reason) : null,
      area !== null ? fact(words.floorArea, ws.number(area) + " " + words.squareMetres) : null,
      venues.opens[venue] ? fact(words.opens, venues.opens[venue]) : null,
      withinTable(state, venue),
    ];
  };

  // The card follows the pointer; a click keeps it, and on a narrow screen it stands at the foot of the map.
  ws.Card = function (state) {
    const close = ws.el("button", "ws-close", "×"), body = ws.el("div", "ws-card-body");
    close.type = "button";
    close.setAttribute("aria-label", state.data.words.close);
    const box = ws.el("div", "ws-card", "", [close, body]);
    box.hidden = true;
    box.setAttribute("role", "status");
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const card = { box: box, pinned: false };

    const stand = function (at) {
      const size = state.map.getSize(), gap = 16;
      const left = at.x + gap + box.offsetWidth <= size.x ? at.x + gap : at.x - gap - box.offsetWidth;
      box.style.left = Math.max(6, Math.min(left, size.x - box.offsetWidth - 6)) + "px";
      box.style.top = Math.max(6, Math.min(at.y - 20, size.y - box.offsetHeight - 6)) + "px";
    };

    card.show = function (found, at, pinned) {
      body.replaceChildren.apply(body, (found.type === "venue" ? ws.venueCard(state, found.i) : found.type === "proposal" ? ws.proposalCard(state, found.i)
        : ws.estateCard(state, found.i)).filter(Boolean));
      card.pinned = pinned;
      box.classList.toggle("ws-pinned", pinned);
      box.hidden = false;
      stand(at);
    };

    // A card that was kept goes with what it speaks of.
    card.follow = function () {
      if (box.hidden || !card.pinned || !state.pointed) return;
      const at = state.pointOf(state.pointed);
      if (at) stand(at);
    };

    card.hide = function () { box.hidden = true; card.pinned = false; };
    close.addEventListener("click", function () { state.release(); });
    return card;
  };
})(window.walkshed = window.walkshed || {});
