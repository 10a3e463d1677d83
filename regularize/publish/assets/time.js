// "As of": a slider over the days on which something changed, and before/after of the last survey.
function timeTool(data, day, onDay) {
  const days = data.timeline;
  if (days.length < 2) return null;
  const box = element("div", "time");
  const input = element("input");
  const label = element("label", "time-label", data.ui.as_of);
  const said = element("output", "time-said");
  input.type = "range";
  input.min = "0";
  input.max = String(days.length - 1);
  input.step = "1";
  input.value = String(day);
  input.setAttribute("aria-label", data.ui.as_of);
  function show() {
    const stop = days[Number(input.value)];
    said.replaceChildren(value("b", "", stop.day), value("span", "", stop.what));
    input.setAttribute("aria-valuetext", `${stop.day} ${stop.what}`);
  }
  function choose(next) {
    input.value = String(Math.max(0, Math.min(days.length - 1, next)));
    show();
    onDay(Number(input.value));
  }
  input.addEventListener("input", () => choose(Number(input.value)));
  const line = element("div", "time-line");
  const earlier = button("‹", "tool", () => choose(Number(input.value) - 1));
  const later = button("›", "tool", () => choose(Number(input.value) + 1));
  earlier.setAttribute("aria-label", data.ui.earlier);
  later.setAttribute("aria-label", data.ui.later);
  line.append(earlier, input, later);
  box.append(label, said, line);
  const surveys = data.surveys;
  if (surveys.length > 1) {
    const [before, after] = surveys.slice(-2);
    box.append(button(data.ui.before_after, "tool", () => {
      choose(Number(input.value) === after ? before : after);
    }));
  }
  show();
  return box;
}

// Counts of the legend on a day: only of layers that change with time.
function countOn(data, day) {
  for (const row of data.rows) {
    const layer = data.layers[row.layer];
    if (!row.counted || !layer.since) continue;
    let n = 0;
    for (let i = 0; i < layer.n; i += 1) {
      if ((row.cls < 0 || layer.classes[i] === row.cls) && stands(layer, i, day)) n += 1;
    }
    row.n = n;
    row.counted.textContent = writtenNumber(n, 0, data.lang);
  }
  for (const branch of data.groups.flatMap((group) => group.branches)) {
    const rows = branch.rows.map((index) => data.rows[index]);
    if (rows.every((row) => row.n === undefined)) continue;
    branch.counted.textContent = writtenNumber(rows.reduce((sum, row) => sum + (row.n || 0), 0), 0, data.lang);
  }
}
