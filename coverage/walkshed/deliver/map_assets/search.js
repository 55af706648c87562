// Finding an estate or a venue by a part of its name; usable with the keyboard alone.
(function (ws) {
  "use strict";

  const LISTED_AT_MOST = 12;

  // Full-width letters and capitals are the same to somebody who searches.
  function folded(text) { return text.normalize("NFKC").toLowerCase(); }

  function entries(state) {
    const data = state.data, list = [];
    const take = function (type, names, ids) {
      names.forEach(function (name, i) { list.push({ type: type, i: i, folded: folded(name || (ids && ids[i]) || "") }); });
    };
    take("venue", data.venues.name);
    take("estate", data.estates.name, data.estates.id);
    return list;
  }

  // Names that begin with the text come first, then the others, each in the tables' order; of many estates
  // and many venues half the list each.
  ws.searched = function (state, text) {
    const asked = folded(text.trim()), found = { venue: [[], []], estate: [[], []] };
    if (!asked) return { hits: [], count: 0 };
    state.cache.entries = state.cache.entries || entries(state);
    let count = 0;
    state.cache.entries.forEach(function (entry) {
      const at = entry.folded.indexOf(asked);
      if (at < 0) return;
      count++;
      found[entry.type][at ? 1 : 0].push(entry);
    });
    const venues = found.venue[0].concat(found.venue[1]), estates = found.estate[0].concat(found.estate[1]), half = LISTED_AT_MOST / 2;
    const shown = venues.slice(0, Math.max(half, LISTED_AT_MOST - estates.length));
    return { hits: shown.concat(estates.slice(0, LISTED_AT_MOST - shown.length)), count: count };
  };

  function option(state, hit, number) {
    const data = state.data, words = data.words, venue = hit.type === "venue", table = venue ? data.venues : data.estates;
    const place = venue ? data.venues.place[hit.i] : data.estates.places[data.estates.place[hit.i]];
    const aside = [words[hit.type], place, table.located[hit.i] === "1" ? "" : words.notPlaced].filter(Boolean).join(" · ");
    const made = ws.el("li", "ws-hit ws-hit-" + hit.type, "", [
      ws.el("span", "ws-hit-name", table.name[hit.i] || (table.id && table.id[hit.i]) || words.noName), ws.el("span", "ws-hit-aside", aside),
    ]);
    made.id = "ws-hit-" + number;
    made.setAttribute("role", "option");
    return made;
  }

  ws.Search = function (state) {
    const words = state.data.words, input = ws.el("input", "ws-search-input"), list = ws.el("ul", "ws-hits"), said = ws.el("div", "ws-search-said");
    const box = ws.el("div", "ws-search", "", [input, list, said]);
    let hits = [], at = -1;
    input.type = "search";
    input.placeholder = words.search;
    input.autocomplete = "off";
    input.spellcheck = false;
    [["role", "combobox"], ["aria-label", words.search], ["aria-controls", "ws-hits"], ["aria-expanded", "false"], ["aria-autocomplete", "list"]]
      .forEach(function (pair) { input.setAttribute(pair[0], pair[1]); });
    list.id = "ws-hits";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.search);
    said.setAttribute("role", "status");
    list.hidden = said.hidden = true;
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);

    const mark = function (number) {
      at = number;
      Array.from(list.children).forEach(function (made, i) {
        made.setAttribute("aria-selected", String(i === at));
        if (i === at) made.scrollIntoView({ block: "nearest" });
      });
      if (at < 0) input.removeAttribute("aria-activedescendant"); else input.setAttribute("aria-activedescendant", "ws-hit-" + at);
    };
    const close = function () {
      hits = [];
      list.replaceChildren();
      list.hidden = said.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    };
    const look = function () {
      const found = ws.searched(state, input.value);
      close();
      if (!input.value.trim()) return;
      hits = found.hits;
      list.replaceChildren.apply(list, hits.map(function (hit, i) { return option(state, hit, i); }));
      list.hidden = !hits.length;
      said.hidden = found.count > 0 && found.count <= hits.length;
      said.textContent = found.count ? ws.number(found.count) + " " + words.found : words.foundNone;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      mark(hits.length ? 0 : -1);
    };
    const go = function (number) {
      const hit = hits[number];
      if (!hit) return;
      close();
      state.jump(hit.type, hit.i);
    };
    input.addEventListener("input", look);
    input.addEventListener("focus", look);
    input.addEventListener("keydown", function (event) {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && hits.length) mark((at + step + hits.length) % hits.length);
      else if (event.key === "Enter") go(at);
      else if (event.key === "Escape" && (hits.length || input.value)) { input.value = ""; close(); }
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    list.addEventListener("mousedown", function (event) { event.preventDefault(); });
    list.addEventListener("click", function (event) {
      const made = event.target.closest(".ws-hit");
      if (made) go(Array.from(list.children).indexOf(made));
    });
    box.addEventListener("focusout", function (event) { if (!box.contains(event.relatedTarget)) close(); });
    document.addEventListener("keydown", function (event) {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test((document.activeElement || {}).tagName || "");
      if (event.key === "/" && !typing) { event.preventDefault(); input.focus(); }
    });
    return box;
  };
})(window.walkshed = window.walkshed || {});
