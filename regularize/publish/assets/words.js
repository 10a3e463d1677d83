// Languages and written values: the page holds what differs between languages once per language.
function inLanguage(node, lang) {
  if (Array.isArray(node)) return node.map((item) => inLanguage(item, lang));
  if (node === null || typeof node !== "object") return node;
  if (Object.prototype.hasOwnProperty.call(node, "@")) return node["@"][lang];
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, inLanguage(item, lang)]));
}

// As text.py writes numbers: decimal comma in Bulgarian, thousands apart by a narrow space from 10,000.
function writtenNumber(value, digits, lang) {
  let text = Math.abs(value).toFixed(digits);
  const [whole] = text.split(".");
  if (whole.length > 4) {
    text = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + text.slice(whole.length);
  }
  if (lang === "bg") text = text.replace(".", ",");
  return (value < 0 && /[1-9]/.test(text) ? "\u2212" : "") + text;
}

function writtenMeasure([digits, value, sigma], unit, lang) {
  let text = writtenNumber(value, digits, lang);
  if (sigma !== null) text += `\u00a0±\u00a0${writtenNumber(sigma, digits, lang)}`;
  return unit ? `${text}\u00a0${unit}` : text;
}

// The text of a column for a feature: null, one text, or several.
function cellOf(column, feature, lang) {
  const cell = column.values[feature];
  if (cell === null || cell === undefined) return null;
  if (column.form === "words") return column.words[cell];
  if (column.form === "lists") return cell.map((i) => column.words[i]);
  if (column.form === "quantities") return writtenMeasure([column.digits, cell, null], column.unit, lang);
  if (column.form === "measures") {
    return cell.map(([name, ...numbers]) => {
      const [label, unit] = column.words[name];
      return `${label}: ${writtenMeasure(numbers, unit, lang)}`;
    });
  }
  return cell;
}
