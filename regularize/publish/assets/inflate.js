// Inflate (RFC 1951) for browsers without DecompressionStream. Only for data of this page.
function huffmanTable(lengths) {
  const counts = new Uint16Array(16);
  const offsets = new Uint16Array(16);
  const symbols = new Uint16Array(lengths.length);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  for (let length = 1; length < 15; length += 1) offsets[length + 1] = offsets[length] + counts[length];
  lengths.forEach((length, symbol) => {
    if (length) {
      symbols[offsets[length]] = symbol;
      offsets[length] += 1;
    }
  });
  return { counts, symbols };
}

function inflate(input, start, size) {
  const output = new Uint8Array(size);
  const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
    131, 163, 195, 227, 258];
  const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  let at = start;
  let held = 0;
  let heldBits = 0;
  let end = 0;

  function bits(count) {
    while (heldBits < count) {
      held |= input[at] << heldBits;
      at += 1;
      heldBits += 8;
    }
    const value = held & ((1 << count) - 1);
    held >>>= count;
    heldBits -= count;
    return value;
  }
  function symbol(table) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length += 1) {
      code |= bits(1);
      const count = table.counts[length];
      if (code - count < first) return table.symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("damaged data");
  }
  function dynamicTables() {
    const nLiteral = bits(5) + 257;
    const nDistance = bits(5) + 1;
    const nCode = bits(4) + 4;
    const codeLengths = new Array(19).fill(0);
    for (let i = 0; i < nCode; i += 1) codeLengths[codeOrder[i]] = bits(3);
    const codes = huffmanTable(codeLengths);
    const lengths = [];
    while (lengths.length < nLiteral + nDistance) {
      const code = symbol(codes);
      if (code < 16) lengths.push(code);
      else {
        const value = code === 16 ? lengths[lengths.length - 1] : 0;
        let repeat = code === 16 ? 3 + bits(2) : code === 17 ? 3 + bits(3) : 11 + bits(7);
        for (; repeat; repeat -= 1) lengths.push(value);
      }
    }
    return [huffmanTable(lengths.slice(0, nLiteral)), huffmanTable(lengths.slice(nLiteral))];
  }
  function fixedTables() {
    const lengths = [];
    for (let i = 0; i < 288; i += 1) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    return [huffmanTable(lengths), huffmanTable(new Array(30).fill(5))];
  }

  for (let last = 0; !last;) {
    last = bits(1);
    const type = bits(2);
    if (type === 0) {
      held = 0;
      heldBits = 0;
      const length = input[at] | (input[at + 1] << 8);
      at += 4;
      output.set(input.subarray(at, at + length), end);
      at += length;
      end += length;
      continue;
    }
    const [literals, distances] = type === 1 ? fixedTables() : dynamicTables();
    for (;;) {
      const code = symbol(literals);
      if (code === 256) break;
      if (code < 256) {
        output[end] = code;
        end += 1;
        continue;
      }
      let length = lengthBase[code - 257] + bits(lengthExtra[code - 257]);
      const far = symbol(distances);
      const distance = distanceBase[far] + bits(far < 4 ? 0 : (far >> 1) - 1);
      for (; length; length -= 1) {
        output[end] = output[end - distance];
        end += 1;
      }
    }
  }
  return output;
}
