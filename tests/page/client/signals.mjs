// Signals to test with, and what is in one.

/** A tone of half of full scale. */
export function sine(hertz, rate, count) {
  return Float32Array.from({ length: count }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
}

/** How much of one frequency is in a signal, as the amplitude of its sine (a windowed correlation). */
export function gainAt(signal, hertz, rate) {
  let [real, imaginary, weight] = [0, 0, 0];
  signal.forEach((sample, at) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / signal.length);
    real += window * sample * Math.cos((2 * Math.PI * hertz * at) / rate);
    imaginary += window * sample * Math.sin((2 * Math.PI * hertz * at) / rate);
    weight += window;
  });
  return (2 * Math.hypot(real, imaginary)) / weight;
}

export function rmsOf(signal) {
  return Math.sqrt(signal.reduce((sum, each) => sum + each * each, 0) / signal.length);
}

export function decibels(ratio) {
  return 20 * Math.log10(ratio);
}
