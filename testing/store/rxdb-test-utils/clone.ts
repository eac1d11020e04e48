/** The package is one function, exported by default. */
const clone = <Value>(value: Value): Value => structuredClone(value);

export default clone;
