// What html-validate has to say of the files given, mail or page by the first argument: JSON on stdout,
// {file: [message, …]}.
import { HtmlValidate } from 'html-validate';

const EVERYWHERE = {
  'doctype-style': 'off', // either case is valid, and mail says DOCTYPE
  'void-style': 'off', // likewise <br> and <br/>
  'no-trailing-whitespace': 'off',
  'attribute-boolean-style': 'off',
  'long-title': 'off', // an edition's headline is as long as it is
  // Check boxes of one name are one list, as HTML has it (§4.10.22.4), and no mistake.
  'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'reset', 'submit'] }],
};
// What mail clients need and the Web has left behind: styles on elements, attributes for Outlook, its comments.
const MAIL = {
  'no-inline-style': 'off',
  'no-conditional-comment': 'off',
  'no-deprecated-attr': 'off',
  'prefer-tbody': 'off', // these tables are layout, and every parser puts it in
  'require-sri': 'off',
};

const [kind, ...files] = process.argv.slice(2);
const judge = new HtmlValidate({
  extends: ['html-validate:recommended'],
  rules: { ...EVERYWHERE, ...(kind === 'mail' ? MAIL : {}) },
});
const found = {};
for (const file of files) {
  const report = await judge.validateFile(file);
  found[file] = report.results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`));
}
console.log(JSON.stringify(found));
