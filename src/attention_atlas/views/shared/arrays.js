/**
 * Reads the arrays of a Picture (views/picture.py: encode).
 *
 * @typedef {{dtype: string, shape: number[], data: string | DataView}} Encoded
 * @typedef {{data: Float32Array | Uint8Array, shape: number[]}} NdArray
 */

/** @param {string | DataView} data @returns {DataView} */
function bytes(data) {
  if (typeof data !== "string") return data;
  const text = atob(data);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return new DataView(out.buffer);
}

/** @param {number} bits a half float @returns {number} */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** @type {Float32Array | null} all half floats, made once a large array needs them */
let halves = null;

/** @param {Encoded} encoded @returns {NdArray} */
export function decode({ dtype, shape, data }) {
  const view = bytes(data);
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === "u1") {
    return { shape, data: new Uint8Array(view.buffer, view.byteOffset, size) };
  }
  const out = new Float32Array(size);
  if (dtype === "f4") for (let i = 0; i < size; i++) out[i] = view.getFloat32(4 * i, true);
  else if (dtype === "f2") {
    halves ??= Float32Array.from({ length: 65536 }, (_, bits) => half(bits));
    for (let i = 0; i < size; i++) out[i] = halves[view.getUint16(2 * i, true)];
  }
  else if (dtype === "q2") for (let i = 0; i < size; i++) out[i] = view.getUint16(2 * i, true) / 65535;
  else throw new Error(`unknown dtype ${dtype}`);
  return { shape, data: out };
}

/**
 * The i-th item along the first axis, without a copy.
 * @param {NdArray} array @param {number} i @returns {NdArray}
 */
export function at(array, i) {
  const shape = array.shape.slice(1);
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: array.data.subarray(i * size, (i + 1) * size) };
}
