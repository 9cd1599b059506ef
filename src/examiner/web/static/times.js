// Times stand in UTC in the page; here they are said in the reader's own zone, as the line under the answer box does.
(function () {
  "use strict";
  function two(n) { return String(n).padStart(2, "0"); }
  document.querySelectorAll("time[datetime]").forEach(function (one) {
    const at = new Date(one.dateTime);
    if (isNaN(at)) return;
    const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
    one.title = one.textContent;
    one.textContent = one.dataset.day === undefined ? clock
      : at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }) + ", " + clock.slice(0, 5);
  });
})();
