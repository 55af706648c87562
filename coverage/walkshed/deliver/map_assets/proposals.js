// Where to build next: the proposed sites and their runners-up, who gains by each, and the map before and after.
(function (ws) {
  "use strict";

  const TOUCH_PX = 8;
  const SAID_AT_ONCE = 3;

  function rowsOf(state) {
    const rows = [];
    const data = state.data.proposals;
    if (!data) return rows;
    const places = ws.proposalPlaces(state);
    // Runners-up first, so that the chosen ones lie on top.
    data.role.forEach(function (role, i) { if (role !== "chosen" && !Number.isNaN(places.x[i])) rows.push(i); });
    data.role.forEach(function (role, i) { if (role === "chosen" && !Number.isNaN(places.x[i])) rows.push(i); });
    return rows;
  }

  // Unpacked anew when everything has to be shifted.
  ws.proposalPlaces = function (state) {
    const data = state.data.proposals;
    if (!state.cache.proposals) state.cache.proposals = ws.unpackPlaces(data.located, data.points);
    return state.cache.proposals;
  };

  ws.proposalRadius = function (zoom) { return Math.round(2 * Math.max(6.5, Math.min(13, 9.5 + (zoom - 14) * 1.1))) / 2; };

  // A chosen site: a drop with its turn in it. A gate: a doorway. A runner-up: a hollow drop.
  ws.drawProposal = function (pencil, radius, role, source, step, colours) {
    const chosen = role === "chosen";
    pencil.lineJoin = "round";
    pencil.beginPath();
    if (source === "gate") {
      pencil.rect(-radius * 0.85, -radius, radius * 1.7, radius * 2);
    } else {
      pencil.arc(0, 0, radius, 0.82 * Math.PI, 0.18 * Math.PI);
      pencil.lineTo(0, radius * 1.75);
      pencil.closePath();
    }
    pencil.lineWidth = 4;
    pencil.strokeStyle = "rgba(255,255,255,.95)";
    pencil.stroke();
    pencil.fillStyle = chosen ? colours.ink : "#fff";
    pencil.fill();
    pencil.lineWidth = chosen ? 1 : 1.8;
    pencil.strokeStyle = chosen ? "#000" : colours.ink;
    if (!chosen) pencil.setLineDash([2.4, 2]);
    pencil.stroke();
    pencil.setLineDash([]);
    if (!chosen || step === null) return;
    pencil.fillStyle = "#fff";
    pencil.font = "700 " + Math.round(radius * 1.25) + "px system-ui, sans-serif";
    pencil.textAlign = "center";
    pencil.textBaseline = "middle";
    pencil.fillText(String(step), 0, radius * 0.06);
  };

  ws.proposalsLayer = function (state) {
    return new ws.Canvas("proposals", function (pencil, view) {
      const data = state.data.proposals;
      if (!data) return;
      const places = ws.proposalPlaces(state), radius = ws.proposalRadius(view.zoom);
      rowsOf(state).forEach(function (i) {
        const px = places.x[i] * view.scale - view.left, py = places.y[i] * view.scale - view.top;
        pencil.save();
        // The drop's point is the place.
        pencil.translate(px, py - (data.source[i] === "gate" ? 0 : 1.75 * radius));
        ws.drawProposal(pencil, radius, data.role[i], data.source[i], data.step[i], state.data.colours);
        pencil.restore();
      });
    });
  };

  // The site under the pointer, or -1.
  ws.proposalAt = function (state, at) {
    const data = state.data.proposals;
    if (!data || !state.shown("proposals")) return -1;
    const map = state.map, places = ws.proposalPlaces(state), rows = rowsOf(state), radius = ws.proposalRadius(map.getZoom());
    const scale = map.options.crs.scale(map.getZoom()), origin = map.getPixelOrigin();
    const point = map.containerPointToLayerPoint(at);
    for (let n = rows.length - 1; n >= 0; n--) {
      const i = rows[n], lift = data.source[i] === "gate" ? 0 : radius;
      const dx = places.x[i] * scale - origin.x - point.x, dy = places.y[i] * scale - origin.y - lift - point.y;
      if (Math.sqrt(dx * dx + dy * dy) <= radius + TOUCH_PX) return i;
    }
    return -1;
  };

  ws.gainedOf = function (state, site) {
    return state.data.proposals.gained[site].filter(function (estate) { return !Number.isNaN(state.estatePlaces.x[estate]); });
  };

  ws.proposalCard = function (state, site) {
    const data = state.data.proposals, words = state.data.words;
    const head = data.role[site] !== "chosen" ? words.runnerUp : words.proposedOne + (data.step[site] ? " · " + data.step[site] : "");
    const kinds = [data.kind[site], data.place[site]].filter(Boolean).join(" · ");
    return [
      ws.el("div", "ws-name", data.name[site]),
      kinds ? ws.el("div", "ws-place", kinds) : null,
      ws.el("div", "ws-status ws-status-other", head),
    ].concat(data.facts[site].map(function (pair) {
      return ws.el("div", "ws-fact", "", [ws.el("span", "ws-fact-label", pair[0]), ws.el("span", "ws-fact-value", pair[1])]);
    }));
  };

  // The name of a venue of the study, or of a proposed one, which are numbered behind them.
  ws.venueName = function (state, venue) {
    const names = state.data.venues.name, words = state.data.words;
    if (venue < names.length) return names[venue] || words.noName;
    return state.data.proposals.name[venue - names.length] || words.noName;
  };

  // ---- before and after --------------------------------------------------------------------------------
  // What the page shows is swapped as a whole, so that dots, counts, lists and cards all speak of the same.
  ws.showAfter = function (state, on) {
    const data = state.data, proposals = data.proposals;
    if (!proposals || !proposals.after || on === Boolean(state.after)) return;
    if (on && state.scenario >= 0) ws.showScenario(state, -1);
    if (!state.now) state.now = { results: data.results, walks: data.walks, summary: data.summary };
    state.after = on;
    data.results = on ? proposals.after : state.now.results;
    // Walks and catchments are those of the venues that are there now.
    data.walks = on ? null : state.now.walks;
    data.summary = on && proposals.summary ? proposals.summary : state.now.summary;
    state.switchLayer("catchments", !on);
    if (!state.afterBadge) {
      state.afterBadge = ws.el("div", "ws-badge ws-badge-after", data.words.afterNow);
      state.afterBadge.setAttribute("role", "status");
      state.map.getContainer().appendChild(state.afterBadge);
    }
    state.afterBadge.hidden = !on;
    state.choose(state.scale, state.profile);
  };

  function symbol(state, role, source, step) {
    return ws.stamp(24, function (pencil) {
      pencil.translate(0, source === "gate" ? 0 : -3);
      ws.drawProposal(pencil, 7, role, source, step, state.data.colours);
    });
  }

  // The section of the legend: what the signs mean, the answer in sentences, before and after.
  ws.proposalsSection = function (state, section, row) {
    const data = state.data.proposals, words = state.data.words;
    if (!data) return null;
    const has = function (test) { return data.role.some(function (role, i) { return test(role, data.source[i]); }); };
    const rows = [];
    if (has(function (role, source) { return role === "chosen" && source !== "gate"; })) rows.push(row(symbol(state, "chosen", "room", 1), words.proposed));
    if (has(function (role, source) { return role === "chosen" && source === "gate"; })) rows.push(row(symbol(state, "chosen", "gate", 1), words.proposedGate));
    if (has(function (role) { return role === "runner_up"; })) rows.push(row(symbol(state, "runner_up", "room", null), words.runnerUp));
    const list = function (texts) { return ws.el("ul", "ws-small ws-proposal-said", "", texts.map(function (text) { return ws.el("li", "", text); })); };
    const parts = rows.concat([
      list(data.said.slice(0, SAID_AT_ONCE)),
      data.said.length <= SAID_AT_ONCE ? null
        : ws.el("details", "ws-proposal-more", "", [ws.el("summary", "ws-small", words.moreSaid), list(data.said.slice(SAID_AT_ONCE))]),
    ]);
    if (data.after) {
      const choice = ws.choice(words.beforeAfter, [words.before, words.after], state.after ? 1 : 0, function (i) { ws.showAfter(state, i === 1); });
      choice.classList.add("ws-before-after");
      parts.unshift(choice);
    }
    return section(state, "proposals", words.proposals, parts);
  };
})(window.walkshed = window.walkshed || {});
