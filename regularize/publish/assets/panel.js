// The panel beside the map. Every text goes in by textContent; nothing here builds HTML from text.
function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

// Text from data: isolated, so that marks of direction in it cannot turn what stands beside it.
function value(tag, className, text) {
  const node = element(tag, className, text);
  node.dir = "auto";
  node.classList.add("value");
  return node;
}

function swatch(style, kind) {
  const canvas = element("canvas", "swatch");
  canvas.width = 56;
  canvas.height = 36;
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.beginPath();
  if (kind === "line") {
    context.moveTo(1, 9);
    context.lineTo(27, 9);
  } else context.rect(2.5, 2.5, 23, 13);
  const pattern = style.hatch === "none" ? null : hatchPattern(context, style.hatch, style.stroke);
  paint(context, { ...style, width_px: Math.min(style.width_px, 4) }, kind !== "line", pattern);
  return canvas;
}

function button(text, className, action) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", action);
  return node;
}

function folded(title, className, open) {
  const details = element("details", className);
  details.open = open;
  details.append(element("summary", "", title));
  return details;
}

function pairs(lines) {
  const list = element("dl", "pairs");
  for (const [term, text] of lines) {
    list.append(value("dt", "", term), value("dd", "", text));
  }
  return list;
}

function legendRow(row, onToggle) {
  const item = element("li", "row");
  const label = element("label");
  const box = element("input");
  box.type = "checkbox";
  box.checked = row.on;
  box.addEventListener("change", () => {
    row.on = box.checked;
    onToggle();
  });
  label.append(box, swatch(row.style, row.shape), value("span", "row-label", row.label));
  if (row.count !== null) {
    row.counted = element("span", "row-count", row.count);
    label.append(row.counted);
  }
  item.append(label);
  row.show = () => { box.checked = row.on; };
  return item;
}

// One line of the legend for several rows: they switch together, or, unfolded, one by one.
function legendBranch(branch, data, onToggle) {
  const item = element("li", "branch");
  const line = element("div", "row");
  const label = element("label");
  const box = element("input");
  box.type = "checkbox";
  const rows = branch.rows.map((index) => data.rows[index]);
  const list = element("ul", "rows");
  list.hidden = true;
  function show() {
    box.checked = rows.some((row) => row.on);
    box.indeterminate = box.checked && !rows.every((row) => row.on);
    list.parentElement?.classList.toggle("off", !box.checked);
  }
  for (const row of rows) {
    list.append(legendRow(row, () => { show(); onToggle(); }));
    const showRow = row.show;
    row.show = () => { showRow(); show(); };
  }
  box.addEventListener("change", () => {
    for (const row of rows) row.on = box.checked;
    for (const row of rows) row.show();
    onToggle();
  });
  branch.counted = element("span", "row-count", branch.count);
  label.append(box, swatch(rows[0].style, rows[0].shape), value("span", "row-label", branch.label), branch.counted);
  const more = button("", "more", () => {
    list.hidden = !list.hidden;
    more.setAttribute("aria-expanded", String(!list.hidden));
  });
  more.setAttribute("aria-expanded", "false");
  more.setAttribute("aria-label", `${data.ui.by_kind}: ${branch.label}`);
  line.append(label, more);
  item.append(line, list);
  show();
  return item;
}

function buildPanel(data, actions) {
  const panel = element("aside", "panel");
  panel.setAttribute("aria-label", data.ui.panel);
  const head = element("header");
  head.append(value("p", "kind", data.kind), value("h1", "", data.title));
  if (data.place) head.append(value("p", "place", data.place));
  for (const line of data.stamp) head.append(value("p", "stamp", line));
  head.prepend(...actions.languages);
  panel.append(head);
  if (data.headline) {
    const box = element("p", "headline");
    box.append(element("strong", "", data.headline.number), value("span", "", data.headline.text));
    panel.append(box);
  }
  if (data.empty) panel.append(value("p", "empty", data.empty));
  if (data.searchable) panel.append(actions.search);
  if (actions.time) panel.append(actions.time);
  for (const group of data.groups) {
    const block = folded(group.title, `group ${group.quiet ? "quiet" : ""}`, group.open);
    const list = element("ul", "rows");
    for (const branch of group.branches) list.append(legendBranch(branch, data, actions.redraw));
    for (const index of group.rows) list.append(legendRow(data.rows[index], actions.redraw));
    block.append(list);
    if (group.note) block.append(value("p", "note", group.note));
    panel.append(block);
  }
  for (const table of data.tables) {
    const block = folded(table.title, `group ${table.wide ? "wide" : ""}`, true);
    block.append(pairs(table.lines));
    if (table.note) block.append(value("p", "note", table.note));
    panel.append(block);
  }
  panel.append(actions.tools);
  if (data.dates.length) {
    const block = folded(data.ui.dates, "group quiet dates", false);
    block.append(pairs(data.dates));
    panel.append(block);
  }
  if (data.notes.length) {
    const block = folded(data.ui.notes, "group quiet", false);
    for (const note of data.notes) block.append(value("p", "note", note));
    panel.append(block);
  }
  return panel;
}

function featureCard(hit) {
  const { layer, feature, row } = hit;
  const card = element("article", "card");
  const head = element("h2");
  head.append(swatch(row.style, row.shape), value("span", "", row.label));
  card.append(head);
  const list = element("dl", "pairs");
  for (const column of layer.columns) {
    const cell = cellOf(column, feature, layer.lang);
    if (cell === null || (Array.isArray(cell) && !cell.length)) continue;
    list.append(value("dt", "", column.label));
    const holder = element("dd");
    for (const text of Array.isArray(cell) ? cell : [cell]) holder.append(value("div", "", text));
    list.append(holder);
  }
  card.append(list);
  if (row.note) {
    const meaning = folded(layer.meaning, "meaning", true);
    meaning.append(value("p", "", row.note));
    card.append(meaning);
  }
  return card;
}

function cellText(cell) {
  return cell === null ? "" : Array.isArray(cell) ? cell.join("; ") : cell;
}

// The row of the legend that a feature belongs to.
function rowOf(data, layerIndex, feature) {
  const layer = data.layers[layerIndex];
  const cls = layer.classes ? layer.classes[feature] : -1;
  return data.rows.find((row) => row.layer === layerIndex && row.cls === cls);
}

// The same data as a table: for screen readers, and for whoever reads lists better than maps.
function buildTable(data, onChoose) {
  const dialog = element("dialog", "table-view");
  const limit = 2000;
  const close = button(data.ui.close, "close", () => dialog.close());
  dialog.append(close);
  data.layers.forEach((layer, layerIndex) => {
    if (!layer.in_table || !layer.n) return;
    dialog.append(value("h2", "", layer.label));
    if (layer.n > limit) dialog.append(element("p", "note", data.ui.table_limit));
    const holder = element("div", "table-scroll");
    holder.tabIndex = 0;
    const table = element("table");
    const headRow = element("tr");
    headRow.append(element("th", "", data.ui.show));
    for (const column of layer.columns) headRow.append(value("th", "", column.label));
    const head = element("thead");
    head.append(headRow);
    const body = element("tbody");
    for (let i = 0; i < Math.min(layer.n, limit); i += 1) {
      const line = element("tr");
      const first = element("td");
      const row = rowOf(data, layerIndex, i);
      first.append(button(row.label, "link", () => {
        dialog.close();
        onChoose({ layer, feature: i, row });
      }));
      line.append(first);
      for (const column of layer.columns) line.append(value("td", "", cellText(cellOf(column, i, layer.lang))));
      body.append(line);
    }
    table.append(head, body);
    holder.append(table);
    dialog.append(holder);
  });
  return dialog;
}

function buildSearch(data, onChoose) {
  const form = element("div", "search");
  const input = element("input");
  input.type = "search";
  input.placeholder = data.ui.search_hint;
  input.setAttribute("aria-label", data.ui.search);
  input.autocomplete = "off";
  const list = element("ul", "results");
  list.setAttribute("aria-live", "polite");
  form.append(input, list);
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  let index = null;
  function entries() {
    if (index) return index;
    index = [];
    data.layers.forEach((layer, layerIndex) => {
      for (const column of layer.columns) {
        if (!column.search) continue;
        for (let feature = 0; feature < layer.n; feature += 1) {
          const cell = cellOf(column, feature, layer.lang);
          for (const text of Array.isArray(cell) ? cell : [cell]) {
            if (text) index.push({ text, key: fold(text), layer, layerIndex, feature });
          }
        }
      }
    });
    return index;
  }
  input.addEventListener("input", () => {
    list.replaceChildren();
    const wanted = fold(input.value.trim());
    if (!wanted) return;
    const found = entries().filter((entry) => entry.key.includes(wanted));
    found.sort((a, b) => a.key.indexOf(wanted) - b.key.indexOf(wanted) || a.key.length - b.key.length);
    if (!found.length) list.append(element("li", "note", data.ui.nothing_found));
    for (const entry of found.slice(0, 12)) {
      const row = rowOf(data, entry.layerIndex, entry.feature);
      const item = element("li");
      const choose = button("", "result", () => onChoose({ layer: entry.layer, feature: entry.feature, row }));
      choose.append(value("b", "", entry.text), value("span", "", row.label));
      item.append(choose);
      list.append(item);
    }
    if (found.length > 12) list.append(element("li", "note", data.ui.more_found));
  });
  input.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Enter" && first) first.click();
    if (event.key === "ArrowDown" && first) first.focus();
    if (event.key === "Escape") {
      input.value = "";
      list.replaceChildren();
    }
  });
  return form;
}
