// The countdown. The server says how much is left; this only counts down from there by a clock that nobody can set.
(function () {
  "use strict";
  const clock = document.getElementById("clock");
  if (!clock) return;
  const time = document.getElementById("time"), hide = document.getElementById("hide-clock");
  const announce = document.getElementById("announce");
  const MARKS = [600, 300, 60];
  let left = Number(clock.dataset.left), since = performance.now(), said = left;

  function now() { return Math.max(0, left - (performance.now() - since) / 1000); }

  function show() {
    const seconds = Math.floor(now()), hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60, rest = String(seconds % 60).padStart(2, "0");
    time.textContent = hours ? hours + ":" + String(minutes).padStart(2, "0") + ":" + rest : minutes + ":" + rest;
    if (seconds <= 300) time.dataset.low = ""; else delete time.dataset.low;
    MARKS.forEach(function (mark) {
      if (said > mark && seconds <= mark) {
        announce.textContent = mark >= 120 ? mark / 60 + " minutes left in this part" : "One minute left in this part";
      }
    });
    said = seconds;
    if (seconds === 0) document.dispatchEvent(new CustomEvent("time-up"));
  }

  document.addEventListener("pulse", function (event) {
    if (event.detail.seconds_left === null) return;
    left = event.detail.seconds_left;
    since = performance.now();
    said = Math.max(said, Math.floor(left));
    show();
  });

  function put(off) {
    clock.classList.toggle("off", off);
    hide.textContent = off ? "Show clock" : "Hide clock";
    hide.setAttribute("aria-pressed", String(off));
    try { localStorage.setItem("clock", off ? "off" : "on"); } catch (error) { /* private mode: for this page only */ }
  }
  hide.hidden = false;
  hide.addEventListener("click", function () { put(!clock.classList.contains("off")); });
  try { if (localStorage.getItem("clock") === "off") put(true); } catch (error) { /* likewise */ }
  window.setInterval(show, 250);
})();
