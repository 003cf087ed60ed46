// The messages given as another program reads them: JSON on stdout, {file: {headers, from, to, …, text, html}}.
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';

const read = {};
for (const file of process.argv.slice(2)) {
  const mail = await simpleParser(readFileSync(file), { skipTextToHtml: true, skipHtmlToText: true });
  read[file] = {
    headers: mail.headerLines.map(({ key }) => key),
    from: mail.from?.value, to: mail.to?.value,
    subject: mail.subject, date: mail.date?.toISOString(), messageId: mail.messageId,
    list: mail.headers.get('list'),
    text: mail.text, html: mail.html || '',
  };
}
console.log(JSON.stringify(read));
