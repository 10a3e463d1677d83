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
function data() {
  held = held || JSON.parse(document.getElementById("regularize-data").textContent);
  return held;
}

function featureBounds(layer, i) {
  const [west, north, east, south] = layer.box.subarray(i * 4, i * 4 + 4);
  const latlng = (x, y) => {
    const lat = (Math.atan(Math.sinh(Math.PI * (1 - y / 128))) * 180) / Math.PI;
    return L.latLng(lat, (x / 256 - 0.5) * 360);
  };
  return L.latLngBounds(latlng(west, south), latlng(east, north));
}

async function start() {
  const page = data();
  const map = window[page.map_id];
  const header = await unpack(page.packed);
  page.layers = header.layers;
  const model = {
    layers: page.layers,
    rows: page.order.map((index) => page.rows[index]),
    fonts: page.fonts,
    ink: page.ink,
    paper: page.paper,
  };
  const home = L.latLngBounds([page.bounds.slice(0, 2), page.bounds.slice(2)]);
  const canvas = new FeatureCanvas(model);
  const popup = L.popup({ maxWidth: 400, minWidth: Math.min(340, window.innerWidth - 90), maxHeight: 420, autoPanPadding: [24, 24] });

  function choose(hit, at) {
    canvas.selected = hit;
    if (!hit.row.on) {
      hit.row.on = true;
      if (hit.row.box) hit.row.box.checked = true;
    }
    const bounds = featureBounds(hit.layer, hit.feature);
    if (!at) map.fitBounds(bounds, { maxZoom: Math.min(19, page.max_zoom), padding: [80, 80], animate: false });
    canvas.redraw();
    popup.setLatLng(at || bounds.getCenter()).setContent(featureCard(hit)).openOn(map);
  }

  const measure = measureTool(map, page, page.ink);
  const tools = element("div", "tools");
  const dialog = { node: null };
  tools.append(button(page.ui.whole, "tool", () => map.fitBounds(home, { animate: false })), measure.toggle);
  if (page.layers.some((layer) => layer.in_table && layer.n)) {
    tools.append(button(page.ui.table, "tool", () => {
      if (!dialog.node) {
        dialog.node = buildTable(page, (hit) => choose(hit));
        document.body.append(dialog.node);
      }
      dialog.node.showModal();
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
  page.searchable = page.layers.some((layer) => layer.columns.some((column) => column.search));
  const panel = buildPanel(page, {
    redraw: () => canvas.redraw(),
    search: buildSearch(page, (hit) => choose(hit)),
    tools,
  });
  document.body.prepend(panel);

  const attribution = L.control.attribution({ prefix: false, position: "bottomright" });
  attribution.addTo(map);
  L.control.zoom({ zoomInTitle: page.ui.zoom_in, zoomOutTitle: page.ui.zoom_out, position: "topright" }).addTo(map);
  northArrow(page.ui.north).addTo(map);
  new ScaleBar({ imperial: false, maxWidth: 160 }).addTo(map);
  map.getContainer().setAttribute("aria-label", page.title);
  map.setMaxZoom(page.max_zoom);
  map.invalidateSize({ animate: false });
  map.fitBounds(home, { animate: false, padding: [12, 12] });
  canvas.addTo(map);

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
