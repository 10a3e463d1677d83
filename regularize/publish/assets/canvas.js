// One canvas for all features. Each row of the legend is one path and one stroke, so that tens of
// thousands of features stay fluent.
const HATCH_CELL = 8;
// Features drawn in one path: many small paths are slow to start, one vast path is slow to fill.
const BATCH = 32;
// Where a name may stand, in its own heights right of and below its place: the nearest first.
const STEPS = Array.from({ length: 11 }, (_, i) => (i - 5) / 2);
const MOVES = STEPS.flatMap((down) => STEPS.map((right) => [right, down])).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

function hatchPattern(context, hatch, colour) {
  const cell = document.createElement("canvas");
  cell.width = HATCH_CELL;
  cell.height = HATCH_CELL;
  const pen = cell.getContext("2d");
  const c = HATCH_CELL;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = 1.4;
  pen.beginPath();
  if (hatch === "dots") {
    pen.arc(c / 2, c / 2, 1.3, 0, 7);
    pen.fill();
  }
  if (hatch === "forward" || hatch === "cross") {
    for (const d of [-c, 0, c]) {
      pen.moveTo(d - 1, c + 1);
      pen.lineTo(d + c + 1, -1);
    }
  }
  if (hatch === "backward" || hatch === "cross") {
    for (const d of [-c, 0, c]) {
      pen.moveTo(d - 1, -1);
      pen.lineTo(d + c + 1, c + 1);
    }
  }
  pen.stroke();
  return context.createPattern(cell, "repeat");
}

// Over a picture of the ground, faces let it through and lines get a casing of paper.
const CASING_PX = 1.6;
const LIGHT = 0.55;

function paint(context, full, closed, pattern, casing) {
  const light = full.fill === casing ? 0 : LIGHT;
  const style = casing ? { ...full, fill_opacity: full.fill_opacity * light } : full;
  if (casing) {
    context.strokeStyle = casing;
    context.lineWidth = style.width_px + CASING_PX;
    context.stroke();
  }
  if (closed && style.fill) {
    context.globalAlpha = style.fill_opacity;
    context.fillStyle = style.fill;
    context.fill("nonzero");
    context.globalAlpha = 1;
  }
  if (closed && pattern) {
    context.fillStyle = pattern;
    context.fill("nonzero");
  }
  context.setLineDash(style.dash_px);
  context.lineWidth = style.width_px;
  context.strokeStyle = style.stroke;
  context.stroke();
  context.setLineDash([]);
}

// Whether a feature stands on the chosen day.
function stands(layer, i, day) {
  return !layer.since || (layer.since[i] <= day && day < layer.until[i]);
}

const FeatureCanvas = L.Renderer.extend({
  // `model`: { layers, rows (in drawing order), ink, paper }; a row names a layer and one of its classes.
  initialize(model) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.25 });
    this._model = model;
    this.selected = null;
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._context = this._container.getContext("2d");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const size = this._bounds.getSize();
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * ratio);
    this._container.height = Math.round(size.y * ratio);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._context.setTransform(ratio, 0, 0, ratio, -this._bounds.min.x * ratio, -this._bounds.min.y * ratio);
    this._draw();
    this.fire("update");
  },

  redraw() {
    if (!this._map) return;
    const b = this._bounds;
    this._context.clearRect(b.min.x, b.min.y, b.max.x - b.min.x, b.max.y - b.min.y);
    this._draw();
  },

  _draw() {
    const scale = 2 ** this._map.getZoom();
    const origin = this._map.getPixelOrigin();
    const b = this._bounds;
    const view = [
      (b.min.x + origin.x) / scale, (b.min.y + origin.y) / scale,
      (b.max.x + origin.x) / scale, (b.max.y + origin.y) / scale,
    ];
    this._place = { scale, x: origin.x, y: origin.y };
    const context = this._context;
    context.lineJoin = "round";
    context.lineCap = "butt";
    for (const row of this._model.rows) {
      if (!row.on || row.shape === "image") continue;
      const layer = this._model.layers[row.layer];
      this._drawRow(layer, row, view);
    }
    if (this.selected) {
      const { layer, feature } = this.selected;
      context.beginPath();
      this._outline(layer, feature);
      context.strokeStyle = this._model.paper;
      context.lineWidth = 7;
      context.stroke();
      context.strokeStyle = this._model.ink;
      context.lineWidth = 3;
      context.stroke();
    }
    this._labels(view);
  },

  // Lines grow thinner where the map is small, so that they never cover what they enclose.
  _thin(style) {
    const centre = this._map.getCenter();
    const pixel = (40075016.686 * Math.cos((centre.lat * Math.PI) / 180)) / (256 * this._place.scale);
    const factor = Math.max(0.4, Math.min(1, 0.8 / pixel));
    if (factor === 1) return style;
    return { ...style, width_px: style.width_px * factor, dash_px: style.dash_px.map((length) => length * factor) };
  },

  // All features of one row that are in the view.
  _drawRow(layer, { cls, style: full }, view) {
    const { box, kind } = layer;
    const style = this._thin(full);
    const pattern = style.hatch === "none" ? null : hatchPattern(this._context, style.hatch, style.stroke);
    const casing = this._model.imagery ? this._model.paper : null;
    let held = 0;
    let closed = false;
    for (let i = 0; i < layer.n; i += 1) {
      if (cls >= 0 && layer.classes[i] !== cls) continue;
      if (!stands(layer, i, this._model.day)) continue;
      const k = i * 4;
      if (box[k] > view[2] || box[k + 2] < view[0] || box[k + 1] > view[3] || box[k + 3] < view[1]) continue;
      if (!held) this._context.beginPath();
      this._outline(layer, i);
      held += 1;
      closed = closed || kind[i] !== 1;
      if (held === BATCH) {
        paint(this._context, style, closed, pattern, casing);
        held = 0;
      }
    }
    if (held) paint(this._context, style, closed, pattern, casing);
  },

  _outline(layer, i) {
    const context = this._context;
    const { scale, x: ox, y: oy } = this._place;
    const { points, firstPoint, firstRing, kind } = layer;
    for (let ring = firstRing[i]; ring < firstRing[i + 1]; ring += 1) {
      const start = firstPoint[ring];
      const end = firstPoint[ring + 1];
      let x = points[start] * scale - ox;
      let y = points[start + 1] * scale - oy;
      if (kind[i] === 0) {
        for (let p = start; p < end; p += 2) {
          x = points[p] * scale - ox;
          y = points[p + 1] * scale - oy;
          context.moveTo(x + 3, y);
          context.arc(x, y, 3, 0, 7);
        }
        continue;
      }
      context.moveTo(x, y);
      for (let p = start + 2; p < end; p += 2) {
        const nextX = points[p] * scale - ox;
        const nextY = points[p + 1] * scale - oy;
        // Steps below half a pixel are not seen, but the last vertex always stands.
        if (Math.abs(nextX - x) + Math.abs(nextY - y) < 0.5 && p < end - 2) continue;
        x = nextX;
        y = nextY;
        context.lineTo(x, y);
      }
      if (kind[i] === 2) context.closePath();
    }
  },

  // Labels stand only where they fit and never on one another.
  _labels(view) {
    const context = this._context;
    const { scale, x: ox, y: oy } = this._place;
    const taken = [];
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    // Counts are what a map is looked at for: they take their place before other labels.
    const counts = (row) => this._model.layers[row.layer].label_font === "count";
    const rows = [...this._model.rows].reverse();
    for (const row of [...rows.filter(counts), ...rows.filter((r) => !counts(r))]) {
      const layer = this._model.layers[row.layer];
      if (!row.on || !layer.labels) continue;
      const font = this._model.fonts[layer.label_font];
      context.font = font.font;
      for (const label of layer.labels) {
        const [i, text, lon, lat, angle, room] = label;
        if (row.cls >= 0 && layer.classes[i] !== row.cls) continue;
        if (!stands(layer, i, this._model.day)) continue;
        const wx = worldX(lon);
        const wy = worldY(lat);
        if (wx < view[0] || wx > view[2] || wy < view[1] || wy > view[3]) continue;
        const lines = text.split("\n");
        const width = Math.max(...lines.map((line) => context.measureText(line).width));
        const height = lines.length * font.size * 1.25;
        const metre = (256 * scale) / (40075016.686 * Math.cos((lat * Math.PI) / 180));
        if (width + 4 > room * metre) continue;
        let x = wx * scale - ox;
        let y = wy * scale - oy;
        const turn = (-angle * Math.PI) / 180;
        const halfX = (Math.abs(Math.cos(turn)) * width + Math.abs(Math.sin(turn)) * height) / 2 + 2;
        const halfY = (Math.abs(Math.sin(turn)) * width + Math.abs(Math.cos(turn)) * height) / 2 + 2;
        // A name may move within its face; what stands along a line, or is a count, may not.
        const within = (m) => Math.hypot(...m) * height < (room * metre) / 3;
        const moves = angle || layer.label_font !== "place" ? [[0, 0]] : MOVES.filter((m) => !(m[0] || m[1]) || within(m));
        const free = (right, down) => !taken.some((t) => Math.abs(t[0] - x - right) < t[2] + halfX && Math.abs(t[1] - y - down) < t[3] + halfY);
        const move = moves.find((m) => free(m[0] * height, m[1] * height));
        if (move === undefined) continue;
        x += move[0] * height;
        y += move[1] * height;
        taken.push([x, y, halfX, halfY]);
        context.save();
        context.translate(x, y);
        context.rotate(turn);
        context.strokeStyle = this._model.paper;
        context.lineWidth = 3.5;
        context.fillStyle = font.colour;
        lines.forEach((line, i) => {
          const down = (i - (lines.length - 1) / 2) * font.size * 1.25;
          context.strokeText(line, 0, down);
          context.fillText(line, 0, down);
        });
        context.restore();
      }
    }
  },

  // The topmost feature at a place, or null. Lines and points are caught within some pixels.
  featureAt(latlng, reachPx) {
    const scale = 2 ** this._map.getZoom();
    const x = worldX(latlng.lng);
    const y = worldY(latlng.lat);
    const reach = reachPx / scale;
    const rows = [...this._model.rows].reverse();
    const wide = (row) => this._model.layers[row.layer].behind;
    for (const row of [...rows.filter((r) => !wide(r)), ...rows.filter(wide)]) {
      const layer = this._model.layers[row.layer];
      if (!row.on || !layer.columns.length) continue;
      let best = null;
      for (let i = layer.n - 1; i >= 0; i -= 1) {
        if (row.cls >= 0 && layer.classes[i] !== row.cls) continue;
        if (!stands(layer, i, this._model.day)) continue;
        const k = i * 4;
        const { box } = layer;
        if (x < box[k] - reach || x > box[k + 2] + reach || y < box[k + 1] - reach || y > box[k + 3] + reach) continue;
        const span = (box[k + 2] - box[k]) * (box[k + 3] - box[k + 1]);
        if ((best === null || span < best.span) && touches(layer, i, x, y, reach)) best = { i, span };
      }
      if (best) return { layer, feature: best.i, row };
    }
    return null;
  },
});

function touches(layer, i, x, y, reach) {
  const { points, firstPoint, firstRing, kind } = layer;
  let inside = false;
  for (let ring = firstRing[i]; ring < firstRing[i + 1]; ring += 1) {
    const start = firstPoint[ring];
    const end = firstPoint[ring + 1];
    for (let p = start; p < end; p += 2) {
      let q = p + 2;
      if (q >= end) {
        if (kind[i] === 1) break;
        q = start;
      }
      const [ax, ay, bx, by] = [points[p], points[p + 1], points[q], points[q + 1]];
      if (kind[i] === 2) {
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      } else {
        const length = (bx - ax) ** 2 + (by - ay) ** 2;
        const share = length ? Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
        if (Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y) <= reach) return true;
      }
    }
  }
  return inside;
}
