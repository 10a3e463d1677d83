// Distance and area by clicking. Lengths are taken on the ellipsoid (WGS 84) around the first point,
// so that a hundred metres are a hundred metres to the centimetre.
function localMetres(origin, latlng) {
  const phi = (origin.lat * Math.PI) / 180;
  const a = 6378137;
  const e2 = 0.00669437999014;
  const w = Math.sqrt(1 - e2 * Math.sin(phi) ** 2);
  const degree = Math.PI / 180;
  return [
    (a / w) * Math.cos(phi) * (latlng.lng - origin.lng) * degree,
    ((a * (1 - e2)) / w ** 3) * (latlng.lat - origin.lat) * degree,
  ];
}

function measured(latlngs) {
  const points = latlngs.map((latlng) => localMetres(latlngs[0], latlng));
  let length = 0;
  let doubled = 0;
  points.forEach((point, i) => {
    const after = points[(i + 1) % points.length];
    if (i + 1 < points.length) length += Math.hypot(after[0] - point[0], after[1] - point[1]);
    doubled += point[0] * after[1] - after[0] * point[1];
  });
  return { length, area: Math.abs(doubled) / 2 };
}

function measureTool(map, data, colour) {
  let latlngs = null;
  const line = L.polyline([], { color: colour, weight: 3, dashArray: "6 4", interactive: false });
  const face = L.polygon([], { stroke: false, fillColor: colour, fillOpacity: 0.15, interactive: false });
  const output = element("output", "measured");
  const number = (n, digits) => n.toLocaleString(data.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  function show() {
    line.setLatLngs(latlngs);
    face.setLatLngs(latlngs.length > 2 ? latlngs : []);
    const { length, area } = measured(latlngs.length ? latlngs : [L.latLng(0, 0)]);
    output.textContent = latlngs.length < 2 ? data.ui.measure_hint : `${number(length, 1)} ${data.ui.metre}`;
    if (latlngs.length > 2) output.textContent += ` · ${number(area, 0)} ${data.ui.square_metre}`;
  }
  const toggle = button(data.ui.measure, "tool", () => {
    latlngs = latlngs ? null : [];
    toggle.setAttribute("aria-pressed", String(Boolean(latlngs)));
    map.getContainer().classList.toggle("measuring", Boolean(latlngs));
    if (latlngs) {
      line.addTo(map);
      face.addTo(map);
      show();
    } else {
      line.remove();
      face.remove();
      output.textContent = "";
    }
  });
  toggle.setAttribute("aria-pressed", "false");
  function add(event) {
    if (!latlngs) return;
    latlngs.push(event.latlng);
    show();
  }
  map.on("click", add);
  function stop() {
    if (latlngs) toggle.click();
    map.off("click", add);
  }
  return { toggle, output, stop, active: () => Boolean(latlngs) };
}
