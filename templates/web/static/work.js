// Proof of work: finds the number with which SHA-256 (FIPS 180-4) of "text:number" begins with so many zero bits.
// In slices, so that the page stays alive; by hand, because a browser's own SHA-256 is missing on plain HTTP.
globalThis.newsletterWork ??= (() => {
  const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const rounds = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
  const start = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
  const turn = (x, by) => (x >>> by) | (x << (32 - by));
  const w = new Int32Array(64);
  const sum = new Int32Array(8);

  const mix = (block, from) => {
    let a = sum[0], b = sum[1], c = sum[2], d = sum[3], e = sum[4], f = sum[5], g = sum[6], h = sum[7];
    for (let i = 0; i < 64; i++) {
      if (i < 16) w[i] = block.getInt32(from + 4 * i);
      else {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
      }
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + w[i]) | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = (d + one) | 0, d = c, c = b, b = a, a = (one + two) | 0;
    }
    sum[0] += a, sum[1] += b, sum[2] += c, sum[3] += d, sum[4] += e, sum[5] += f, sum[6] += g, sum[7] += h;
  };

  return async (text, bits) => {
    const head = new TextEncoder().encode(`${text}:`);
    const bytes = new Uint8Array(((head.length + 92) >> 6) << 6);
    const block = new DataView(bytes.buffer);
    let pauseAt = Date.now() + 40;
    for (let number = 0; ; number++) {
      const digits = String(number);
      let length = head.length;
      bytes.fill(0);
      bytes.set(head);
      for (const digit of digits) bytes[length++] = 48 + Number(digit);
      bytes[length] = 128;
      const end = ((length + 72) >> 6) << 6;
      block.setUint32(end - 4, length * 8);
      sum.set(start);
      for (let from = 0; from < end; from += 64) mix(block, from);
      if (sum[0] >>> (32 - bits) === 0) return digits;
      if (number % 100 === 0 && Date.now() > pauseAt) {
        await new Promise((done) => setTimeout(done));
        pauseAt = Date.now() + 40;
      }
    }
  };
})();
