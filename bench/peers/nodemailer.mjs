// Nodemailer with its pool: node nodemailer.mjs MODULE PORT FOLDER MESSAGES CONNECTIONS raw|composed
// "raw" submits ready messages as they are; "composed" gives it text and HTML, as an application would.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [module, port, folder, messages, connections, mode] = process.argv.slice(2);
const nodemailer = createRequire(join(module, 'package.json'))('nodemailer');
const pool = nodemailer.createTransport({
  host: '127.0.0.1',
  port: Number(port),
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});
const raw = readdirSync(folder).filter((name) => name.endsWith('.eml')).map((name) => readFileSync(join(folder, name)));
const parts = JSON.parse(readFileSync(join(folder, 'parts.json')));

let next = 0;
async function submit() {
  while (next < Number(messages)) {
    const number = next++;
    const to = `reader${number}@mail.example`;
    if (mode === 'raw') {
      await pool.sendMail({ envelope: { from: 'news@lantern.example', to }, raw: raw[number % raw.length] });
    } else {
      await pool.sendMail({ ...parts[number % parts.length], to });
    }
  }
}
await Promise.all(Array.from({ length: 2 * Number(connections) }, submit));
pool.close();
