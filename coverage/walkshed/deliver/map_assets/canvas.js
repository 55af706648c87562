// One canvas over the map, drawn anew when the map has moved, a little larger than what is seen.
(function (ws) {
  "use strict";

  const MARGIN = 0.3;
  const EARTH_M = 40075016.686;

  ws.sharpness = function () { return ws.printing ? 3 : Math.min(window.devicePixelRatio || 1, 2); };

  ws.Canvas = L.Renderer.extend({
    initialize: function (name, draw) {
      L.Renderer.prototype.initialize.call(this, { pane: "ws-" + name });
      this._name = name;
      this._draw = draw;
      this.redraws = [];
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.className = "ws-canvas ws-canvas-" + this._name;
      this._pencil = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._pencil;
    },

    getEvents: function () {
      const events = L.Renderer.prototype.getEvents.call(this);
      events.move = this._onMove;
      return events;
    },

    // While the map is dragged the canvas travels with it; draw only when its margin is used up.
    _onMove: function () {
      const map = this._map;
      if (map._animatingZoom || map.getZoom() !== this._zoom) return;
      const corner = map.containerPointToLayerPoint([0, 0]);
      if (!this._bounds.contains(L.bounds(corner, corner.add(map.getSize())))) this._update();
    },

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      // A canvas that reaches beyond the paper would be moved to the next sheet.
      this.options.padding = ws.printing ? 0 : MARGIN;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize(), sharp = ws.sharpness();
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = sharp * size.x;
      this._container.height = sharp * size.y;
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      this.redraw();
    },

    drawOn: function (pencil, view) { this._draw(pencil, view); },

    redraw: function () {
      if (!this._map || !this._pencil) return;
      const began = performance.now(), size = this._bounds.getSize(), sharp = ws.sharpness();
      this._pencil.setTransform(sharp, 0, 0, sharp, 0, 0);
      this._pencil.clearRect(0, 0, size.x, size.y);
      this._draw(this._pencil, this._view(size));
      this.redraws.push(performance.now() - began);
      if (this.redraws.length > 50) this.redraws.shift();
    },

    // How the world lies on the canvas: x on it is x in the world * scale - left.
    _view: function (size) {
      const map = this._map, zoom = map.getZoom(), scale = map.options.crs.scale(zoom);
      const origin = map.getPixelOrigin().add(this._bounds.min);
      return {
        size: size,
        zoom: zoom,
        scale: scale,
        left: origin.x,
        top: origin.y,
        box: [origin.x / scale, origin.y / scale, (origin.x + size.x) / scale, (origin.y + size.y) / scale],
        metresPerPixel: EARTH_M * Math.cos(map.getCenter().lat * Math.PI / 180) / scale,
      };
    },
  });

  ws.meets = function (a, b) { return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1]; };

  // A small picture drawn once and stamped often, or, sharper, a symbol of the legend.
  ws.stamp = function (size, draw, sharpness) {
    const picture = document.createElement("canvas"), sharp = sharpness || 3;
    picture.width = picture.height = Math.ceil(size * sharp);
    picture.style.width = picture.style.height = size + "px";
    const pencil = picture.getContext("2d");
    pencil.scale(sharp, sharp);
    pencil.translate(size / 2, size / 2);
    draw(pencil);
    return picture;
  };
})(window.walkshed = window.walkshed || {});
