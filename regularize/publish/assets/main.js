// Puts the page together: data block -> panel, canvas, popups, tools.
function northArrow(title) {
  const control = L.control({ position: "topright" });
  control.onAdd = () => {
    const node = element("div", "north");
    node.title = title;
    node.append(element("span", "north-arrow", "▲"), element("span", "", data().ui.north_letter));
    return node;
  };
  return control;
}

// Leaflet's scale bar, with units in the language of the page.
const ScaleBar = L.Control.Scale.extend({
  _updateMetric(longest) {
    const metres = this._getRoundNum(longest);
    const [number, unit] = metres < 1000 ? [metres, data().ui.metre] : [metres / 1000, data().ui.kilometre];
    this._updateScale(this._mScale, `${number} ${unit}`, metres / longest);
  },
});

let held = null;
let shown = null;
// The page's data in the language that is shown.
function data() {
  held = held || JSON.parse(document.getElementById("regularize-data").textContent);
  shown = shown || inLanguage({ ...held, packed: "" }, held.lang);
  return shown;
}

// Another language: the same features under other words; what was switched off stays off.
function speak(header, shapes, lang, before) {
  shown = inLanguage({ ...held, packed: "", lang }, lang);
  shown.layers = inLanguage(header.layers, lang).map((layer, i) => Object.assign(layer, shapes[i], { lang }));
  shown.searchable = shown.layers.some((layer) => layer.columns.some((column) => column.search));
  if (before) shown.rows.forEach((row, i) => { row.on = before.rows[i].on; });
  document.documentElement.lang = lang;
  return shown;
}

function featureBounds(layer, i) {
  const [west, north, east, south] = layer.box.subarray(i * 4, i * 4 + 4);
  const latlng = (x, y) => {
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - y / 128))) * 180) / Math.PI;
    return L.latLng(lat, (x / 256 - 0.5) * 360);
  };
  return L.latLngBounds(latlng(west, south), latlng(east, north));
}

function buildTools(page, map, measure, canvas, home, choose) {
  const tools = element("div", "tools");
  let dialog = null;
  tools.append(button(page.ui.whole, "tool", () => map.fitBounds(home, { animate: false })), measure.toggle);
  if (page.layers.some((layer) => layer.in_table && layer.n)) {
    tools.append(button(page.ui.table, "tool", () => {
      if (!dialog) {
        document.querySelectorAll("dialog").forEach((old) => old.remove());
        dialog = buildTable(page, (hit) => choose(hit));
        document.body.append(dialog);
      }
      dialog.showModal();
    }));
  }
  tools.append(
    button(page.ui.full_screen, "tool", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen();
    }),
    button(page.ui.print, "tool", () => window.print()),
    measure.output,
  );
  return tools;
}

// The picture below the map, decoded before anything is drawn over it.
async function groundPicture(underlay) {
  if (!underlay) return null;
  const probe = new Image();
  probe.src = underlay.source;
  await probe.decode();
  return L.imageOverlay(underlay.source, underlay.bounds, { pane: "tilePane", interactive: false, alt: "" });
}

async function start() {
  const map = window[data().map_id];
  const { header, shapes } = await unpack(held.packed);
  let page = speak(header, shapes, held.lang, null);
  const model = {
    layers: page.layers,
    rows: page.order.map((index) => page.rows[index]),
    fonts: page.fonts,
    ink: page.ink,
    paper: page.paper,
    day: Math.max(0, page.timeline.length - 1),
  };
  const last = model.day;
  const home = L.latLngBounds([page.bounds.slice(0, 2), page.bounds.slice(2)]);
  const canvas = new FeatureCanvas(model);
  const ground = await groundPicture(page.underlay);
  function redraw() {
    if (ground) {
      model.imagery = page.rows[page.underlay.row].on;
      if (model.imagery) ground.addTo(map);
      else ground.remove();
    }
    canvas.redraw();
  }
  const popup = L.popup({ maxWidth: 400, minWidth: Math.min(340, window.innerWidth - 90), maxHeight: 420, autoPanPadding: [24, 24] });

  function choose(hit, at) {
    canvas.selected = hit;
    if (!stands(hit.layer, hit.feature, model.day)) {
      model.day = hit.layer.until[hit.feature] - 1;
      furnish();
    }
    if (!hit.row.on) {
      hit.row.on = true;
      if (hit.row.show) hit.row.show();
    }
    const bounds = featureBounds(hit.layer, hit.feature);
    if (!at) map.fitBounds(bounds, { maxZoom: Math.min(19, page.max_zoom), padding: [80, 80], animate: false });
    canvas.redraw();
    popup.setLatLng(at || bounds.getCenter()).setContent(featureCard(hit)).openOn(map);
  }

  let measure = null;
  let north = null;
  let zoom = null;
  function onDay(day) {
    model.day = day;
    if (day !== last || page.rows.some((row) => row.counted)) countOn(page, day);
    map.closePopup();
    canvas.redraw();
  }
  function furnish() {
    if (measure) measure.stop();
    measure = measureTool(map, page, page.ink);
    const languages = page.languages.filter((lang) => lang !== page.lang).map((lang) => {
      const other = button(page.language_names[lang], "language", () => {
        page = speak(header, shapes, lang, page);
        model.layers = page.layers;
        model.rows = page.order.map((index) => page.rows[index]);
        map.closePopup();
        furnish();
        canvas.redraw();
        map.fire("move"); // the scale bar writes its unit anew
        document.querySelector(".language").focus();
      });
      other.lang = lang;
      return other;
    });
    const panel = buildPanel(page, {
      redraw,
      search: buildSearch(page, (hit) => choose(hit)),
      tools: buildTools(page, map, measure, canvas, home, choose),
      time: timeTool(page, model.day, onDay),
      languages,
    });
    if (zoom) zoom.remove();
    if (north) north.remove();
    zoom = L.control.zoom({ zoomInTitle: page.ui.zoom_in, zoomOutTitle: page.ui.zoom_out, position: "topright" }).addTo(map);
    north = northArrow(page.ui.north).addTo(map);
    const before = document.querySelector(".panel");
    if (before) before.replaceWith(panel);
    else document.body.prepend(panel);
    document.querySelectorAll("dialog").forEach((old) => old.remove());
    if (model.day !== last) countOn(page, model.day);
    map.getContainer().setAttribute("aria-label", page.title);
  }

  const attribution = L.control.attribution({ prefix: false, position: "bottomright" });
  attribution.addTo(map);
  furnish();
  new ScaleBar({ imperial: false, maxWidth: 160 }).addTo(map);
  map.setMaxZoom(page.max_zoom);
  map.invalidateSize({ animate: false });
  map.fitBounds(home, { animate: false, padding: [12, 12] });
  canvas.addTo(map);
  redraw();

  map.on("click", (event) => {
    if (measure.active()) return;
    const hit = canvas.featureAt(event.latlng, 6);
    if (hit) choose(hit, event.latlng);
  });
  map.on("popupclose", () => {
    canvas.selected = null;
    canvas.redraw();
  });
  let waiting = false;
  map.on("mousemove", (event) => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      map.getContainer().classList.toggle("over", Boolean(canvas.featureAt(event.latlng, 6)));
    });
  });

  let seen = null;
  window.addEventListener("beforeprint", () => {
    seen = map.getBounds();
    document.querySelector(".panel").scrollTop = 0; // the sheet begins with the title
    document.documentElement.classList.add("printing");
    map.invalidateSize({ animate: false });
    map.fitBounds(seen, { animate: false });
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    map.invalidateSize({ animate: false });
    if (seen) map.fitBounds(seen, { animate: false });
  });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    performance.mark("drawn");
    document.documentElement.dataset.ready = "yes";
  }));
}

start().catch((error) => {
  document.body.prepend(element("p", "failed", data().ui.failed));
  throw error;
});
