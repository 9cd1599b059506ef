// Keys for raters: 0-3 and u choose, n and p go on and back, Enter locks. Never while somebody writes.
(function () {
  "use strict";
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const at = event.target;
    if (at.closest("textarea, select, input:not([type=radio])")) return;
    const key = event.key.toLowerCase();
    const named = document.querySelector('[data-key="' + CSS.escape(key) + '"]');
    if (key === "enter") {
      if (named && !at.closest("a, button, summary")) { event.preventDefault(); named.click(); }
      return;
    }
    if (named) { event.preventDefault(); named.click(); return; }
    const form = document.querySelector("form[data-keys]");
    if (!form || !/^[0-9]$/.test(key)) return;
    // A number goes to the group that has the focus, else to the whole answer.
    const group = at.closest("fieldset") || form;
    const radio = group.querySelector('input[type=radio][value="' + key + '"]');
    if (radio) { event.preventDefault(); radio.checked = true; radio.focus(); }
  });
  // After a label was stored the next answer is read from its top.
  document.addEventListener("htmx:afterSwap", function () { window.scrollTo(0, 0); });
})();
