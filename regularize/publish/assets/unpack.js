// Reads what packing.py wrote: base64, gzip, a JSON header, then one stream of zigzag varints.
const UNITS_PER_DEGREE = 1e7;

async function gunzip(bytes) {
  if (typeof DecompressionStream === "function") {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  const n = bytes.length;
  const size = (bytes[n - 4] | (bytes[n - 3] << 8) | (bytes[n - 2] << 16) | (bytes[n - 1] << 24)) >>> 0;
  return inflate(bytes, 10, size);
}

// Web Mercator at zoom 0, in pixels of a 256 pixel world.
function worldX(lon) {
  return (lon / 360 + 0.5) * 256;
}
function worldY(lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
}

// Growing typed array: the number of vertices is known only at the end.
function grower(Type) {
  let array = new Type(4096);
  let length = 0;
  return {
    push(value) {
      if (length === array.length) {
        const larger = new Type(array.length * 2);
        larger.set(array);
        array = larger;
      }
      array[length] = value;
      length += 1;
    },
    get length() {
      return length;
    },
    done() {
      return array.subarray(0, length);
    },
  };
}

async function unpack(text) {
  const binary = atob(text);
  const packed = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) packed[i] = binary.charCodeAt(i);
  const body = await gunzip(packed);
  const size = body[0] | (body[1] << 8) | (body[2] << 16) | (body[3] << 24);
  const header = JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + size)));
  let at = 4 + size;

  function next() {
    let value = 0;
    let factor = 1;
    let byte;
    do {
      byte = body[at];
      at += 1;
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }

  let lon = 0;
  let lat = 0;
  const shapes = [];
  for (const layer of header.layers) {
    const kind = new Uint8Array(layer.n);
    const firstRing = new Uint32Array(layer.n + 1);
    const box = new Float64Array(layer.n * 4);
    const firstPoint = grower(Uint32Array);
    const points = grower(Float64Array);
    for (let i = 0; i < layer.n; i += 1) {
      kind[i] = next();
      let rings = next();
      firstRing[i] = firstPoint.length;
      let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
      for (; rings; rings -= 1) {
        firstPoint.push(points.length);
        for (let n = next(); n; n -= 1) {
          lon += next();
          lat += next();
          const x = worldX(lon / UNITS_PER_DEGREE);
          const y = worldY(lat / UNITS_PER_DEGREE);
          points.push(x);
          points.push(y);
          if (x < west) west = x;
          if (x > east) east = x;
          if (y < north) north = y;
          if (y > south) south = y;
        }
      }
      box.set([west, north, east, south], i * 4);
    }
    firstRing[layer.n] = firstPoint.length;
    firstPoint.push(points.length);
    shapes.push({ kind, firstRing, box, firstPoint: firstPoint.done(), points: points.done() });
  }
  return { header, shapes };
}
