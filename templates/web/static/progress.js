// Refreshes an edition's counts each second; a change of state loads the page anew, because its buttons change.
"use strict";

const box = document.getElementById("progress");

function show(progress) {
  document.getElementById("verdict").textContent = progress.verdict.reason;
  const bar = document.getElementById("bar");
  if (!bar) return;
  bar.setAttribute("viewBox", `0 0 ${progress.audience} 1`);
  let x = 0;
  for (const rect of bar.querySelectorAll("rect")) {
    const count = progress.deliveries[rect.dataset.state];
    rect.setAttribute("x", x);
    rect.setAttribute("width", count);
    x += count;
  }
  for (const line of document.querySelectorAll("#counts [data-state]")) {
    const count = progress.deliveries[line.dataset.state];
    line.hidden = count === 0;
    line.querySelector("dd").textContent = count;
  }
  document.getElementById("audience").textContent = progress.audience;
}

async function refresh() {
  try {
    const answer = await fetch(box.dataset.address, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload();
    const progress = await answer.json();
    const hasGrown = progress.audience > 0 && !document.getElementById("bar");
    if (progress.state !== box.dataset.state || hasGrown) return location.reload();
    show(progress);
  } catch {
    // The server is away for a moment: the next second asks again.
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
