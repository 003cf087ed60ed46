{# Puts the sign-up form where it is included: into every element that waits for it, else after the script itself.
   It stands in a shadow tree, so that the page's styles and ours leave each other alone, and is styled through a
   constructed sheet, which no policy of the page forbids. Where a browser knows neither, what stood there stays;
   where the page's policy or the network keeps the script from sending, the form is sent as any other. #}
((words, script) => {
  if (!("adoptedStyleSheets" in document)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host{display:block;--a:var(--newsletter-accent,${words.accent});font-family:var(--newsletter-font,inherit);line-height:1.4}
*{box-sizing:border-box}
form,div{display:flex;flex-wrap:wrap;gap:.6em}
label,p,small,div{flex:1 0 100%;margin:0}
p:empty,div:empty{display:none}
p{padding:.3em .8em;border-inline-start:.25em solid var(--a)}
input,button{font:inherit;font-size:max(1em,16px);padding:.6em .9em;border:1px solid;border-radius:3px}
input{flex:99 14em;min-width:0;color:inherit;background:none}
[dir=rtl] input{text-align:right}
::placeholder{color:inherit;opacity:.75}
label,button{font-weight:700}
button{flex:1 auto;color:#fff;background:var(--a);border-color:var(--a)}
@supports(color:oklch(from red l c h)){button{color:oklch(from var(--a) clamp(0,(.565 - l)*999,1) 0 0)}}
button+button{color:inherit;background:none;border-color:currentColor}`);

  const make = (name, values, ...inside) => {
    const made = Object.assign(document.createElement(name), values);
    made.append(...inside);
    return made;
  };
{% if has_work %}
{% include "static/work.js" %}
{% endif %}

  const build = (host) => {
    if (host.shadowRoot) return;
    const { root, slug, lang, dir } = words;
    const before = host.querySelector("[name=address]");
    const hadFocus = before === document.activeElement;
    const input = make("input", { type: "email", name: "address", id: "a", dir: "ltr", required: true,
      autocomplete: "email", placeholder: words.example, value: before?.value ?? "" });
    const status = make("p", { role: "status", id: "s", tabIndex: -1 });
    const picks = make("div");
    const sent = { newsletter: slug, lang, source: location.origin + location.pathname };
    const form = make("form", { method: "post", action: root + "/subscribe", lang, dir },
      ...Object.entries(sent).map(([name, value]) => make("input", { type: "hidden", name, value })),
      make("label", { htmlFor: "a" }, words.question), input, make("button", {}, words.button),
      status, picks, make("small", {}, words.terms));
    let facts, busy;

    const note = (told) => facts = { ...facts, ...told, at: Date.now() };
    const ask = async () => facts ?? note(await (await fetch(`${root}/embed/${slug}.json?lang=${lang}`)).json());

    const show = (told, typed) => {
      status.textContent = told.text;
      if (told.suggestion) {
        const press = (label, onclick) => picks.append(make("button", { type: "button", onclick }, label));
        press(told.suggestion, () => { input.value = told.suggestion; send(); });
        press(told.keep, () => send(typed));
        picks.firstChild.focus();
      } else if (told.token) {
        input.ariaInvalid = "true";
        input.focus();
      } else {
        form.replaceChildren(status);
        status.focus();
      }
    };

    const send = async (as_written = "") => {
      if (busy) return;
      busy = true;
      const address = as_written || input.value;
      status.textContent = words.moment;
      if (picks.firstChild) status.focus();
      picks.replaceChildren();
      input.ariaInvalid = null;
      try {
        for (let left = 2; left--;) {
          const { token, wait, at{{ ", work" if has_work }} } = await ask();
          await new Promise((done) => setTimeout(done, at + wait * 1000 - Date.now()));
{% if has_work %}
          const nonce = await newsletterWork(`${token}:${address}`, work);
{% endif %}
          const body = JSON.stringify({ ...sent, address, as_written, token{{ ", nonce" if has_work }} });
          const headers = { "Content-Type": "application/json" };
          const told = await (await fetch(form.action, { method: "POST", headers, body })).json();
          if (told.token) note(told);
          if (told.outcome !== "again" || !left) { show(told, address); break; }
        }
      } catch {
        form.submit();
      }
      busy = false;
    };

    input.setAttribute("aria-describedby", "s");
    form.onsubmit = () => { send(); return false; };
    input.onfocus = () => ask().catch(() => {});
    const tree = host.attachShadow({ mode: "open" });
    tree.adoptedStyleSheets = [sheet];
    tree.append(form);
    if (hadFocus) input.focus();
  };

  const fill = () => {
    const hosts = document.querySelectorAll(`[data-newsletter="${words.slug}"]`);
    hosts.forEach(build);
    return hosts[0];
  };
  const end = () => {
    if (fill()) return;
    const host = make("div");
    host.dataset.newsletter = words.slug;
    script.after(host);
    build(host);
  };
  fill();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", end);
  else end();
})
