// Does the proof of work of a sign-up form when it is sent: the number it finds goes with the form.
"use strict";

for (const form of document.querySelectorAll("form[data-work]")) {
  const { token, address, nonce } = form.elements;
  let state = "";
  form.addEventListener("submit", async (event) => {
    if (state === "done") {
      state = "";
      return;
    }
    event.preventDefault();
    if (state) return;
    state = "working";
    form.querySelector("[role=status]").textContent = form.dataset.moment;
    const pressed = event.submitter;
    const typed = (pressed?.name === "as_written" ? pressed.value : address.value).trim();
    // Not before this event is over: until then a browser sends no form.
    await new Promise((done) => setTimeout(done));
    nonce.value = await newsletterWork(`${token.value}:${typed}`, Number(form.dataset.work));
    state = "done";
    form.requestSubmit(pressed);
  });
}
