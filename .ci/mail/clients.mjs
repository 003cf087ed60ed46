// Which HTML and CSS of the files given is not supported by the mail clients that we promise: JSON on stdout,
// {file: {unsupported: {feature: [client, …]}, unknown: [feature, …]}}. What is supported in part is not reported.
import { readFileSync } from 'node:fs';
import { caniemail } from 'caniemail';

const CLIENTS = [
  'gmail.desktop-webmail', 'gmail.ios', 'gmail.android',
  // The nearest to the new Outlook that the data have is the one on the web.
  'outlook.windows', 'outlook.outlook-com', 'outlook.macos', 'outlook.ios', 'outlook.android',
  'apple-mail.*', 'yahoo.*', 'samsung-email.*',
];

// The data do not say of every client what it does with every feature, and the library stops at the first such
// gap: the feature is taken out for that client, and told of as unknown.
const GAP = /^Feature "(.+)" not found on "(.+)"\.$/;

function check(html, client, unknown) {
  for (;;) {
    try {
      return caniemail({ clients: [client], html }).issues.errors;
    } catch (error) {
      const gap = GAP.exec(error.message);
      if (!gap || !html.includes(gap[1])) throw error;
      unknown.add(gap[1]);
      html = html.replaceAll(new RegExp(`(?<![\\w-])${gap[1]}(?=\\s*:)`, 'g'), `-gap-${gap[1]}`);
    }
  }
}

const found = {};
for (const file of process.argv.slice(2)) {
  const html = readFileSync(file, 'utf8');
  const features = {};
  const unknown = new Set();
  for (const client of CLIENTS) {
    for (const [name, list] of check(html, client, unknown)) {
      for (const { title } of list) (features[title] ??= new Set()).add(name);
    }
  }
  found[file] = {
    unsupported: Object.fromEntries(Object.entries(features).map(([title, names]) => [title, [...names].sort()])),
    unknown: [...unknown].sort(),
  };
}
console.log(JSON.stringify(found));
